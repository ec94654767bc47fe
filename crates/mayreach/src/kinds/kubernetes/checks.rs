//! Collects everything that is wrong with a document, so that one run names it all.

use std::net::IpAddr;

use super::{Path, cidr, syntax, uncertain::Doubt};
use crate::{
    error::{ErrorCode, Problem},
    manifest::{Document, Spanned, names},
};

/// The problems of one document.
#[derive(Debug)]
pub(in crate::kinds) struct Checks<'d> {
    document: &'d Document,
    problems: Vec<Problem>,
    doubts: Vec<Doubt>,
}

impl<'d> Checks<'d> {
    pub(in crate::kinds) const fn new(document: &'d Document) -> Self {
        Self { document, problems: Vec::new(), doubts: Vec::new() }
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

    pub(in crate::kinds) fn invalid(
        &mut self,
        path: &Path<'_>,
        line: u32,
        message: impl Into<String>,
    ) {
        self.add(ErrorCode::InvalidValue, path, line, message, None);
    }

    pub(in crate::kinds) fn invalid_help(
        &mut self,
        path: &Path<'_>,
        line: u32,
        message: impl Into<String>,
        help: &str,
    ) {
        self.add(ErrorCode::InvalidValue, path, line, message, Some(help));
    }

    pub(in crate::kinds) fn missing(
        &mut self,
        path: &Path<'_>,
        line: u32,
        message: impl Into<String>,
    ) {
        self.add(ErrorCode::MissingField, path, line, message, None);
    }

    pub(in crate::kinds) fn conflict(
        &mut self,
        path: &Path<'_>,
        line: u32,
        message: impl Into<String>,
    ) {
        self.add(ErrorCode::Conflict, path, line, message, None);
    }

    /// Takes over a problem that the reader found; `None` in its place.
    pub(in crate::kinds) fn read<T>(&mut self, found: Result<T, Problem>) -> Option<T> {
        found.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// A top-level field of the document.
    pub(in crate::kinds) fn field<T: serde::de::DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Option<T> {
        self.read(self.document.field(name)).flatten()
    }

    /// A top-level field that the kind requires.
    pub(in crate::kinds) fn required<T: serde::de::DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Option<T> {
        let found = self.read(self.document.field(name))?;
        if found.is_none() {
            self.missing(&Path::Root(name), 0, format!("`{name}` is required"));
        }
        found
    }

    /// Names of namespaces and Services are labels of a host name; other names the reader has
    /// checked.
    pub(in crate::kinds) fn name_is_dns_label(&mut self) {
        let name = &self.document.metadata.name;
        if !names::is_dns_label(name) {
            let path = ["metadata", "name"];
            let line = path.iter().try_fold(&self.document.root, |node, key| node.get(key));
            self.invalid_help(
                &Path::Root("metadata").field("name"),
                line.map_or(0, |node| node.line),
                format!("`{name}` is not a valid name"),
                "a name of this kind has lower-case letters, digits and `-`, begins and ends with \
                 a letter or digit, and has at most 63 characters",
            );
        }
    }

    /// Labels that are not the document's own: of a pod template, of a selector.
    pub(in crate::kinds) fn labels<'a>(
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

    /// An address of a field that takes leading zeros (`ParseIPSloppy`).
    pub(super) fn address(&mut self, text: &Spanned<String>, path: &Path<'_>) -> Option<IpAddr> {
        let ip = cidr::address(&text.value);
        if ip.is_none() {
            self.invalid(path, text.line, format!("`{}` is not an IP address", text.value));
        }
        ip
    }

    /// A port number, 1 to 65535.
    pub(super) fn port_number(&mut self, written: &Spanned<i64>, path: &Path<'_>) -> Option<u16> {
        let checked = syntax::port_number(written.value);
        checked.map_err(|why| self.invalid(path, written.line, why)).ok()
    }

    /// The name of a port.
    pub(super) fn port_name(&mut self, written: &Spanned<String>, path: &Path<'_>) {
        if let Err(why) = syntax::port_name(&written.value) {
            self.invalid(path, written.line, why);
        }
    }

    /// A top-level field that the kind does not have.
    pub(in crate::kinds) fn only(&mut self, known: &[&str]) {
        self.problems.extend(self.document.unknown_top_level(known));
    }

    /// Something that is not wrong, and that not every plugin reads alike.
    pub(super) fn doubt(&mut self, doubt: Doubt) {
        self.doubts.push(doubt);
    }

    /// The doubts so far, for a kind whose verdicts they touch.
    pub(super) fn take_doubts(&mut self) -> Vec<Doubt> {
        std::mem::take(&mut self.doubts)
    }

    pub(in crate::kinds) const fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// Ends the checks: nothing is lowered from a document with a problem.
    pub(in crate::kinds) fn done(self) -> Result<(), Vec<Problem>> {
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems) }
    }
}
