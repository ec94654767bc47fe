//! Collects everything that is wrong with a document, so that one run names it all.

use super::{Path, syntax};
use crate::{
    error::{ErrorCode, Problem},
    manifest::{Document, Node, Value},
};

/// The problems of one document.
#[derive(Debug)]
pub(super) struct Checks<'d> {
    document: &'d Document,
    problems: Vec<Problem>,
}

impl<'d> Checks<'d> {
    pub(super) const fn new(document: &'d Document) -> Self {
        Self { document, problems: Vec::new() }
    }

    fn add(
        &mut self,
        code: ErrorCode,
        path: &Path<'_>,
        line: u32,
        message: impl Into<String>,
        help: Option<&str>,
    ) {
        let line = if line == 0 { self.document.place.line } else { line };
        let problem =
            Problem::new(code, message).at(self.document.at(line)).field(path.to_string());
        self.problems.push(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    pub(super) fn invalid(&mut self, path: &Path<'_>, line: u32, message: impl Into<String>) {
        self.add(ErrorCode::InvalidValue, path, line, message, None);
    }

    pub(super) fn invalid_help(
        &mut self,
        path: &Path<'_>,
        line: u32,
        message: impl Into<String>,
        help: &str,
    ) {
        self.add(ErrorCode::InvalidValue, path, line, message, Some(help));
    }

    pub(super) fn missing(&mut self, path: &Path<'_>, line: u32, message: impl Into<String>) {
        self.add(ErrorCode::MissingField, path, line, message, None);
    }

    pub(super) fn conflict(&mut self, path: &Path<'_>, line: u32, message: impl Into<String>) {
        self.add(ErrorCode::Conflict, path, line, message, None);
    }

    /// Takes over a problem that the reader found; `None` in its place.
    pub(super) fn read<T>(&mut self, found: Result<T, Problem>) -> Option<T> {
        found.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// A top-level field of the document.
    pub(super) fn field<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.read(self.document.field(name)).flatten()
    }

    /// A top-level field that the kind requires.
    pub(super) fn required<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let found = self.read(self.document.field(name))?;
        if found.is_none() {
            self.missing(&Path::Root(name), 0, format!("`{name}` is required"));
        }
        found
    }

    /// `metadata.name` and `metadata.labels`, as every object's are checked
    /// (apimachinery ValidateObjectMeta).
    pub(super) fn metadata(&mut self, name: syntax::Name) {
        let metadata = Path::Root("metadata");
        if let Err(why) = name.check(&self.document.metadata.name) {
            let line = self.line_of(&["metadata", "name"]);
            self.invalid(&metadata.field("name"), line, why);
        }
        let labels = metadata.field("labels");
        let document = self.document;
        for (key, value) in &document.metadata.labels {
            for fault in syntax::label(key, value) {
                let line = self.line_of(&["metadata", "labels", key]);
                self.invalid(&labels.key(key), line, fault);
            }
        }
    }

    /// Labels that are not the document's own: of a pod template, of a selector.
    pub(super) fn labels<'a>(
        &mut self,
        labels: impl IntoIterator<Item = (&'a str, &'a str, u32)>,
        path: &Path<'_>,
    ) {
        for (key, value, line) in labels {
            for fault in syntax::label(key, value) {
                self.invalid(&path.key(key), line, fault);
            }
        }
    }

    /// The line where a value of the document stands; 0 if it is not written.
    pub(super) fn line_of(&self, names: &[&str]) -> u32 {
        let mut node: &Node = &self.document.root;
        for name in names {
            let Value::Map(entries) = &node.value else { return 0 };
            let Some((_, child)) = entries.iter().find(|(key, _)| key == name) else { return 0 };
            node = child;
        }
        node.line
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// Ends the checks: nothing is lowered from a document with a problem.
    pub(super) fn done(self) -> Result<(), Vec<Problem>> {
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems) }
    }
}
