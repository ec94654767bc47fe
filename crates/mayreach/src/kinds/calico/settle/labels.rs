//! Remarks about policies that govern nobody, and about labels that selectors ask for and
//! nothing has: the commonest ways for a policy to be legal and wrong.

use std::collections::BTreeSet;

use super::is_calico;
use crate::{
    error::{Note, NoteCode, Place},
    kinds::Draft,
    model::{
        Model, PolicyMeta,
        inventory::{HostEndpoint, Inventory, Workload},
        network::{NetworkPolicy, NetworkRule},
        selector::Selector,
    },
};

pub(super) fn remark(draft: &mut Draft<'_>) {
    let known = Known::of(&draft.model.inventory);
    // Policies alone say nothing about who has which labels.
    if draft.model.inventory.workloads.is_empty() {
        return;
    }
    let model = &draft.model;
    let own = model.network.policies.iter().filter_map(|policy| {
        let meta = model.policy(policy.id)?;
        let calico = is_calico(meta.kind, meta.namespace.is_some()) && !policy.isolates;
        calico.then_some((policy, meta))
    });
    let notes: Vec<Note> = own
        .flat_map(|(policy, meta)| {
            let mut notes = remarks(policy, meta, &known);
            notes.extend(governs_nobody(model, policy, meta));
            notes
        })
        .collect();
    draft.model.notes.extend(notes);
}

/// Label keys that something has.
struct Known<'a> {
    own: BTreeSet<&'a str>,
    namespaces: BTreeSet<&'a str>,
    accounts: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let workloads = inventory.workloads.iter().map(|workload| &workload.labels);
        let hosts = inventory.host_endpoints.iter().map(|host| &host.labels);
        let sets = inventory.network_sets.iter().map(|set| &set.labels);
        let keys = workloads.chain(hosts).chain(sets).flat_map(|labels| labels.keys());
        let namespaces = inventory.namespaces.values().flat_map(|ns| ns.labels.keys());
        let accounts = inventory.service_accounts.values().flat_map(|sa| sa.labels.keys());
        Self {
            own: keys.map(String::as_str).collect(),
            namespaces: namespaces.map(String::as_str).collect(),
            accounts: accounts.map(String::as_str).collect(),
        }
    }

    /// What is odd about asking for a label, if anything.
    fn odd(&self, key: &str) -> Option<String> {
        if key.starts_with("projectcalico.org/") {
            return None;
        }
        if let Some(key) = key.strip_prefix("pcns.") {
            let has = key == "projectcalico.org/name" || self.namespaces.contains(key);
            return (!has).then(|| format!("names label `{key}`, which no namespace has"));
        }
        if let Some(key) = key.strip_prefix("pcsa.") {
            let has = key == "projectcalico.org/name" || self.accounts.contains(key);
            return (!has).then(|| format!("names label `{key}`, which no service account has"));
        }
        if self.own.contains(key) {
            return None;
        }
        let nobody = format!("names label `{key}`, which no pod, host endpoint or network set has");
        Some(if self.namespaces.contains(key) {
            format!("{nobody}; namespaces have it: use `namespaceSelector`")
        } else {
            nobody
        })
    }
}

fn governs_nobody(model: &Model, policy: &NetworkPolicy, meta: &PolicyMeta) -> Option<Note> {
    let inventory = &model.inventory;
    let pods = inventory.workloads.iter().filter(|workload| !workload.host_network);
    let pod = |workload: &Workload| {
        policy.subject.matches(&|key| inventory.workload_label(workload, key))
    };
    let host = |host: &HostEndpoint| {
        policy.subject.matches(&|key| host.labels.get(key).map(String::as_str))
    };
    if pods.into_iter().any(pod) || inventory.host_endpoints.iter().any(host) {
        return None;
    }
    let message = "the policy selects no pod and no host endpoint";
    let note = Note::new(NoteCode::SelectsNothing, message);
    Some(note.about(super::title(meta)).at(meta.place))
}

fn remarks(policy: &NetworkPolicy, meta: &PolicyMeta, known: &Known<'_>) -> Vec<Note> {
    let mut found: Vec<(Place, String)> = Vec::new();
    let mut look = |selector: &Selector, what: &str, place: Place| {
        let mut keys = Vec::new();
        labels(selector, &mut keys);
        for odd in keys.into_iter().filter_map(|key| known.odd(key)) {
            let message = format!("{what} {odd}");
            if !found.iter().any(|(at, text)| *at == place && *text == message) {
                found.push((place, message));
            }
        }
    };
    look(&policy.subject, "the policy's selector", meta.place);
    for (rules, places, list) in
        [(&policy.ingress, &meta.rules, "ingress"), (&policy.egress, &meta.egress_rules, "egress")]
    {
        for rule in rules {
            let index = usize::try_from(rule.index).unwrap_or(usize::MAX);
            let place = places.get(index).copied().unwrap_or(meta.place);
            for selector in selectors(rule) {
                look(selector, &format!("spec.{list}[{index}]"), place);
            }
        }
    }
    let note = |(place, message): (Place, String)| {
        Note::new(NoteCode::Suspicious, message).about(super::title(meta)).at(place)
    };
    found.into_iter().map(note).collect()
}

fn selectors(rule: &NetworkRule) -> impl Iterator<Item = &Selector> {
    [&rule.source, &rule.destination]
        .into_iter()
        .flat_map(|side| [side.selector.as_ref(), side.not_selector.as_ref()])
        .flatten()
}

/// Every label that a selector asks for.
pub(super) fn labels<'s>(selector: &'s Selector, into: &mut Vec<&'s str>) {
    match selector {
        Selector::All => {}
        Selector::Has(key)
        | Selector::Eq(key, _)
        | Selector::Ne(key, _)
        | Selector::In(key, _)
        | Selector::NotIn(key, _)
        | Selector::Contains(key, _)
        | Selector::StartsWith(key, _)
        | Selector::EndsWith(key, _) => into.push(key),
        Selector::Not(inner) => labels(inner, into),
        Selector::And(parts) | Selector::Or(parts) => {
            for part in parts {
                labels(part, into);
            }
        }
    }
}
