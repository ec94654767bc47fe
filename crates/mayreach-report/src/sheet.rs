//! What every format shows: ordered pairs, each with a status and why.

use mayreach_wire::{
    MatrixOut,
    declared::{AnswerOut, DeclaredCellOut, DeclaredOut},
    matrix::{CellOut, MayOut},
};
use serde::Serialize;

/// Answers said of one pair of groups.
const LINES_MAX: usize = 8;

/// What is known of one ordered pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Something gets through that should not.
    Open,
    /// Neither isolation nor a way through is proved.
    NotProved,
    /// Everything that was asked gets through.
    Allow,
    /// Of all flows some get through.
    Some,
    /// What the cell holds differs.
    Mixed,
    /// It depends on the request.
    Depends,
    /// Only what an exception grants gets through.
    Exception,
    /// Nothing that was asked gets through.
    Deny,
    /// Nothing gets through, and that is proved.
    Isolated,
}

impl Status {
    /// The spelling in every format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NotProved => "not_proved",
            Self::Allow => "allow",
            Self::Some => "some",
            Self::Mixed => "mixed",
            Self::Depends => "depends",
            Self::Exception => "exception",
            Self::Deny => "deny",
            Self::Isolated => "isolated",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NotProved => "not proved",
            Self::Allow => "everything allowed",
            Self::Some => "some of it allowed",
            Self::Mixed => "mixed",
            Self::Depends => "depends on the request",
            Self::Exception => "isolated but for an exception",
            Self::Deny => "denied",
            Self::Isolated => "proved isolated",
        }
    }

    /// A sign that reads without colour.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Open => "!",
            Self::NotProved | Self::Depends => "?",
            Self::Allow => "✓",
            Self::Some => "~",
            Self::Mixed => "±",
            Self::Exception => "○",
            Self::Deny => "✗",
            Self::Isolated => "●",
        }
    }

    /// Whether anything may get through.
    pub const fn passes(self) -> bool {
        !matches!(self, Self::Deny | Self::Isolated)
    }
}

/// One ordered pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who asks.
    pub from: String,
    /// Whom.
    pub to: String,
    /// What is known.
    pub status: Status,
    /// Why, in one line.
    pub why: String,
    /// `file:line` of what decides.
    pub at: Option<String>,
    /// One flow that shows it.
    pub example: Option<String>,
}

/// Ordered pairs under a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What the pairs are about.
    pub title: String,
    /// The names of the groups, in order.
    pub groups: Vec<String>,
    /// The pairs, by asker and then by asked.
    pub rows: Vec<Row>,
}

impl Sheet {
    /// The rows of a matrix.
    pub fn of_matrix(matrix: &MatrixOut) -> Self {
        let lines: Vec<Vec<String>> = matrix.findings.iter().map(MayOut::lines).collect();
        Self {
            title: format!("Who may reach whom, by {}", matrix.by),
            groups: matrix.groups.clone(),
            rows: matrix.cells.iter().map(|cell| row(matrix, &lines, cell)).collect(),
        }
    }

    /// The rows of what is allowed on declared ports.
    pub fn of_declared(declared: &DeclaredOut) -> Self {
        Self {
            title: format!("Who may reach whom on declared ports, by {}", declared.by),
            groups: declared.groups.clone(),
            rows: declared.cells.iter().map(declared_row).collect(),
        }
    }
}

fn row(matrix: &MatrixOut, lines: &[Vec<String>], cell: &CellOut) -> Row {
    let status = match cell.verdict {
        "allow" => Status::Allow,
        "deny" => Status::Deny,
        "some" => Status::Some,
        "not_proved" => Status::NotProved,
        _ => Status::Mixed,
    };
    let mut why: Vec<String> = Vec::new();
    for found in &cell.findings {
        let own = lines.get(found.finding as usize).map(|l| l.join("; ")).unwrap_or_default();
        let own = if cell.pairs.is_some() {
            format!("{} → {}: {own}", found.from, found.to)
        } else {
            own
        };
        if why.len() < LINES_MAX && !why.contains(&own) {
            why.push(own);
        }
    }
    if cell.findings.len() > LINES_MAX {
        why.push("and more".to_owned());
    }
    let first = cell.findings.first();
    let way = first.and_then(|f| matrix.findings.get(f.finding as usize)?.ways.first());
    // The request of a finding names one of the pairs that have it.
    let example = first.zip(way).map(|(found, way)| {
        let rest = way.request.split_once(", ").map_or("", |(_, rest)| rest);
        format!("{} → {}, {rest}", found.from, found.to)
    });
    let at = way.and_then(|way| way.let_in_by.reason.at.clone());
    Row { from: cell.from.clone(), to: cell.to.clone(), status, why: why.join("; "), at, example }
}

fn declared_row(cell: &DeclaredCellOut) -> Row {
    let status = match cell.verdict {
        "allow" => Status::Allow,
        "deny" => Status::Deny,
        "depends" => Status::Depends,
        _ => Status::Mixed,
    };
    let counts = [
        (cell.allow, "allowed".to_owned()),
        (cell.deny, "denied".to_owned()),
        (cell.depends, format!("depend on {}", cell.depends_on.join(", "))),
    ];
    let counted: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let order = |answer: &&AnswerOut| match answer.verdict {
        "allow" => 0,
        "depends" => 1,
        _ => 2,
    };
    let example = cell.examples.iter().min_by_key(order).map(|answer| {
        let port = answer.port.map_or_else(|| "any port".to_owned(), |port| port.to_string());
        format!("{} → {} {port}/{}", answer.from, answer.to, answer.protocol)
    });
    Row {
        from: cell.from.clone(),
        to: cell.to.clone(),
        status,
        why: counted.join("; "),
        at: None,
        example,
    }
}
