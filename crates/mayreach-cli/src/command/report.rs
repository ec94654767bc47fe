//! The formats that reports share.

use std::io::{self, Write};

use mayreach_report::{Picture, Sheet};

use crate::{args::ReportFormat, failure::Failure};

/// Writes one of the formats that are made from pairs alone.
pub(super) fn sheet(
    out: &mut dyn Write,
    format: ReportFormat,
    sheet: &Sheet,
) -> Result<(), Failure> {
    let made = match format {
        ReportFormat::Csv => mayreach_report::csv(sheet),
        ReportFormat::Dot => Ok(mayreach_report::dot(sheet)),
        ReportFormat::Mermaid => Ok(mayreach_report::mermaid(sheet)),
        ReportFormat::Junit => mayreach_report::junit(sheet),
        ReportFormat::Markdown | ReportFormat::Text | ReportFormat::Json | ReportFormat::Html => {
            Ok(mayreach_report::markdown(sheet))
        }
    };
    put(out, made)
}

/// Writes the page.
pub(super) fn html(out: &mut dyn Write, picture: &Picture) -> Result<(), Failure> {
    put(out, mayreach_report::html(picture))
}

fn put(out: &mut dyn Write, made: Result<String, String>) -> Result<(), Failure> {
    let text = made.map_err(io::Error::other)?;
    out.write_all(text.as_bytes())?;
    Ok(())
}
