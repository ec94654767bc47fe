//! How the stages of reading say what is wrong, before they know in which source.

use super::node::{At, shorten};
use crate::error::{ErrorCode, Place, Problem, SourceId};

/// What a step of reading gives.
pub(super) type Result<T> = std::result::Result<T, Failure>;

/// A problem that still lacks its source. Boxed, so that results stay small where all is well.
#[derive(Debug)]
pub(super) struct Failure(Box<Problem>);

impl Failure {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>, at: At) -> Self {
        let mut problem = Problem::new(code, message).column(at.column);
        problem.line = at.line;
        Self(Box::new(problem))
    }

    pub(super) fn code(&self) -> ErrorCode {
        self.0.code
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// In a field at the top of the object.
    pub(super) fn field(mut self, field: &str) -> Self {
        self.0.field = Some(field.to_owned());
        self
    }

    /// In the n-th item of a list of objects.
    pub(super) fn in_item(mut self, index: usize) -> Self {
        self.0.field = Some(match &self.0.field {
            Some(field) => format!("items[{index}].{field}"),
            None => format!("items[{index}]"),
        });
        self
    }

    /// Fills in the source.
    pub(super) fn of(self, source: SourceId, name: &str) -> Problem {
        let mut problem = *self.0;
        problem.place = Some(Place { source, line: problem.line });
        problem.file = Some(name.to_owned());
        problem
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

/// The text cannot be read.
pub(super) fn syntax(message: impl Into<String>, at: At) -> Failure {
    Failure::new(ErrorCode::Syntax, message, at)
}

/// A map has a key twice.
pub(super) fn duplicate_key(key: &str, first: At, second: At) -> Failure {
    let key = shorten(key);
    let message =
        format!("the key `{key}` is written twice, on lines {} and {}", first.line, second.line);
    Failure::new(ErrorCode::DuplicateKey, message, second).help("keep one of the two")
}
