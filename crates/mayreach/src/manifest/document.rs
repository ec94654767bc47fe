//! One Kubernetes object as written: type, metadata, and the rest as a tree with positions.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{
    Node, Value,
    de::{self, Nulls},
    fail, metadata,
    node::shorten,
    suggest,
};
use crate::error::{ErrorCode, Place, Problem, SourceId};

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
    /// Makes a document of an object whose type is known.
    pub(super) fn from_node(
        api_version: String,
        kind: String,
        root: Node,
        source: SourceId,
    ) -> fail::Result<Self> {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let metadata = metadata::read(&root, group, source)?;
        let place = Place { source, line: root.line };
        Ok(Self { api_version, kind, metadata, place, root })
    }

    /// Deserializes one top-level field, such as `spec`. `None` if it is absent or null.
    pub(crate) fn field<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Problem> {
        match self.root.entry(name) {
            Some(entry) if entry.value.value != Value::Null => {
                de::field(entry, self.nulls(), self.source()).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The first top-level field that is neither common to all objects nor in `allowed`.
    pub(crate) fn unknown_top_level(&self, allowed: &[&str]) -> Option<Problem> {
        const COMMON: &[&str] = &["apiVersion", "kind", "metadata", "status"];
        let Value::Map(entries) = &self.root.value else { return None };
        let known = || COMMON.iter().chain(allowed).copied();
        let entry = entries.iter().find(|entry| !known().any(|name| name == entry.key))?;
        let message = format!("unknown field `{}`", shorten(&entry.key));
        let problem = Problem::new(ErrorCode::UnknownField, message)
            .at(self.at(entry.line))
            .column(entry.column)
            .field(&entry.key);
        Some(match suggest::closest(&entry.key, known()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        })
    }

    /// Kinds built into Kubernetes are decoded by Go's JSON rules, custom resources are checked
    /// against a schema that takes no null.
    fn nulls(&self) -> Nulls {
        let built_in = match self.group() {
            "" | "apps" | "batch" | "autoscaling" | "policy" => true,
            "policy.networking.k8s.io" | "gateway.networking.k8s.io" => false,
            group => group.ends_with(".k8s.io"),
        };
        if built_in { Nulls::Empty } else { Nulls::Refused }
    }

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
