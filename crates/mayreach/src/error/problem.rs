//! Errors: code, message, file, line, field and the likely fix.

use std::fmt;

/// The n-th source handed to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SourceId(pub u32);

/// Where something is written: a source and a line, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Place {
    /// Which source.
    pub source: SourceId,
    /// Line, from 1; 0 where nothing is written (a default).
    pub line: u32,
}

/// The stable name of what is wrong. Programs branch on this, never on the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The text is not YAML or JSON.
    Syntax,
    /// A limit on size, depth or count is reached.
    Limit,
    /// A document is not a Kubernetes object.
    NotAnObject,
    /// A field is not part of the kind.
    UnknownField,
    /// A field has another type than the kind says.
    WrongType,
    /// A field that must be there is missing.
    MissingField,
    /// A value is outside what the field accepts.
    InvalidValue,
    /// Two fields contradict each other, or one needs another.
    Conflict,
    /// Two objects of one kind have the same name.
    Duplicate,
    /// A map has a key twice.
    DuplicateKey,
    /// The kind exists, its version is not one that is read.
    UnsupportedVersion,
    /// A flow names something that no manifest holds.
    UnknownPeer,
    /// A change removes an object that no manifest holds.
    UnknownObject,
    /// A flow contradicts itself or cannot be read.
    InvalidFlow,
    /// No manifest was found in what was given.
    Empty,
    /// A file, folder or pattern cannot be read.
    Unreadable,
}

impl ErrorCode {
    /// Every code, for documentation and tests.
    pub const ALL: &'static [Self] = &[
        Self::Syntax,
        Self::Limit,
        Self::NotAnObject,
        Self::UnknownField,
        Self::WrongType,
        Self::MissingField,
        Self::InvalidValue,
        Self::Conflict,
        Self::Duplicate,
        Self::DuplicateKey,
        Self::UnsupportedVersion,
        Self::UnknownPeer,
        Self::UnknownObject,
        Self::InvalidFlow,
        Self::Empty,
        Self::Unreadable,
    ];

    /// The spelling in JSON, Python and Node.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Limit => "limit",
            Self::NotAnObject => "not_an_object",
            Self::UnknownField => "unknown_field",
            Self::WrongType => "wrong_type",
            Self::MissingField => "missing_field",
            Self::InvalidValue => "invalid_value",
            Self::Conflict => "conflict",
            Self::Duplicate => "duplicate",
            Self::DuplicateKey => "duplicate_key",
            Self::UnsupportedVersion => "unsupported_version",
            Self::UnknownPeer => "unknown_peer",
            Self::UnknownObject => "unknown_object",
            Self::InvalidFlow => "invalid_flow",
            Self::Empty => "empty",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The stable code.
    pub code: ErrorCode,
    /// One sentence, small letter, no full stop, user text in backticks.
    pub message: String,
    /// Name of the source, as the caller gave it.
    pub file: Option<String>,
    /// Line from 1, column from 1; 0 is unknown.
    pub line: u32,
    /// Column from 1; 0 is unknown.
    pub column: u32,
    /// Path of the field, such as `spec.ingress[0].ports[1].port`.
    pub field: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The source by number, until the reader fills in its name.
    pub(crate) place: Option<Place>,
}

impl Problem {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            file: None,
            line: 0,
            column: 0,
            field: None,
            help: None,
            place: None,
        }
    }

    /// Attaches where the faulty text stands.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self.line = place.line;
        self
    }

    pub(crate) fn column(mut self, column: u32) -> Self {
        self.column = column;
        self
    }

    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Fills in the file names, once all sources are known.
    pub(crate) fn named(mut self, names: &[String]) -> Self {
        if let Some(place) = self.place {
            let index = usize::try_from(place.source.0).unwrap_or(usize::MAX);
            self.file = names.get(index).cloned();
        }
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}")?;
            if self.line > 0 {
                write!(f, ":{}", self.line)?;
            }
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
            f.write_str(": ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// Why manifests were not loaded: one or more problems. Nothing is half-loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.summary())]
pub struct Error {
    problems: Vec<Problem>,
}

impl Error {
    /// An error of at least one problem; an empty list becomes a bare `empty`.
    pub(crate) fn new(mut problems: Vec<Problem>) -> Self {
        if problems.is_empty() {
            problems.push(Problem::new(ErrorCode::Empty, "nothing to read"));
        }
        Self { problems }
    }

    /// Every problem, in the order of the sources.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The code of the first problem.
    pub fn code(&self) -> ErrorCode {
        self.problems.first().map_or(ErrorCode::Empty, |p| p.code)
    }

    fn summary(&self) -> String {
        self.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}
