//! The formats that reports share.

use std::io::{self, Write};

use mayreach_report::{Listing, Picture, Sheet, junit_of_listing};

use crate::{
    args::{ListFormat, ReportFormat, TableFormat},
    failure::Failure,
};

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

/// Writes a list in one of the formats that are made from it alone.
pub(super) fn list(
    out: &mut dyn Write,
    format: ListFormat,
    listing: &Listing,
) -> Result<(), Failure> {
    let made = match format {
        ListFormat::Csv => listing.csv(),
        ListFormat::Junit => junit_of_listing(listing),
        ListFormat::Markdown | ListFormat::Text | ListFormat::Json => Ok(listing.markdown()),
    };
    put(out, made)
}

/// Writes a table likewise.
pub(super) fn table(
    out: &mut dyn Write,
    format: TableFormat,
    listing: &Listing,
) -> Result<(), Failure> {
    let made = if format == TableFormat::Csv { listing.csv() } else { Ok(listing.markdown()) };
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
