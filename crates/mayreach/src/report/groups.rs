//! What a row and a column of a report stand for.

use std::collections::BTreeMap;

use crate::{Program, WorkloadId, WorkloadInfo};

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

impl Program {
    /// The workloads of each group; those without the label first.
    pub(super) fn members(&self, by: &GroupBy) -> BTreeMap<Option<String>, Vec<WorkloadId>> {
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
