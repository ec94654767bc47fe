//! The matrix as JSON.

use mayreach::{Answer, CellVerdict, ErrorCode, GroupBy, Matrix, MatrixCell, Program};
use serde::Serialize;

use crate::{flow::protocol_name, problem::ProblemOut};

/// What workloads without the label are called.
const NO_LABEL: &str = "(none)";

/// Who may reach whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixOut {
    /// `workload`, `namespace` or `label:KEY`.
    pub by: String,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// Every ordered pair of groups between which there is something to ask, row by row.
    pub cells: Vec<CellOut>,
}

/// All answers from one group to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellOut {
    /// The group that asks.
    pub from: String,
    /// The group that is asked.
    pub to: String,
    /// `allow`, `deny`, `depends` or `mixed`.
    pub verdict: &'static str,
    /// How many pairs and ports are allowed.
    pub allow: u64,
    /// How many are denied.
    pub deny: u64,
    /// How many depend on the request.
    pub depends: u64,
    /// What those depend on.
    pub depends_on: Vec<&'static str>,
    /// One of each verdict: what proves the cell.
    pub examples: Vec<AnswerOut>,
    /// Every answer, when groups are workloads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerOut>,
}

/// The answer for one pair of workloads on one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerOut {
    /// Who asks.
    pub from: String,
    /// Whom.
    pub to: String,
    /// The port; `null` where the destination declares none: any port.
    pub port: Option<u16>,
    /// The protocol.
    pub protocol: String,
    /// `allow`, `deny` or `depends`.
    pub verdict: &'static str,
    /// The layer that decides.
    pub decided_by: Option<&'static str>,
    /// What it depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<&'static str>,
}

/// Reads `workload`, `namespace` or `label:KEY`.
///
/// # Errors
/// Anything else.
pub fn group_by(text: &str) -> Result<GroupBy, ProblemOut> {
    match text {
        "workload" => Ok(GroupBy::Workload),
        "namespace" => Ok(GroupBy::Namespace),
        _ => match text.strip_prefix("label:") {
            Some(key) if !key.is_empty() => Ok(GroupBy::Label(key.to_owned())),
            _ => {
                let message = format!("cannot roll up by `{text}`");
                Err(ProblemOut::new(ErrorCode::InvalidValue, message)
                    .field("by")
                    .help("roll up by `workload`, `namespace` or `label:KEY`"))
            }
        },
    }
}

impl MatrixOut {
    /// The matrix with every name spelled out.
    pub fn new(program: &Program, by: &GroupBy, matrix: &Matrix) -> Self {
        let name = |group: &Option<String>| group.clone().unwrap_or_else(|| NO_LABEL.to_owned());
        let groups: Vec<String> = matrix.groups.iter().map(name).collect();
        let pairs = groups.iter().flat_map(|from| groups.iter().map(move |to| (from, to)));
        let cells = pairs.zip(&matrix.cells).filter_map(|((from, to), cell)| {
            let asked = cell.verdict() != CellVerdict::Nothing;
            asked.then(|| CellOut::new(program, from, to, cell))
        });
        let by = match by {
            GroupBy::Workload => "workload".to_owned(),
            GroupBy::Namespace => "namespace".to_owned(),
            GroupBy::Label(key) => format!("label:{key}"),
        };
        Self { by, cells: cells.collect(), groups }
    }
}

impl CellOut {
    fn new(program: &Program, from: &str, to: &str, cell: &MatrixCell) -> Self {
        let answers = |all: &[Answer]| all.iter().map(|a| AnswerOut::new(program, a)).collect();
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            verdict: cell.verdict().as_str(),
            allow: cell.allow,
            deny: cell.deny,
            depends: cell.depends,
            depends_on: cell.depends_on.names().collect(),
            examples: answers(&cell.examples),
            answers: answers(&cell.answers),
        }
    }
}

impl AnswerOut {
    pub(crate) fn new(program: &Program, answer: &Answer) -> Self {
        let name = |id| program.workload_info(id).map_or_else(String::new, |w| w.to_string());
        Self {
            from: name(answer.from),
            to: name(answer.to),
            port: answer.port,
            protocol: protocol_name(answer.protocol),
            verdict: match answer.verdict {
                mayreach::Verdict::Allow => "allow",
                mayreach::Verdict::Deny => "deny",
                mayreach::Verdict::Undetermined => "depends",
            },
            decided_by: answer.decided_by.map(mayreach::Layer::as_str),
            depends_on: answer.depends_on.names().collect(),
        }
    }
}
