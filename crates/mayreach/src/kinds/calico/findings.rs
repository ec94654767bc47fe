//! What is wrong with one document, and what the cluster would ignore of it, collected so that
//! a reader sees all of it at once.

use super::super::Draft;
use crate::{
    error::{ErrorCode, Note, NoteCode, Place, Problem},
    manifest::{Document, Spanned},
};

/// Collects the problems and notes of one document.
pub(super) struct Findings<'d> {
    document: &'d Document,
    problems: Vec<Problem>,
    notes: Vec<Note>,
}

impl<'d> Findings<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, problems: Vec::new(), notes: Vec::new() }
    }

    pub(super) fn document(&self) -> &'d Document {
        self.document
    }

    /// A place in the document; line 0 is its beginning.
    pub(super) fn at(&self, line: u32) -> Place {
        if line == 0 { self.document.place } else { self.document.at(line) }
    }

    pub(super) fn report(
        &mut self,
        code: ErrorCode,
        line: u32,
        field: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = self.at(line);
        self.problems.push(Problem::new(code, message).at(place).field(field).help(help));
    }

    /// A value that the field does not take.
    pub(super) fn invalid(
        &mut self,
        line: u32,
        field: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(ErrorCode::InvalidValue, line, field, message, help);
    }

    /// Two fields that do not go together.
    pub(super) fn conflict(
        &mut self,
        line: u32,
        field: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(ErrorCode::Conflict, line, field, message, help);
    }

    /// More of something than Calico takes.
    pub(super) fn at_most(&mut self, limit: usize, count: usize, line: u32, field: &str) {
        if count > limit {
            let message = format!("{count} entries, at most {limit} are allowed");
            self.invalid(line, field, message, "split the policy");
        }
    }

    pub(super) fn note(&mut self, code: NoteCode, line: u32, message: impl Into<String>) {
        let place = self.at(line);
        self.notes.push(Note::new(code, message).about(self.document.title()).at(place));
    }

    pub(super) fn clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// The problems alone.
    pub(super) fn problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Ends the document: its problems, or its notes into the draft.
    pub(super) fn settle(self, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        draft.model.notes.extend(self.notes);
        Ok(())
    }
}

/// The line of a value that may be missing; 0 if it is.
pub(super) fn line_of<T>(written: Option<&Spanned<T>>) -> u32 {
    written.map_or(0, |spanned| spanned.line)
}
