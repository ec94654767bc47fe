//! `metadata`: read leniently, checked as the API server checks it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Metadata, Node, OwnerReference, Value,
    de::{self, Nulls},
    names,
    node::{Entry, shorten},
};
use crate::error::{ErrorCode, Place, Problem, SourceId};

/// The fields that bear on verdicts. Others are accepted unread.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fields {
    name: String,
    generate_name: String,
    namespace: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    creation_timestamp: Option<String>,
    owner_references: Vec<Owner>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Owner {
    kind: String,
    name: String,
    controller: Option<bool>,
}

/// Reads the metadata of an object of `group`.
pub(super) fn read(object: &Node, group: &str, source: SourceId) -> Result<Metadata, Problem> {
    let Some(entry) = object.entry("metadata").filter(|entry| entry.value.value != Value::Null)
    else {
        return Err(missing(object, group, source));
    };
    let fields: Fields = de::field(entry, Nulls::Empty, source)?;
    check_name(entry, &fields, group, source)?;
    check_namespace(entry, &fields, source)?;
    check_labels(entry, &fields, source)?;
    Ok(Metadata {
        name: fields.name,
        namespace: fields.namespace.filter(|namespace| !namespace.is_empty()),
        labels: fields.labels,
        annotations: fields.annotations,
        creation_timestamp: fields.creation_timestamp,
        owner_references: fields.owner_references.into_iter().map(Into::into).collect(),
    })
}

impl From<Owner> for OwnerReference {
    fn from(owner: Owner) -> Self {
        Self {
            kind: owner.kind,
            name: owner.name,
            controller: owner.controller.unwrap_or_default(),
        }
    }
}

fn missing(object: &Node, group: &str, source: SourceId) -> Problem {
    let message = "the object has no `metadata`".to_owned();
    let help = if group == "kustomize.config.k8s.io" {
        "this is input of kustomize; read the output of `kubectl kustomize` instead"
    } else {
        "give it a `metadata.name`"
    };
    de::problem_at(ErrorCode::MissingField, message, object, source)
        .field("metadata.name")
        .help(help)
}

fn check_name(
    entry: &Entry,
    fields: &Fields,
    group: &str,
    source: SourceId,
) -> Result<(), Problem> {
    if fields.name.is_empty() {
        let node = entry.value.get("generateName").unwrap_or(&entry.value);
        let (message, help) = if fields.generate_name.is_empty() {
            ("the object has no name", "give it a `metadata.name`")
        } else {
            (
                "the object has a `generateName` and no `name`",
                "the cluster would make up a name; write one to read the object offline",
            )
        };
        let problem = de::problem_at(ErrorCode::MissingField, message.to_owned(), node, source);
        return Err(problem.field("metadata.name").help(help));
    }
    let strict = has_subdomain_names(group);
    let valid = if strict { names::is_dns_subdomain } else { names::is_path_segment }(&fields.name);
    if valid {
        return Ok(());
    }
    let help = if strict {
        "a name has lower-case letters, digits, `-` and `.`, begins and ends with a letter or \
         digit, and has at most 253 characters"
    } else {
        "a name is neither `.` nor `..` and holds no `/` or `%`"
    };
    let message = format!("`{}` is not a valid name", shorten(&fields.name));
    let problem = at_key(entry, &["name"], ErrorCode::InvalidValue, message, source);
    Err(problem.field("metadata.name").help(help))
}

/// Groups whose objects are all named by RFC 1123 subdomains. Others, such as RBAC, allow any
/// path segment (`system:node`).
fn has_subdomain_names(group: &str) -> bool {
    matches!(group, "" | "apps" | "batch" | "networking.k8s.io" | "discovery.k8s.io")
        || matches!(group, "policy.networking.k8s.io" | "gateway.networking.k8s.io")
        || ["istio.io", "projectcalico.org"].iter().any(|suffix| group.ends_with(suffix))
}

fn check_namespace(entry: &Entry, fields: &Fields, source: SourceId) -> Result<(), Problem> {
    match fields.namespace.as_deref() {
        Some(namespace) if !namespace.is_empty() && !names::is_dns_label(namespace) => {
            let message = format!("`{}` is not a valid namespace", shorten(namespace));
            let problem = at_key(entry, &["namespace"], ErrorCode::InvalidValue, message, source);
            Err(problem.field("metadata.namespace").help(
                "a namespace has lower-case letters, digits and `-`, and at most 63 characters",
            ))
        }
        _ => Ok(()),
    }
}

fn check_labels(entry: &Entry, fields: &Fields, source: SourceId) -> Result<(), Problem> {
    for (key, value) in &fields.labels {
        if !names::is_qualified_name(key) {
            let message = format!("`{}` is not a valid label key", shorten(key));
            return Err(at_key(entry, &["labels", key], ErrorCode::InvalidValue, message, source)
                .field(format!("metadata.labels[{}]", shorten(key)))
                .help("a key is `name` or `prefix/name`; the name has at most 63 characters"));
        }
        if !names::is_label_value(value) {
            let message = format!("`{}` is not a valid label value", shorten(value));
            return Err(at_key(entry, &["labels", key], ErrorCode::InvalidValue, message, source)
                .field(format!("metadata.labels[{}]", shorten(key)))
                .help(
                    "a value has letters, digits, `-`, `_` and `.`, begins and ends with a \
                     letter or digit, and has at most 63 characters",
                ));
        }
    }
    for key in fields.annotations.keys() {
        // `ValidateAnnotations` lowers the case before it checks.
        if !names::is_qualified_name(&key.to_ascii_lowercase()) {
            let message = format!("`{}` is not a valid annotation key", shorten(key));
            return Err(at_key(
                entry,
                &["annotations", key],
                ErrorCode::InvalidValue,
                message,
                source,
            )
            .field(format!("metadata.annotations[{}]", shorten(key)))
            .help("a key is `name` or `prefix/name`; the name has at most 63 characters"));
        }
    }
    Ok(())
}

/// A problem at the key that a path leads to, or as near to it as the path goes.
fn at_key(
    entry: &Entry,
    path: &[&str],
    code: ErrorCode,
    message: String,
    source: SourceId,
) -> Problem {
    let mut entry = entry;
    for key in path {
        match entry.value.entry(key) {
            Some(next) => entry = next,
            None => break,
        }
    }
    Problem::new(code, message).at(Place { source, line: entry.line }).column(entry.column)
}
