//! Rules that name the `ClusterIP` of a Service.

use std::{collections::BTreeSet, net::IpAddr};

use crate::{
    error::{Note, NoteCode},
    kinds::Draft,
    model::{
        Model,
        network::{NetworkPolicy, NetworkRule},
    },
};

/// Notes rules whose addresses are `ClusterIPs` and nothing else: "kube-proxy translates before
/// policy; an ipBlock of a `ClusterIP` never matches".
pub(in crate::kinds::kubernetes) fn cluster_ips(draft: &mut Draft<'_>) {
    let services = &draft.model.inventory.services;
    let known: BTreeSet<IpAddr> = services.iter().flat_map(|s| &s.cluster_ips).copied().collect();
    if known.is_empty() {
        return;
    }
    let notes: Vec<Note> = draft
        .model
        .network
        .policies
        .iter()
        .flat_map(|policy| of_policy(&draft.model, policy, &known))
        .collect();
    draft.model.notes.extend(notes);
}

fn of_policy(model: &Model, policy: &NetworkPolicy, known: &BTreeSet<IpAddr>) -> Vec<Note> {
    let Some(meta) = model.policy(policy.id) else { return Vec::new() };
    let mut notes = Vec::new();
    for (rules, places) in [(&policy.ingress, &meta.rules), (&policy.egress, &meta.egress_rules)] {
        let hits: BTreeSet<u32> =
            rules.iter().filter(|rule| only_cluster_ips(rule, known)).map(|r| r.index).collect();
        for index in hits {
            let place = usize::try_from(index).ok().and_then(|index| places.get(index));
            let title = match &meta.namespace {
                Some(namespace) => format!("{} {namespace}/{}", meta.kind, meta.name),
                None => format!("{} {}", meta.kind, meta.name),
            };
            let message = "the address of a Service in a rule never matches: traffic is judged \
                           after its translation to a pod; select the pods instead";
            let note = Note::new(NoteCode::Suspicious, message).about(title);
            notes.push(note.at(place.copied().unwrap_or(meta.place)));
        }
    }
    notes
}

fn only_cluster_ips(rule: &NetworkRule, known: &BTreeSet<IpAddr>) -> bool {
    [&rule.source, &rule.destination].into_iter().any(|peer| {
        let one = |net: &ipnet::IpNet| net.prefix_len() == net.max_prefix_len();
        !peer.nets.is_empty() && peer.nets.iter().all(|net| one(net) && known.contains(&net.addr()))
    })
}
