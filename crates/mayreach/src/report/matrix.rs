//! Who may reach whom: every ordered pair of workloads on every declared port, rolled up.

use std::collections::BTreeMap;

use super::ask::Answer;
use crate::{Program, Verdict, WorkloadId, WorkloadInfo, model::Attributes};

/// What a row and a column of the matrix stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// One workload.
    #[default]
    Workload,
    /// The workloads of one namespace.
    Namespace,
    /// The workloads whose pods, or failing that whose namespaces, have one value of a label.
    Label(String),
}

/// Who may reach whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// Names of the rows and columns, sorted; `None`, the workloads without the label, is first.
    pub groups: Vec<Option<String>>,
    /// Row by row, `groups.len()` cells each.
    pub cells: Vec<MatrixCell>,
}

/// All answers from one group to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatrixCell {
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
pub enum CellVerdict {
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

impl CellVerdict {
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

impl MatrixCell {
    /// All answers in one word.
    pub const fn verdict(&self) -> CellVerdict {
        match (self.allow, self.deny, self.depends) {
            (0, 0, 0) => CellVerdict::Nothing,
            (_, 0, 0) => CellVerdict::Allow,
            (0, _, 0) => CellVerdict::Deny,
            (0, 0, _) => CellVerdict::Depends,
            _ => CellVerdict::Mixed,
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
    /// Who may reach whom. `progress` is told how many of how many sources are done.
    pub fn matrix(&self, by: &GroupBy, mut progress: impl FnMut(usize, usize)) -> Matrix {
        let members = self.members(by);
        let workloads: Vec<(usize, WorkloadId)> = members
            .values()
            .enumerate()
            .flat_map(|(group, ids)| ids.iter().map(move |id| (group, *id)))
            .collect();
        let size = members.len();
        let ports: Vec<_> = workloads.iter().map(|(_, id)| self.declared_ports(*id)).collect();
        let mut cells = vec![MatrixCell::default(); size.saturating_mul(size)];
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
        Matrix { groups: members.into_keys().collect(), cells }
    }

    /// The workloads of each group; those without the label first.
    fn members(&self, by: &GroupBy) -> BTreeMap<Option<String>, Vec<WorkloadId>> {
        let mut groups: BTreeMap<Option<String>, Vec<WorkloadId>> = BTreeMap::new();
        let mut named: BTreeMap<String, u32> = BTreeMap::new();
        for workload in self.principals() {
            *named.entry(workload.to_string()).or_default() += 1;
        }
        // A Deployment and a StatefulSet may share a name.
        let full = |workload: &WorkloadInfo<'_>| match named.get(&workload.to_string()) {
            Some(2..) => format!("{workload}[{}]", workload.kind()),
            _ => workload.to_string(),
        };
        for workload in self.principals() {
            let name = match by {
                GroupBy::Workload => Some(full(&workload)),
                GroupBy::Namespace => Some(workload.namespace().to_owned()),
                GroupBy::Label(key) => workload.label_or_namespace_label(key).map(str::to_owned),
            };
            groups.entry(name).or_default().push(workload.id());
        }
        groups
    }
}
