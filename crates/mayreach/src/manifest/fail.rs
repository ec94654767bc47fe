//! How the stages of reading say what is wrong, before they know in which source.

use super::node::{At, shorten};
use crate::error::{ErrorCode, Problem};

/// What a step of reading gives. The problem still lacks its source.
pub(super) type Result<T> = std::result::Result<T, Box<Problem>>;

/// Something is wrong at a place.
pub(super) fn fail(code: ErrorCode, message: impl Into<String>, at: At) -> Box<Problem> {
    let mut problem = Problem::new(code, message).column(at.column);
    problem.line = at.line;
    Box::new(problem)
}

/// The text cannot be read.
pub(super) fn syntax(message: impl Into<String>, at: At) -> Box<Problem> {
    fail(ErrorCode::Syntax, message, at)
}

/// A map has a key twice.
pub(super) fn duplicate_key(key: &str, first: At, second: At) -> Box<Problem> {
    let message = format!(
        "the key `{}` is written twice, on lines {} and {}",
        shorten(key),
        first.line,
        second.line
    );
    fail(ErrorCode::DuplicateKey, message, second).with_help("keep one of the two")
}

/// Help for a problem in a box.
pub(super) trait WithHelp {
    fn with_help(self, help: impl Into<String>) -> Self;
}

impl WithHelp for Box<Problem> {
    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
