//! Stage 3: the model to a program: immutable, shareable, looked up by number.

pub(crate) mod authz;
mod cells;
mod classes;
pub(crate) mod client;
pub(crate) mod index;
mod names;
pub(crate) mod network;
pub(crate) mod people;
mod postings;
pub(crate) mod ranges;
pub(crate) mod rows;
pub(crate) mod table;

pub(crate) use self::{
    authz::{Authz, Edit},
    index::Index,
    network::Net,
    people::People,
    rows::Rows,
};
