//! Stage 1: text to documents. Knows YAML, JSON and lists; knows no kind.

mod budget;
mod de;
mod document;
mod documents;
mod fail;
mod json;
mod limits;
mod list;
mod metadata;
pub(crate) mod names;
mod node;
mod plain;
mod read;
mod scalar;
mod source;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
mod text;
mod yaml;

pub(crate) use self::{
    de::{IntOrString, Spanned},
    document::{Document, Metadata, OwnerReference},
    documents::Documents,
    node::{Node, Value},
    read::read,
};
pub use self::{
    documents::{Changes, ObjectRef},
    limits::Limits,
    plain::values,
    source::Source,
};
