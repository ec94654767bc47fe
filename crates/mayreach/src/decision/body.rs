//! The texts of the answers that a proxy writes itself: few, and known beforehand, so that a
//! decision holds one byte of them.

use std::{fmt, ops::Deref};

use super::jwt::Status;

/// What stands in an answer that Envoy writes itself; it reads as a `str`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Body(Text);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Text {
    Empty,
    Denied,
    BadRequest,
    Token(Status),
}

impl Body {
    pub(crate) const EMPTY: Self = Self(Text::Empty);
    /// "RBAC: access denied".
    pub(crate) const DENIED: Self = Self(Text::Denied);
    pub(crate) const BAD_REQUEST: Self = Self(Text::BadRequest);

    /// What is wrong with a token.
    pub(crate) const fn of_token(status: Status) -> Self {
        Self(Text::Token(status))
    }

    /// The text.
    pub const fn as_str(&self) -> &'static str {
        match self.0 {
            Text::Empty => "",
            Text::Denied => "RBAC: access denied",
            Text::BadRequest => "Bad Request",
            Text::Token(status) => status.text(),
        }
    }
}

impl Deref for Body {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
