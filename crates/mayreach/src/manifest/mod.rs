//! Stage 1: text to documents. Knows YAML, JSON and lists; knows no kind.

mod document;
mod node;

pub(crate) use self::{
    document::{Document, Metadata, OwnerReference},
    node::{Node, Spanned, Value},
};
