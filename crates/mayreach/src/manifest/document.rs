//! One Kubernetes object as written: type, metadata, and the rest as a tree with positions.

use std::collections::BTreeMap;

use super::Node;
use crate::error::{Place, SourceId};

/// One object of one source.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) metadata: Metadata,
    pub(crate) place: Place,
    /// The whole object, `apiVersion` and `metadata` included.
    pub(crate) root: Node,
}

/// The part of `metadata` that bears on verdicts. Other fields are accepted unread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) uid: Option<String>,
    /// RFC 3339 text as written.
    pub(crate) creation_timestamp: Option<String>,
    pub(crate) owner_references: Vec<OwnerReference>,
}

/// Who made this object.
#[derive(Clone, Debug)]
pub(crate) struct OwnerReference {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) controller: bool,
}

impl Document {
    /// Group of `apiVersion`; empty for the core group.
    pub(crate) fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Version of `apiVersion`.
    pub(crate) fn version(&self) -> &str {
        self.api_version.rsplit_once('/').map_or(self.api_version.as_str(), |(_, v)| v)
    }

    pub(crate) fn source(&self) -> SourceId {
        self.place.source
    }

    /// A place in this document.
    pub(crate) fn at(&self, line: u32) -> Place {
        Place { source: self.place.source, line }
    }

    /// `Kind namespace/name`, for messages.
    pub(crate) fn title(&self) -> String {
        match &self.metadata.namespace {
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.metadata.name),
            None => format!("{} {}", self.kind, self.metadata.name),
        }
    }
}
