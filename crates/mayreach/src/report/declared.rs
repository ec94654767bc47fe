//! Who may reach whom on declared ports, of which nothing else is said: every ordered pair of
//! workloads, rolled up.

use super::{ask::Answer, groups::GroupBy};
use crate::{Program, Verdict, WorkloadId, model::Attributes};

/// Who may reach whom on declared ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Names of the rows and columns, sorted; `None`, the workloads without the label, is first.
    pub groups: Vec<Option<String>>,
    /// Row by row, `groups.len()` cells each.
    pub cells: Vec<DeclaredCell>,
}

/// All answers from one group to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredCell {
    /// How many pairs and ports are allowed.
    pub allow: u64,
    /// How many are denied.
    pub deny: u64,
    /// How many depend on the request.
    pub depends: u64,
    /// What those depend on.
    pub depends_on: Attributes,
    /// One of each verdict, the first met: what proves the cell.
    pub examples: Vec<Answer>,
    /// Every answer, when groups are single workloads.
    pub answers: Vec<Answer>,
}

/// The verdict of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredVerdict {
    /// Every pair and port is allowed.
    Allow,
    /// Every one is denied.
    Deny,
    /// Every one depends on the request.
    Depends,
    /// They differ.
    Mixed,
    /// There is nothing to ask.
    Nothing,
}

impl DeclaredVerdict {
    /// The spelling in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Depends => "depends",
            Self::Mixed => "mixed",
            Self::Nothing => "nothing",
        }
    }
}

impl DeclaredCell {
    /// All answers in one word.
    pub const fn verdict(&self) -> DeclaredVerdict {
        match (self.allow, self.deny, self.depends) {
            (0, 0, 0) => DeclaredVerdict::Nothing,
            (_, 0, 0) => DeclaredVerdict::Allow,
            (0, _, 0) => DeclaredVerdict::Deny,
            (0, 0, _) => DeclaredVerdict::Depends,
            _ => DeclaredVerdict::Mixed,
        }
    }

    fn add(&mut self, answer: Answer, keep: bool) {
        match answer.verdict {
            Verdict::Allow => self.allow += 1,
            Verdict::Deny => self.deny += 1,
            Verdict::Undetermined => self.depends += 1,
        }
        self.depends_on = self.depends_on.union(answer.depends_on);
        if !self.examples.iter().any(|seen| seen.verdict == answer.verdict) {
            self.examples.push(answer);
        }
        if keep {
            self.answers.push(answer);
        }
    }
}

impl Program {
    /// Who may reach whom on the ports that are declared, whatever the request: "depends" where that
    /// decides. `progress` is told how many of how many sources are done.
    pub fn declared(&self, by: &GroupBy, mut progress: impl FnMut(usize, usize)) -> Declared {
        let members = self.members(by);
        let workloads: Vec<(usize, WorkloadId)> = members
            .values()
            .enumerate()
            .flat_map(|(group, ids)| ids.iter().map(move |id| (group, *id)))
            .collect();
        let size = members.len();
        let ports: Vec<_> = workloads.iter().map(|(_, id)| self.declared_ports(*id)).collect();
        let mut cells = vec![DeclaredCell::default(); size.saturating_mul(size)];
        for (done, (row, from)) in workloads.iter().enumerate() {
            progress(done, workloads.len());
            for ((column, to), ports) in workloads.iter().zip(&ports) {
                if from == to && self.is_single(*from) {
                    continue;
                }
                let Some(cell) = cells.get_mut(row * size + column) else { continue };
                for port in ports {
                    cell.add(self.ask(*from, *to, *port), *by == GroupBy::Workload);
                }
            }
        }
        progress(workloads.len(), workloads.len());
        Declared { groups: members.into_keys().collect(), cells }
    }
}
