//! Who may reach whom, over all requests, as JSON.

use mayreach::{
    Can, CellFinding, CellVerdict, ErrorCode, Extent, GroupBy, Matrix, MatrixCell, Program,
};
use serde::Serialize;

use crate::{
    isolation::UnprovedOut,
    problem::ProblemOut,
    reach::{ButOut, WayOut},
};

/// What workloads without the label are called.
const NO_LABEL: &str = "(none)";

/// Who may reach whom.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MatrixOut {
    /// `workload`, `namespace` or `label:KEY`.
    pub by: String,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// Every ordered pair of groups between which there is something to ask, row by row.
    pub cells: Vec<CellOut>,
    /// What one workload may do to another, each answer once: cells name them by their places here.
    pub findings: Vec<MayOut>,
    /// Flows that were decided.
    pub decisions: u64,
}

/// All answers from one group to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellOut {
    /// The group that asks.
    pub from: String,
    /// The group that is asked.
    pub to: String,
    /// `allow`: every flow gets through; `deny`: none does, proved; `some`: some do; `not_proved`;
    /// `mixed`: pairs of workloads differ.
    pub verdict: &'static str,
    /// How many pairs of workloads there are of each kind, where groups are more than workloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs: Option<PairsOut>,
    /// What its pairs may do; pairs of which nothing gets through are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<CellFindingOut>,
}

/// Pairs of workloads of one cell that have one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellFindingOut {
    /// Its place in the matrix's `findings`.
    pub finding: u32,
    /// How many pairs.
    pub pairs: u64,
    /// The client of one of them.
    pub from: String,
    /// Its destination.
    pub to: String,
}

/// How many pairs of workloads there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PairsOut {
    /// Every flow gets through.
    pub allow: u64,
    /// Some do.
    pub some: u64,
    /// None does: proved.
    pub deny: u64,
    /// Not known.
    pub not_proved: u64,
}

/// What one workload may do to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MayOut {
    /// `allow`, `some`, `deny` or `not_proved`.
    pub verdict: &'static str,
    /// Sets of flows that get through, by what lets them; their requests name one of the pairs that
    /// have this answer.
    pub ways: Vec<WayOut>,
    /// Rules that deny some of what the ways say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub but: Vec<ButOut>,
    /// What is not proved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_proved: Vec<UnprovedOut>,
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

/// The same as it is written.
pub fn by_name(by: &GroupBy) -> String {
    match by {
        GroupBy::Workload => "workload".to_owned(),
        GroupBy::Namespace => "namespace".to_owned(),
        GroupBy::Label(key) => format!("label:{key}"),
    }
}

/// Names of groups.
pub(crate) fn names(groups: &[Option<String>]) -> Vec<String> {
    groups.iter().map(|group| group.clone().unwrap_or_else(|| NO_LABEL.to_owned())).collect()
}

impl MatrixOut {
    /// The matrix with every name spelled out.
    pub fn new(program: &Program, by: &GroupBy, matrix: &Matrix) -> Self {
        let groups = names(&matrix.groups);
        let pairs = groups.iter().flat_map(|from| groups.iter().map(move |to| (from, to)));
        let cells = pairs.zip(&matrix.cells).filter_map(|((from, to), cell)| {
            let asked = cell.verdict() != CellVerdict::Nothing;
            asked.then(|| CellOut::new(program, by, (from, to), cell))
        });
        let findings = matrix.findings.iter().map(|can| MayOut::new(program, can));
        Self {
            by: by_name(by),
            cells: cells.collect(),
            findings: findings.collect(),
            groups,
            decisions: matrix.decisions,
        }
    }
}

impl CellOut {
    fn new(program: &Program, by: &GroupBy, (from, to): (&str, &str), cell: &MatrixCell) -> Self {
        let MatrixCell { all, some, nothing, not_proved, findings } = cell;
        let (allow, some, deny, not_proved) = (*all, *some, *nothing, *not_proved);
        let pairs = PairsOut { allow, some, deny, not_proved };
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            verdict: cell.verdict().as_str(),
            pairs: (*by != GroupBy::Workload).then_some(pairs),
            findings: findings.iter().map(|f| CellFindingOut::new(program, f)).collect(),
        }
    }
}

impl CellFindingOut {
    fn new(program: &Program, found: &CellFinding) -> Self {
        let name = |id| program.workload_info(id).map_or_else(String::new, |w| w.to_string());
        let CellFinding { finding, pairs, from, to } = *found;
        Self { finding, pairs, from: name(from), to: name(to) }
    }
}

impl MayOut {
    /// What gets through in one line a way, then what does not: `80/TCP GET, paths /v1/*`.
    pub fn lines(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let ways = self.ways.iter().map(WayOut::words);
        let open = self.not_proved.iter().map(|why| format!("not proved: {}", why.why));
        let but = self.but.iter().map(ButOut::words);
        for line in ways.chain(but).chain(open).filter(|_| self.verdict != "allow") {
            if !out.contains(&line) {
                out.push(line);
            }
        }
        if self.verdict == "allow" {
            out.push("everything".to_owned());
        }
        out
    }

    /// One answer with every name spelled out.
    pub fn new(program: &Program, can: &Can) -> Self {
        let not_proved = can.unproved.iter().map(|(why, w)| UnprovedOut::new(program, why, w));
        Self {
            verdict: match can.extent() {
                Extent::All => "allow",
                Extent::Some => "some",
                Extent::Nothing => "deny",
                Extent::NotProved => "not_proved",
            },
            ways: can.ways.iter().map(|way| WayOut::new(program, way)).collect(),
            but: ButOut::all(program, can),
            not_proved: not_proved.collect(),
        }
    }
}
