//! What a cluster accepts and then ignores, as JSON.

use std::fmt;

use mayreach::{Note, Program};
use serde::Serialize;

/// Something worth knowing that is not an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoteOut {
    /// The stable code.
    pub code: &'static str,
    /// One sentence, with its effect on verdicts.
    pub message: String,
    /// `Kind namespace/name` of the object concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl NoteOut {
    pub(crate) fn new(program: &Program, note: &Note) -> Self {
        let at = note.place.filter(|place| place.line > 0).and_then(|p| program.location(p));
        Self {
            code: note.code.as_str(),
            message: note.message.clone(),
            subject: note.subject.clone(),
            at: at.map(|at| at.to_string()),
        }
    }
}

impl fmt::Display for NoteOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        if let Some(subject) = &self.subject {
            write!(f, "{subject}: ")?;
        }
        f.write_str(&self.message)
    }
}
