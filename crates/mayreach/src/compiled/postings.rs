//! Workloads by what they have: narrows a selector to the few that can match, so that compiling
//! does not ask every policy about every workload.

use std::collections::HashMap;

use crate::model::{
    inventory::{Inventory, Labels},
    selector::Selector,
};

/// Numbers of workloads, by one thing that they have.
type ByPair<'m> = HashMap<&'m str, HashMap<&'m str, Vec<u32>>>;

/// Look-ups from labels to workloads.
#[derive(Debug, Default)]
pub(crate) struct Postings<'m> {
    own: ByPair<'m>,
    of_namespace: ByPair<'m>,
    namespaces: HashMap<&'m str, Vec<u32>>,
}

impl<'m> Postings<'m> {
    pub(crate) fn new(inventory: &'m Inventory) -> Self {
        let mut postings = Self::default();
        for (number, workload) in (0..).zip(&inventory.workloads) {
            for (key, value) in &workload.labels {
                let values = postings.own.entry(key).or_default();
                values.entry(value).or_default().push(number);
            }
            postings.namespaces.entry(&workload.namespace).or_default().push(number);
        }
        for (name, namespace) in &inventory.namespaces {
            let Some(workloads) = postings.namespaces.get(name.as_str()) else { continue };
            for (key, value) in &namespace.labels {
                let values = postings.of_namespace.entry(key).or_default();
                values.entry(value).or_default().extend(workloads);
            }
        }
        postings
    }

    /// Workloads that may have all of these labels of their own.
    pub(crate) fn with_all(&self, labels: &Labels) -> &[u32] {
        let each = labels.iter().map(|(key, value)| list(&self.own, key, value));
        each.min_by_key(|list| list.len()).unwrap_or_default()
    }

    /// Workloads that a selector may select; `None`: any.
    pub(crate) fn candidates(&self, selector: &Selector) -> Option<&[u32]> {
        match selector {
            Selector::Eq(key, value) => self.having(key, value),
            Selector::In(key, values) => match values.as_slice() {
                [only] => self.having(key, only),
                _ => None,
            },
            Selector::And(all) => {
                all.iter().filter_map(|part| self.candidates(part)).min_by_key(|list| list.len())
            }
            _ => None,
        }
    }

    /// The keys as [`Inventory::workload_label`] reads them.
    fn having(&self, key: &str, value: &str) -> Option<&[u32]> {
        match key {
            "projectcalico.org/orchestrator" | "projectcalico.org/serviceaccount" => None,
            "projectcalico.org/namespace" | "pcns.projectcalico.org/name" => {
                Some(self.namespaces.get(value).map_or(&[], Vec::as_slice))
            }
            _ if key.starts_with("pcsa.") => None,
            _ => Some(match key.strip_prefix("pcns.") {
                Some(key) => list(&self.of_namespace, key, value),
                None => list(&self.own, key, value),
            }),
        }
    }
}

fn list<'p>(by: &'p ByPair<'_>, key: &str, value: &str) -> &'p [u32] {
    by.get(key).and_then(|values| values.get(value)).map_or(&[], Vec::as_slice)
}
