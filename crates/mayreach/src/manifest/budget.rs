//! What reading has cost so far, against the [`Limits`].

use super::{
    Limits,
    fail::{Failure, Result},
    node::At,
};
use crate::error::ErrorCode;

/// Counts what one call of the reader takes in.
#[derive(Debug)]
pub(super) struct Budget<'a> {
    pub(super) limits: &'a Limits,
    /// Nodes of the document being read.
    nodes: usize,
    /// Bytes copied by aliases so far.
    copied: usize,
    /// Objects read so far.
    objects: usize,
}

impl<'a> Budget<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, nodes: 0, copied: 0, objects: 0 }
    }

    pub(super) fn start_document(&mut self) {
        self.nodes = 0;
    }

    /// One more node.
    pub(super) fn node(&mut self, at: At) -> Result<()> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("more than {} values in one document", self.limits.nodes);
        Err(reached(message, "nodes", at))
    }

    /// A collection opens at this depth.
    pub(super) fn depth(&self, depth: usize, at: At) -> Result<()> {
        if depth <= self.limits.depth() { Ok(()) } else { Err(self.too_deep(at)) }
    }

    pub(super) fn too_deep(&self, at: At) -> Failure {
        let message = format!("maps and lists nest deeper than {}", self.limits.depth());
        reached(message, "depth", at)
    }

    /// An anchor or alias copies this much memory.
    pub(super) fn copy(&mut self, bytes: usize, at: At) -> Result<()> {
        self.copied = self.copied.saturating_add(bytes);
        if self.copied <= self.limits.alias_bytes {
            return Ok(());
        }
        let message = format!("aliases copy more than {} bytes", self.limits.alias_bytes);
        Err(reached(message, "alias_bytes", at))
    }

    /// One more object.
    pub(super) fn object(&mut self, at: At) -> Result<()> {
        self.objects = self.objects.saturating_add(1);
        if self.objects <= self.limits.objects {
            return Ok(());
        }
        let message = format!("more than {} objects", self.limits.objects);
        Err(reached(message, "objects", at))
    }
}

/// The error of a limit; `limit` is its name.
pub(super) fn reached(message: String, limit: &str, at: At) -> Failure {
    Failure::new(ErrorCode::Limit, message, at)
        .help(format!("raise the limit `{limit}` if the input is meant to be this large"))
}
