//! The honest peer: what a careful person writes by hand. One list of rules a workload, reached by
//! its number; no parsing, no explanation, no other layer.

use crate::{Ask, Cluster, METHODS};

#[derive(Clone, Debug)]
struct Entry {
    deny: bool,
    principals: [String; 2],
    methods: [&'static str; 2],
    prefixes: [String; 2],
}

/// Rules by workload.
#[derive(Clone, Debug)]
pub struct Lists(Vec<Vec<Entry>>);

impl Entry {
    fn matches(&self, principal: &str, ask: &Ask) -> bool {
        let method = METHODS[usize::from(ask.method)];
        self.principals.iter().any(|one| one == principal)
            && self.methods.contains(&method)
            && self.prefixes.iter().any(|one| ask.path().starts_with(one.as_str()))
    }
}

impl Lists {
    /// DENY before ALLOW, as the mesh asks them.
    pub fn new(cluster: &Cluster) -> Self {
        let mut lists = vec![Vec::new(); cluster.workloads.len()];
        for rule in &cluster.rules {
            lists[rule.workload].push(Entry {
                deny: rule.deny,
                principals: rule.clients.map(|client| cluster.workloads[client].principal()),
                methods: rule.methods.map(|method| METHODS[method]),
                prefixes: rule.prefixes.clone(),
            });
        }
        for list in &mut lists {
            list.sort_by_key(|entry| !entry.deny);
        }
        Self(lists)
    }

    /// Whether the authorization layer lets it in.
    pub fn allows(&self, ask: &Ask, principal: &str) -> bool {
        let list = &self.0[ask.destination as usize];
        let mut allowing = false;
        for entry in list {
            if entry.deny {
                if entry.matches(principal, ask) {
                    return false;
                }
            } else {
                allowing = true;
                if entry.matches(principal, ask) {
                    return true;
                }
            }
        }
        !allowing
    }
}
