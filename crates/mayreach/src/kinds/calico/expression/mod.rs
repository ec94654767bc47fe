//! Calico's selector language (libcalico-go `lib/selector`): text to a tree, and back to the
//! text that Calico prints.

mod parse;
mod token;

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;

use std::fmt;

pub(super) use self::parse::parse;
use crate::model::selector::Selector;

/// A parsed selector. It keeps `global()` apart from `all()`, which evaluate alike: only the
/// rewriting of namespace selectors tells them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    All,
    Global,
    Has(String),
    Compare { label: String, operator: Operator, text: String },
    Set { label: String, inside: bool, values: Vec<String> },
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

/// What compares a label with one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
}

/// Why a text is not a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
    /// Characters before the faulty place.
    pub(super) offset: usize,
    /// Well-formed, and nested deeper than is read.
    pub(super) too_deep: bool,
}

impl Expression {
    /// The same condition on the labels that endpoints inherit: `pcns.` from the namespace,
    /// `pcsa.` from the service account. `all()` and `global()` stay (parser.PrefixVisitor).
    pub(super) fn with_prefix(mut self, prefix: &str) -> Self {
        self.add_prefix(prefix);
        self
    }

    fn add_prefix(&mut self, prefix: &str) {
        match self {
            Self::All | Self::Global => {}
            Self::Has(label) | Self::Compare { label, .. } | Self::Set { label, .. } => {
                label.insert_str(0, prefix);
            }
            Self::Not(inner) => inner.add_prefix(prefix),
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.add_prefix(prefix);
                }
            }
        }
    }

    /// Every text that a label is compared with.
    pub(super) fn texts<'a>(&'a self, into: &mut Vec<&'a str>) {
        match self {
            Self::All | Self::Global | Self::Has(_) => {}
            Self::Compare { text, .. } => into.push(text),
            Self::Set { values, .. } => into.extend(values.iter().map(String::as_str)),
            Self::Not(inner) => inner.texts(into),
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.texts(into);
                }
            }
        }
    }
}

impl From<Expression> for Selector {
    /// `global()` that was not rewritten is true of everything (ast.go GlobalNode.Evaluate).
    fn from(expression: Expression) -> Self {
        match expression {
            Expression::All | Expression::Global => Self::All,
            Expression::Has(label) => Self::Has(label),
            Expression::Compare { label, operator, text } => match operator {
                Operator::Equal => Self::Eq(label, text),
                Operator::NotEqual => Self::Ne(label, text),
                Operator::Contains => Self::Contains(label, text),
                Operator::StartsWith => Self::StartsWith(label, text),
                Operator::EndsWith => Self::EndsWith(label, text),
            },
            Expression::Set { label, inside: true, values } => Self::In(label, values),
            Expression::Set { label, inside: false, values } => Self::NotIn(label, values),
            Expression::Not(inner) => Self::Not(Box::new(Self::from(*inner))),
            Expression::And(parts) => Self::And(parts.into_iter().map(Self::from).collect()),
            Expression::Or(parts) => Self::Or(parts.into_iter().map(Self::from).collect()),
        }
    }
}

/// The canonical text, which Calico uses as the identity of an address set (ast.go String):
/// every `&&` and `||` in parentheses, double quotes unless the text holds one.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all()"),
            Self::Global => f.write_str("global()"),
            Self::Has(label) => write!(f, "has({label})"),
            Self::Compare { label, operator, text } => {
                write!(f, "{label} {} {}", operator.as_str(), Quoted(text))
            }
            Self::Set { label, inside, values } => {
                write!(f, "{label} {} {{", if *inside { "in" } else { "not in" })?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{}", Quoted(value))?;
                }
                f.write_str("}")
            }
            Self::Not(inner) => write!(f, "!{inner}"),
            Self::And(parts) => joined(f, parts, " && "),
            Self::Or(parts) => joined(f, parts, " || "),
        }
    }
}

impl Operator {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Contains => "contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
        }
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('"') { '\'' } else { '"' };
        write!(f, "{quote}{}{quote}", self.0)
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expression], with: &str) -> fmt::Result {
    f.write_str("(")?;
    for (index, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if index > 0 { with } else { "" })?;
    }
    f.write_str(")")
}
