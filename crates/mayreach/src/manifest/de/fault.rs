//! What goes wrong inside serde, until place and path are known.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::{
    error::{ErrorCode, Place, Problem, SourceId},
    manifest::{
        Node,
        node::{At, shorten},
        suggest,
    },
};

/// A problem on its way up: each level adds its step of the path, the first that knows a place
/// fills it in.
#[derive(Debug)]
pub(crate) struct Fault(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: ErrorCode,
    message: String,
    /// What a value was expected to be, while what it is instead is not known.
    expected: Option<String>,
    help: Option<String>,
    at: Option<At>,
    /// Innermost step first.
    path: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Fault {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            message: message.into(),
            expected: None,
            help: None,
            at: None,
            path: Vec::new(),
        }))
    }

    pub(super) fn wrong_type(expected: &str, node: &Node) -> Self {
        let message = format!("expected {expected}, found {}", node.describe());
        Self::new(ErrorCode::WrongType, message).locate(node)
    }

    pub(super) fn help(mut self, help: &str) -> Self {
        self.0.help = Some(help.to_owned());
        self
    }

    /// Takes the place of a node, unless a place is known already.
    pub(super) fn locate(mut self, node: &Node) -> Self {
        if let Some(expected) = self.0.expected.take() {
            self.0.message = format!("expected {expected}, found {}", node.describe());
        }
        self.at(node.at())
    }

    pub(super) fn at(mut self, at: At) -> Self {
        self.0.at.get_or_insert(at);
        self
    }

    pub(super) fn inside_key(mut self, key: &str) -> Self {
        self.0.path.push(Step::Key(key.to_owned()));
        self
    }

    pub(super) fn inside_index(mut self, index: usize) -> Self {
        self.0.path.push(Step::Index(index));
        self
    }

    pub(super) fn into_problem(self, source: SourceId) -> Problem {
        let path = self.path();
        let parts = *self.0;
        let At { line, column } = parts.at.unwrap_or(At { line: 0, column: 0 });
        let mut problem = Problem::new(parts.code, parts.message)
            .at(Place { source, line })
            .column(column)
            .field(path);
        problem.help = parts.help;
        problem
    }

    /// `spec.ingress[0].ports[1].port`; keys that are not plain words stand in brackets.
    fn path(&self) -> String {
        let mut path = String::new();
        for step in self.0.path.iter().rev() {
            match step {
                Step::Index(index) => path.extend(["[", &index.to_string(), "]"]),
                Step::Key(key) if is_word(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Step::Key(key) => path.extend(["[", &shorten(key), "]"]),
            }
        }
        path
    }
}

fn is_word(key: &str) -> bool {
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// `a`, `b` and `c`.
fn name_all(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ErrorCode::InvalidValue, message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let mut fault = Self::new(ErrorCode::WrongType, format!("expected {expected}"));
        fault.0.expected = Some(expected.to_string());
        fault
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = match unexpected {
            Unexpected::Str(text) => format!("expected {expected}, found `{}`", shorten(text)),
            other => format!("expected {expected}, found {other}"),
        };
        Self::new(ErrorCode::InvalidValue, message)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let message = format!("`{}` is not one of {}", shorten(variant), name_all(expected));
        let fault = Self::new(ErrorCode::InvalidValue, message);
        match suggest::closest(variant, expected.iter().copied()) {
            Some(near) => fault.help(&format!("did you mean `{near}`?")),
            None => fault,
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let message = format!("unknown field `{}`", shorten(field));
        let fault = Self::new(ErrorCode::UnknownField, message);
        match suggest::closest(field, expected.iter().copied()) {
            Some(near) => fault.help(&format!("did you mean `{near}`?")),
            None if expected.is_empty() => fault.help("no field can stand here"),
            None => fault.help(&format!("known here: {}", name_all(expected))),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(ErrorCode::MissingField, format!("the field `{field}` is missing"))
            .inside_key(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(ErrorCode::Duplicate, format!("the field `{field}` is written twice"))
    }
}
