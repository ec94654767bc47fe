//! What goes wrong, as data: an [`Error`] is what a cluster would reject, a [`Note`] what it
//! would accept and then ignore.

mod note;
mod problem;

pub use self::{
    note::{Note, NoteCode},
    problem::{Error, ErrorCode, Place, Problem, SourceId},
};
