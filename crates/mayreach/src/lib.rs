//! May A reach B, and what decided it?
#![forbid(unsafe_code)]

mod error;
mod manifest;

pub use crate::error::{Error, ErrorCode, Note, NoteCode, Place, Problem, SourceId};
pub use crate::manifest::{Limits, Source};
