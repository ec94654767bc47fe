//! An answer about all requests together with the program that gave it, in every form.

use std::io;

use mayreach_wire::{
    Analysis, Engine, ProblemOut, Question,
    mayreach::{ErrorCode, GroupBy},
};

use crate::{Picture, Sheet, csv, dot, html, junit, markdown, mermaid, text};

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
    /// One line a pair.
    Csv,
    /// A Graphviz digraph of what gets through.
    Dot,
    /// A Mermaid flowchart of what gets through.
    Mermaid,
    /// `JUnit` XML: one test case a pair.
    Junit,
}

impl Format {
    /// Every format.
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
            let names = Self::ALL.map(Self::as_str).join(", ");
            wrong(format!("no report has the format `{name}`"))
                .help(format!("it is one of {names}"))
        })
    }
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
    /// A format that this answer does not have: only a matrix and an isolation are pairs to draw.
    pub fn render(
        &self,
        format: Format,
        progress: impl FnMut(usize, usize),
    ) -> Result<String, ProblemOut> {
        let sheet = match (format, &self.found) {
            (Format::Text, _) => return self.plain(),
            (Format::Json, found) => {
                return serde_json::to_string_pretty(found)
                    .map_err(|error| wrong(error.to_string()));
            }
            (Format::Html, Analysis::Matrix(found)) => {
                let by = mayreach_wire::matrix::group_by(&found.by)?;
                return matrix_page(&self.engine, &by, progress).map_err(wrong);
            }
            (Format::Html, Analysis::Isolation(found)) => {
                let picture = Picture::of_isolation(self.engine.program(), found, progress);
                return html(&picture).map_err(wrong);
            }
            (_, Analysis::Matrix(found)) => Sheet::of_matrix(found),
            (_, Analysis::Isolation(found)) => Sheet::of_isolation(found),
            _ => {
                let message = format!("this report has no format `{}`", format.as_str());
                return Err(wrong(message).help("it is one of text, json"));
            }
        };
        match format {
            Format::Csv => csv(&sheet).map_err(wrong),
            Format::Dot => Ok(dot(&sheet)),
            Format::Mermaid => Ok(mermaid(&sheet)),
            Format::Junit => junit(&sheet).map_err(wrong),
            Format::Markdown | Format::Text | Format::Json | Format::Html => Ok(markdown(&sheet)),
        }
    }

    fn plain(&self) -> Result<String, ProblemOut> {
        let mut out = Vec::new();
        self.text(&mut out).map_err(|error| wrong(error.to_string()))?;
        Ok(anstream::adapter::strip_str(&String::from_utf8_lossy(&out)).to_string())
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
    let words = match by {
        GroupBy::Workload => "workload".to_owned(),
        GroupBy::Namespace => "namespace".to_owned(),
        GroupBy::Label(key) => format!("label:{key}"),
    };
    let title = format!("Who may reach whom, by {words}");
    let summary = "Every pair of workloads on every declared port, in all five layers.".to_owned();
    html(&Picture::new(engine.program(), by, (title, summary), progress))
}
