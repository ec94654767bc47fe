//! Who is a tenant: by a label, by namespace, or workload by workload.

use std::collections::BTreeMap;

use crate::{Program, WorkloadId, report::GroupBy};

/// One tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// Its workloads.
    pub workloads: Vec<WorkloadId>,
    /// Namespaces in which it can create pods, with labels that those pods must have.
    pub namespaces: Vec<(String, Vec<(String, String)>)>,
}

impl Program {
    /// The tenants: workloads and namespaces with the same value of a label, or each namespace, or
    /// each workload. What has no such label is in no tenant.
    pub fn tenants(&self, by: &GroupBy) -> Vec<Tenant> {
        let mut all: BTreeMap<String, Tenant> = BTreeMap::new();
        for workload in self.principals() {
            let space = workload.namespace();
            let (name, fixed) = match by {
                GroupBy::Workload => (workload.to_string(), None),
                GroupBy::Namespace => (space.to_owned(), Some(Vec::new())),
                GroupBy::Label(key) => {
                    let inventory = &self.inner.model.inventory;
                    let own = workload.labels().find(|(k, _)| k == key).map(|(_, v)| v);
                    let of_space = inventory.namespace_label(space, key);
                    match (own, of_space) {
                        (_, Some(value)) if own.is_none_or(|o| o == value) => {
                            (value.to_owned(), Some(Vec::new()))
                        }
                        (Some(value), _) => {
                            (value.to_owned(), Some(vec![(key.clone(), value.to_owned())]))
                        }
                        (None, _) => continue,
                    }
                }
            };
            let tenant = all.entry(name.clone()).or_default();
            tenant.name = name;
            tenant.workloads.push(workload.id());
            let space = fixed.map(|fixed| (space.to_owned(), fixed));
            tenant.namespaces.extend(space.filter(|s| !tenant.namespaces.contains(s)));
        }
        if let GroupBy::Label(key) = by {
            for name in self.inner.model.inventory.namespaces.keys() {
                let value = self.inner.model.inventory.namespace_label(name, key);
                let Some(value) = value else { continue };
                let tenant = all.entry(value.to_owned()).or_default();
                value.clone_into(&mut tenant.name);
                let space = (name.clone(), Vec::new());
                if !tenant.namespaces.contains(&space) {
                    tenant.namespaces.push(space);
                }
            }
        }
        all.into_values().collect()
    }
}
