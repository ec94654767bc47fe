//! An answer about all requests together with the program that gave it, in every form.

use std::io;

use mayreach_wire::{
    Analysis, Engine, ProblemOut, Question,
    matrix::by_name,
    mayreach::{ErrorCode, GroupBy},
};

use crate::{
    Listing, Picture, Sheet, csv, dot, html, junit, junit_of_listing, markdown, mermaid, text,
};

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: what bindings give as values.
    Json,
    /// One self-contained page.
    Html,
    /// Tables for a merge request.
    Markdown,
    /// One line a pair or a row.
    Csv,
    /// A Graphviz digraph of what gets through.
    Dot,
    /// A Mermaid flowchart of what gets through.
    Mermaid,
    /// `JUnit` XML: one test case a pair, a change or a step.
    Junit,
}

impl Format {
    /// Every format, as an answer that is a grid of pairs has them.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Json,
        Self::Html,
        Self::Markdown,
        Self::Csv,
        Self::Dot,
        Self::Mermaid,
        Self::Junit,
    ];

    /// Those of a grid of pairs that has no page.
    const SHEET: [Self; 7] =
        [Self::Text, Self::Json, Self::Markdown, Self::Csv, Self::Dot, Self::Mermaid, Self::Junit];

    /// Those of a list of what holds and what does not.
    const LIST: [Self; 5] = [Self::Text, Self::Json, Self::Markdown, Self::Csv, Self::Junit];

    /// Those of a list that nothing must hold of.
    const TABLE: [Self; 4] = [Self::Text, Self::Json, Self::Markdown, Self::Csv];

    /// The formats that an answer has.
    pub const fn all_of(found: &Analysis) -> &'static [Self] {
        match found {
            Analysis::Matrix(_) | Analysis::Isolation(_) => &Self::ALL,
            Analysis::Declared(_) => &Self::SHEET,
            Analysis::Difference(_) | Analysis::Change(_) => &Self::LIST,
            Analysis::Can(_) | Analysis::Reach(_) => &Self::TABLE,
        }
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Dot => "dot",
            Self::Mermaid => "mermaid",
            Self::Junit => "junit",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    /// Any other.
    pub fn parse(name: &str) -> Result<Self, ProblemOut> {
        Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or_else(|| {
            wrong(format!("no report has the format `{name}`")).help(one_of(&Self::ALL))
        })
    }
}

fn one_of(formats: &[Format]) -> String {
    let names: Vec<&str> = formats.iter().map(|format| format.as_str()).collect();
    format!("it is one of {}", names.join(", "))
}

fn wrong(message: impl Into<String>) -> ProblemOut {
    ProblemOut::new(ErrorCode::InvalidValue, message).field("format")
}

/// An answer and who gave it.
#[derive(Clone, Debug)]
pub struct Report {
    engine: Engine,
    found: Analysis,
}

impl Report {
    /// Asks. `progress` is told how many of how many steps are done.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn ask(
        engine: &Engine,
        question: &Question,
        progress: impl FnMut(usize, usize),
    ) -> Result<Self, ProblemOut> {
        Ok(Self { engine: engine.clone(), found: engine.ask(question, progress)? })
    }

    /// The answer.
    pub const fn found(&self) -> &Analysis {
        &self.found
    }

    /// Writes the text for people, in colours that the caller strips where nobody sees them.
    ///
    /// # Errors
    /// What writing fails with.
    pub fn text(&self, out: &mut dyn io::Write) -> io::Result<()> {
        match &self.found {
            Analysis::Matrix(found) => text::matrix::write(out, found),
            Analysis::Declared(found) => text::declared::write(out, found),
            Analysis::Isolation(found) => text::isolation::write(out, found),
            Analysis::Can(found) => text::reach::can(out, found),
            Analysis::Reach(found) => text::reach::ends(out, found),
            Analysis::Difference(found) => text::difference::write(out, found),
            Analysis::Change(found) => text::difference::change(out, found),
        }
    }

    /// The report in a format, without colours. `progress` is told how far a page is.
    ///
    /// # Errors
    /// A format that this answer does not have ([`Format::all_of`]).
    pub fn render(
        &self,
        format: Format,
        progress: impl FnMut(usize, usize),
    ) -> Result<String, ProblemOut> {
        let formats = Format::all_of(&self.found);
        if !formats.contains(&format) {
            let message = format!("this report has no format `{}`", format.as_str());
            return Err(wrong(message).help(one_of(formats)));
        }
        match (format, &self.found) {
            (Format::Text, _) => self.plain(),
            (Format::Json, found) => {
                serde_json::to_string_pretty(found).map_err(|error| wrong(error.to_string()))
            }
            (Format::Html, Analysis::Matrix(found)) => {
                let by = mayreach_wire::matrix::group_by(&found.by)?;
                matrix_page(&self.engine, &by, progress).map_err(wrong)
            }
            (Format::Html, Analysis::Isolation(found)) => {
                html(&Picture::of_isolation(self.engine.program(), found, progress)).map_err(wrong)
            }
            (_, Analysis::Matrix(found)) => drawn(format, &Sheet::of_matrix(found)),
            (_, Analysis::Declared(found)) => drawn(format, &Sheet::of_declared(found)),
            (_, Analysis::Isolation(found)) => drawn(format, &Sheet::of_isolation(found)),
            (_, Analysis::Can(found)) => listed(format, &Listing::of_can(found)),
            (_, Analysis::Reach(found)) => listed(format, &Listing::of_reach(found)),
            (_, Analysis::Difference(found)) => listed(format, &Listing::of_difference(found)),
            (_, Analysis::Change(found)) => listed(format, &Listing::of_change(found)),
        }
    }

    fn plain(&self) -> Result<String, ProblemOut> {
        let mut out = Vec::new();
        self.text(&mut out).map_err(|error| wrong(error.to_string()))?;
        Ok(anstream::adapter::strip_str(&String::from_utf8_lossy(&out)).to_string())
    }
}

/// Pairs in a format that is made from them alone.
fn drawn(format: Format, sheet: &Sheet) -> Result<String, ProblemOut> {
    match format {
        Format::Csv => csv(sheet).map_err(wrong),
        Format::Dot => Ok(dot(sheet)),
        Format::Mermaid => Ok(mermaid(sheet)),
        Format::Junit => junit(sheet).map_err(wrong),
        Format::Markdown | Format::Text | Format::Json | Format::Html => Ok(markdown(sheet)),
    }
}

/// A list likewise.
fn listed(format: Format, listing: &Listing) -> Result<String, ProblemOut> {
    match format {
        Format::Csv => listing.csv().map_err(wrong),
        Format::Junit => junit_of_listing(listing).map_err(wrong),
        Format::Markdown
        | Format::Text
        | Format::Json
        | Format::Html
        | Format::Dot
        | Format::Mermaid => Ok(listing.markdown()),
    }
}

/// The page of a matrix, which asks every pair of workloads itself.
///
/// # Errors
/// None that memory does not make.
pub fn matrix_page(
    engine: &Engine,
    by: &GroupBy,
    progress: impl FnMut(usize, usize),
) -> Result<String, String> {
    let title = format!("Who may reach whom, by {}", by_name(by));
    let summary = "Every pair of workloads, on all ports and over all requests, in all five \
                   layers, as each workload's own proxy connects."
        .to_owned();
    html(&Picture::new(engine.program(), by, (title, summary), progress))
}
