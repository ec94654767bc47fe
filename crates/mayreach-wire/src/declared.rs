//! Who may reach whom on declared ports, as JSON.

use mayreach::{Answer, Declared, DeclaredCell, DeclaredVerdict, GroupBy, Program};
use serde::Serialize;

use crate::{flow::protocol_name, matrix};

/// Who may reach whom on declared ports, of which nothing else is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeclaredOut {
    /// `workload`, `namespace` or `label:KEY`.
    pub by: String,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// Every ordered pair of groups between which there is something to ask, row by row.
    pub cells: Vec<DeclaredCellOut>,
}

/// All answers from one group to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeclaredCellOut {
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

impl DeclaredOut {
    /// The matrix with every name spelled out.
    pub fn new(program: &Program, by: &GroupBy, declared: &Declared) -> Self {
        let groups = matrix::names(&declared.groups);
        let pairs = groups.iter().flat_map(|from| groups.iter().map(move |to| (from, to)));
        let cells = pairs.zip(&declared.cells).filter_map(|((from, to), cell)| {
            let asked = cell.verdict() != DeclaredVerdict::Nothing;
            asked.then(|| DeclaredCellOut::new(program, from, to, cell))
        });
        Self { by: matrix::by_name(by), cells: cells.collect(), groups }
    }
}

impl DeclaredCellOut {
    fn new(program: &Program, from: &str, to: &str, cell: &DeclaredCell) -> Self {
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
