//! Answers about all requests: asked with a bar, written in the form that is wanted.

use std::io::Write;

use mayreach_report::{Format as Form, Report};
use mayreach_wire::{Engine, Question};

use super::{json, progress::Progress};
use crate::{
    args::{ListFormat, ReportFormat, TableFormat},
    failure::Failure,
    status::Status,
};

/// Asks, with a bar if it takes long.
pub(super) fn ask(
    engine: &Engine,
    question: &Question,
    what: &'static str,
) -> Result<Report, Failure> {
    let mut progress = Progress::new(what);
    let report = Report::ask(engine, question, |done, all| progress.tell(done, all));
    progress.end();
    Ok(report?)
}

/// The exit status of the answer; a list of who may is none.
pub(super) fn status(report: &Report) -> Status {
    report.found().verdict().map_or(Status::Allowed, Status::of)
}

/// Writes the answer.
pub(super) fn write(
    out: &mut dyn Write,
    format: impl Into<Form>,
    report: &Report,
) -> Result<(), Failure> {
    match format.into() {
        Form::Json => json(out, report.found()),
        Form::Text => Ok(report.text(out)?),
        other => {
            let mut progress = Progress::new("steps");
            let made = report.render(other, |done, all| progress.tell(done, all));
            progress.end();
            put(out, &made?)
        }
    }
}

/// Writes text that is made already.
pub(super) fn put(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    Ok(out.write_all(text.as_bytes())?)
}

impl From<TableFormat> for Form {
    fn from(format: TableFormat) -> Self {
        match format {
            TableFormat::Text => Self::Text,
            TableFormat::Json => Self::Json,
            TableFormat::Markdown => Self::Markdown,
            TableFormat::Csv => Self::Csv,
        }
    }
}

impl From<ListFormat> for Form {
    fn from(format: ListFormat) -> Self {
        match format {
            ListFormat::Text => Self::Text,
            ListFormat::Json => Self::Json,
            ListFormat::Markdown => Self::Markdown,
            ListFormat::Csv => Self::Csv,
            ListFormat::Junit => Self::Junit,
        }
    }
}

impl From<ReportFormat> for Form {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Text => Self::Text,
            ReportFormat::Json => Self::Json,
            ReportFormat::Html => Self::Html,
            ReportFormat::Markdown => Self::Markdown,
            ReportFormat::Csv => Self::Csv,
            ReportFormat::Dot => Self::Dot,
            ReportFormat::Mermaid => Self::Mermaid,
            ReportFormat::Junit => Self::Junit,
        }
    }
}
