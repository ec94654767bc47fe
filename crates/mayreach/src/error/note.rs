//! Notes: what a cluster accepts and then silently ignores, and what is not evaluated.

use super::Place;

/// The stable name of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoteCode {
    /// A kind or field that bears on verdicts and is not evaluated; flows it touches are
    /// undetermined.
    NotEvaluated,
    /// A kind that says nothing about reachability, or is not known at all.
    Skipped,
    /// A namespace is named and no manifest defines it.
    UndefinedNamespace,
    /// A policy selects no workload.
    SelectsNothing,
    /// The cluster accepts the object and ignores it, or a part of it.
    Ignored,
    /// The object is legal and almost surely not what its author meant.
    Suspicious,
    /// An invalid object counts as absent (only when reading `as cluster`).
    Absent,
    /// A default was assumed that the manifests do not say.
    Assumed,
}

impl NoteCode {
    /// Every code, for documentation and tests.
    pub const ALL: &'static [Self] = &[
        Self::NotEvaluated,
        Self::Skipped,
        Self::UndefinedNamespace,
        Self::SelectsNothing,
        Self::Ignored,
        Self::Suspicious,
        Self::Absent,
        Self::Assumed,
    ];

    /// The spelling in JSON, Python and Node.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotEvaluated => "not_evaluated",
            Self::Skipped => "skipped",
            Self::UndefinedNamespace => "undefined_namespace",
            Self::SelectsNothing => "selects_nothing",
            Self::Ignored => "ignored",
            Self::Suspicious => "suspicious",
            Self::Absent => "absent",
            Self::Assumed => "assumed",
        }
    }
}

/// Something worth knowing that is not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The stable code.
    pub code: NoteCode,
    /// One sentence, with its effect on verdicts.
    pub message: String,
    /// `Kind namespace/name` of the object concerned, if one is.
    pub subject: Option<String>,
    /// Where it is written, if anywhere.
    pub place: Option<Place>,
}

impl Note {
    pub(crate) fn new(code: NoteCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), subject: None, place: None }
    }

    pub(crate) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}
