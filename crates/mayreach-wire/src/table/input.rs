//! The columns of a table of flows, found by name and checked once.

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, cast::AsArray};
use arrow_schema::{DataType, Schema};
use mayreach::ErrorCode;

use super::{
    TableOptions,
    column::{Kind, Numbers, Text, wrong_type},
};
use crate::{ProblemOut, problem::closest};

use Kind::{Bool, Number, Text as Words, Time};

/// Every column of a flow and what it may hold.
pub(super) const COLUMNS: [(&str, &[Kind]); 22] = [
    ("source", &[Words]),
    ("destination", &[Words]),
    ("port", &[Number, Words]),
    ("protocol", &[Words, Number]),
    ("ip_version", &[Number]),
    ("source_port", &[Number]),
    ("icmp_type", &[Number]),
    ("icmp_code", &[Number]),
    ("http", &[Bool]),
    ("method", &[Words]),
    ("path", &[Words]),
    ("host", &[Words]),
    ("headers", &[Words]),
    ("sni", &[Words]),
    ("token", &[Words]),
    ("claims", &[Words]),
    ("principal", &[Words]),
    ("mtls", &[Bool]),
    ("tls_without_certificate", &[Bool]),
    ("now", &[Time, Number, Words]),
    ("ext_authz", &[Words]),
    ("id", &[]),
];

/// A column of numbers or of words.
#[derive(Debug)]
pub(super) enum Either<'a> {
    Number(Numbers),
    Text(Text<'a>),
}

/// The columns of one batch.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) source: Text<'a>,
    pub(super) destination: Text<'a>,
    pub(super) port: Option<Either<'a>>,
    pub(super) protocol: Option<Either<'a>>,
    pub(super) ip_version: Option<Numbers>,
    pub(super) source_port: Option<Numbers>,
    pub(super) icmp_type: Option<Numbers>,
    pub(super) icmp_code: Option<Numbers>,
    pub(super) http: Option<&'a BooleanArray>,
    pub(super) method: Option<Text<'a>>,
    pub(super) path: Option<Text<'a>>,
    pub(super) host: Option<Text<'a>>,
    pub(super) headers: Option<Text<'a>>,
    pub(super) sni: Option<Text<'a>>,
    pub(super) token: Option<Text<'a>>,
    pub(super) claims: Option<Text<'a>>,
    pub(super) principal: Option<Text<'a>>,
    pub(super) mtls: Option<&'a BooleanArray>,
    pub(super) tls_without_certificate: Option<&'a BooleanArray>,
    pub(super) now: Option<Either<'a>>,
    pub(super) ext_authz: Option<Text<'a>>,
}

impl<'a> Input<'a> {
    /// Whether flows can be read of columns like these.
    pub(super) fn check(schema: &Schema, options: TableOptions) -> Result<(), ProblemOut> {
        for (index, field) in schema.fields().iter().enumerate() {
            let name = field.name().as_str();
            let Some((_, kinds)) = COLUMNS.iter().find(|(known, _)| *known == name) else {
                if options.ignore_extra {
                    continue;
                }
                return Err(unknown(name));
            };
            if schema.fields().iter().skip(index + 1).any(|other| other.name() == name) {
                let message = format!("two columns `{name}`");
                return Err(ProblemOut::new(ErrorCode::Duplicate, message).field(name));
            }
            let kind = Kind::of(field.data_type());
            let fits = kind.is_some_and(|kind| kind == Kind::Null || kinds.contains(&kind));
            if !fits && !kinds.is_empty() {
                return Err(wrong_type(name, field.data_type(), wanted(kinds)));
            }
        }
        for end in ["source", "destination"] {
            if schema.column_with_name(end).is_none() {
                let message = format!("no column `{end}`");
                return Err(ProblemOut::new(ErrorCode::MissingField, message).field(end));
            }
        }
        Ok(())
    }

    /// The columns of a batch that [`Input::check`] took.
    pub(super) fn new(batch: &'a RecordBatch) -> Result<Self, ProblemOut> {
        let text = |name| {
            let found = batch.column_by_name(name);
            found.map(|array| Text::new(name, array)).transpose()
        };
        let numbers = |name| {
            let found = batch.column_by_name(name);
            found.map(|array| Numbers::new(name, array)).transpose()
        };
        let either = |name| batch.column_by_name(name).map(|a| Either::new(name, a)).transpose();
        let bools = |name| {
            let found = batch.column_by_name(name);
            found.filter(|a| *a.data_type() == DataType::Boolean).map(AsArray::as_boolean)
        };
        Ok(Self {
            source: text("source")?.unwrap_or(Text::Null),
            destination: text("destination")?.unwrap_or(Text::Null),
            port: either("port")?,
            protocol: either("protocol")?,
            ip_version: numbers("ip_version")?,
            source_port: numbers("source_port")?,
            icmp_type: numbers("icmp_type")?,
            icmp_code: numbers("icmp_code")?,
            http: bools("http"),
            method: text("method")?,
            path: text("path")?,
            host: text("host")?,
            headers: text("headers")?,
            sni: text("sni")?,
            token: text("token")?,
            claims: text("claims")?,
            principal: text("principal")?,
            mtls: bools("mtls"),
            tls_without_certificate: bools("tls_without_certificate"),
            now: either("now")?,
            ext_authz: text("ext_authz")?,
        })
    }
}

impl Input<'_> {
    /// Whether nothing can be said but ends, port, method, path and host.
    pub(super) const fn is_usual(&self) -> bool {
        self.protocol.is_none()
            && self.ip_version.is_none()
            && self.source_port.is_none()
            && self.icmp_type.is_none()
            && self.icmp_code.is_none()
            && self.http.is_none()
            && self.headers.is_none()
            && self.sni.is_none()
            && self.token.is_none()
            && self.claims.is_none()
            && self.principal.is_none()
            && self.mtls.is_none()
            && self.tls_without_certificate.is_none()
            && self.now.is_none()
            && self.ext_authz.is_none()
    }
}

impl<'a> Either<'a> {
    fn new(name: &str, array: &'a ArrayRef) -> Result<Self, ProblemOut> {
        match Kind::of(array.data_type()) {
            Some(Kind::Text) => Text::new(name, array).map(Self::Text),
            _ => Numbers::new(name, array).map(Self::Number),
        }
    }
}

/// The text of a row, if there is a column and it holds some.
pub(super) fn text<'a>(column: Option<&Text<'a>>, row: usize) -> Option<&'a str> {
    column?.get(row)
}

/// The number of a row.
pub(super) fn number(column: Option<&Numbers>, row: usize) -> Option<i64> {
    column?.get(row)
}

/// The answer of a row.
pub(super) fn boolean(column: Option<&BooleanArray>, row: usize) -> Option<bool> {
    column.filter(|column| column.is_valid(row)).map(|column| column.value(row))
}

fn wanted(kinds: &[Kind]) -> &'static str {
    match kinds {
        [Kind::Text] => "text",
        [Kind::Number] => "whole numbers",
        [Kind::Bool] => "booleans",
        [Kind::Time, ..] => "timestamps, whole seconds or text",
        _ => "whole numbers or text",
    }
}

fn unknown(name: &str) -> ProblemOut {
    let names = COLUMNS.iter().map(|(name, _)| *name);
    let help = match closest(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "leave it out, or say that other columns are passed over; a flow has {}",
            names.collect::<Vec<_>>().join(", ")
        ),
    };
    let message = format!("no flow has a column `{name}`");
    ProblemOut::new(ErrorCode::UnknownField, message).field(name).help(help)
}
