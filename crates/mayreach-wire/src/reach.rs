//! What one workload may do to another, who may reach it, whom it reaches: as JSON.

mod way;

pub use self::way::{AsksOut, ButOut, ConditionOut, WayOut};

use mayreach::{Can, Extent, Isolated, Isolation, Program, Within};
use serde::Serialize;

use crate::{
    decision::LayerOut,
    difference::decider,
    isolation::{HoleOut, UnprovedOut},
    sentence,
};

/// What one workload may do to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CanOut {
    /// Who asks.
    pub from: String,
    /// Whom.
    pub to: String,
    /// `allow`: some request gets through; `deny`: none does, proved; `undetermined`: neither.
    pub verdict: &'static str,
    /// Whether every flow gets through.
    pub everything: bool,
    /// Sets of flows that get through, by what lets them.
    pub ways: Vec<WayOut>,
    /// Rules that deny some of what the ways say.
    pub but: Vec<ButOut>,
    /// What is not proved.
    pub not_proved: Vec<UnprovedOut>,
}

impl CanOut {
    /// The answer with every name spelled out.
    pub fn new(program: &Program, (from, to): (&str, &str), can: &Can) -> Self {
        let verdict = match can.extent() {
            Extent::All | Extent::Some => "allow",
            Extent::Nothing => "deny",
            Extent::NotProved => "undetermined",
        };
        let not_proved = can.unproved.iter().map(|(why, w)| UnprovedOut::new(program, why, w));
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            verdict,
            everything: can.extent() == Extent::All,
            ways: can.ways.iter().map(|way| WayOut::new(program, way)).collect(),
            but: ButOut::all(program, can),
            not_proved: not_proved.collect(),
        }
    }
}

/// Who may reach one workload, or whom it reaches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReachOut {
    /// The workload.
    pub workload: String,
    /// `callers` or `reaches`.
    pub direction: &'static str,
    /// Those that may, each with the requests that get through.
    pub may: Vec<MayOut>,
    /// Those of which it is proved that they may not.
    pub may_not: Vec<String>,
    /// Those of which neither is known.
    pub not_proved: Vec<NotProvedOut>,
}

/// One other end that may.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MayOut {
    /// The other end: a workload, or `(outside)`.
    pub workload: String,
    /// Requests that get through, the plainest first, one for each way.
    pub ways: Vec<HoleOut>,
}

/// One other end of which it is not known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotProvedOut {
    /// The other end.
    pub workload: String,
    /// Why.
    pub why: Vec<UnprovedOut>,
}

/// Whether one workload may send any request of a set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallerOut {
    /// Who asks.
    pub workload: String,
    /// `allow`: some request of the set gets through; `deny`: none does, proved; `not_proved`.
    pub verdict: &'static str,
    /// A request that gets through or, if none does, one that is denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What decides that request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<LayerOut>,
    /// Why it is not proved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_proved: Vec<UnprovedOut>,
}

impl CallerOut {
    /// The answer with every name spelled out.
    pub fn new(program: &Program, workload: String, found: &Within) -> Self {
        let (verdict, shown) = match (&found.allowed, &found.denied) {
            (Some(allowed), _) => ("allow", Some(allowed)),
            (None, Some(denied)) if found.unproved.is_empty() => ("deny", Some(denied)),
            // Nothing that was asked is no proof.
            (None, denied) => ("not_proved", denied.as_ref()),
        };
        let not_proved = found.unproved.iter().map(|(why, w)| UnprovedOut::new(program, why, w));
        Self {
            workload,
            verdict,
            request: shown.map(|(witness, _)| sentence::request(program, witness)),
            decided_by: shown.map(|(witness, decision)| decider(program, witness, decision)),
            not_proved: not_proved.filter(|_| verdict == "not_proved").collect(),
        }
    }
}

impl ReachOut {
    /// The answer with every name spelled out.
    pub fn new(program: &Program, workload: &str, callers: bool, found: &Isolation) -> Self {
        let mut out = Self {
            workload: workload.to_owned(),
            direction: if callers { "callers" } else { "reaches" },
            may: Vec::new(),
            may_not: Vec::new(),
            not_proved: Vec::new(),
        };
        let names =
            found.rows.iter().flat_map(|from| found.columns.iter().map(move |to| (from, to)));
        for ((from, to), cell) in names.zip(&found.cells) {
            let finding = cell.and_then(|index| found.findings.get(index as usize));
            let Some(finding) = finding else { continue };
            let other = if callers { from.clone() } else { to.clone() };
            match finding.verdict {
                Isolated::Open => out.may.push(MayOut {
                    workload: other,
                    ways: finding.holes.iter().map(|h| HoleOut::new(program, h)).collect(),
                }),
                Isolated::Proved => out.may_not.push(other),
                Isolated::NotProved => {
                    let why = finding.unproved.iter();
                    let why = why.map(|(why, w)| UnprovedOut::new(program, why, w)).collect();
                    out.not_proved.push(NotProvedOut { workload: other, why });
                }
            }
        }
        out
    }
}
