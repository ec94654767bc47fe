//! Selectors that ask for labels which pods get only when they are made.

use crate::{
    error::{Note, NoteCode},
    kinds::Draft,
    model::{
        inventory::{Addresses, Inventory, WorkloadKind},
        network::{Network, NetworkPolicy, PeerMatch},
        selector::Selector,
    },
};

/// A label, and the controllers whose pods get it with a value that no manifest tells.
const RUN_TIME: &[(&str, &[WorkloadKind])] = &[
    ("pod-template-hash", &[WorkloadKind::Deployment]),
    ("rollouts-pod-template-hash", &[WorkloadKind::Rollout]),
    ("deployment", &[WorkloadKind::DeploymentConfig]),
    ("pod-template-generation", &[WorkloadKind::DaemonSet]),
    ("controller-revision-hash", &[WorkloadKind::DaemonSet, WorkloadKind::StatefulSet]),
    ("statefulset.kubernetes.io/pod-name", &[WorkloadKind::StatefulSet]),
    ("apps.kubernetes.io/pod-index", &[WorkloadKind::StatefulSet]),
    ("job-name", &[WorkloadKind::CronJob]),
    ("batch.kubernetes.io/job-name", &[WorkloadKind::CronJob]),
    ("controller-uid", &[WorkloadKind::Job, WorkloadKind::CronJob]),
    ("batch.kubernetes.io/controller-uid", &[WorkloadKind::Job, WorkloadKind::CronJob]),
    ("batch.kubernetes.io/job-completion-index", &[WorkloadKind::Job, WorkloadKind::CronJob]),
];

/// Notes policies whose selectors ask for such a label while a controller that sets it is known
/// only by its template.
pub(in crate::kinds::kubernetes) fn run_time_labels(draft: &mut Draft<'_>) {
    let open = open(&draft.model.inventory);
    if open.is_empty() {
        return;
    }
    let mut notes = Vec::new();
    for policy in &draft.model.network.policies {
        let asked = open.iter().find(|key| asks_for(policy, key));
        if let (Some(key), Some(meta)) = (asked, draft.model.policy(policy.id)) {
            let message = format!(
                "label `{key}` is set on pods when they are made: workloads known only by their \
                 template count as without it"
            );
            let title = match &meta.namespace {
                Some(namespace) => format!("{} {namespace}/{}", meta.kind, meta.name),
                None => format!("{} {}", meta.kind, meta.name),
            };
            notes.push(Note::new(NoteCode::Assumed, message).about(title).at(meta.place));
        }
    }
    draft.model.notes.extend(notes);
}

/// Whether policies of a model that grows on its own ask for such a label.
pub(in crate::kinds) fn asks_at_run_time(network: &Network, inventory: &Inventory) -> bool {
    let policies = &network.policies;
    !policies.is_empty()
        && open(inventory).iter().any(|key| policies.iter().any(|policy| asks_for(policy, key)))
}

/// Such labels that a controller sets which is known only by its template.
fn open(inventory: &Inventory) -> Vec<&'static str> {
    let open = RUN_TIME
        .iter()
        .filter(|(key, kinds)| kinds.iter().any(|kind| template_only(inventory, *kind, key)));
    open.map(|(key, _)| *key).collect()
}

fn template_only(inventory: &Inventory, kind: WorkloadKind, key: &str) -> bool {
    inventory.workloads.iter().any(|workload| {
        workload.kind == kind
            && workload.addresses == Addresses::Unknown
            && !workload.labels.contains_key(key)
    })
}

fn asks_for(policy: &NetworkPolicy, key: &str) -> bool {
    let rules = policy.ingress.iter().chain(&policy.egress);
    let peers = rules.flat_map(|rule| [&rule.source, &rule.destination]);
    let of_peer = |peer: &PeerMatch| {
        [&peer.selector, &peer.not_selector].into_iter().flatten().any(|s| mentions(s, key))
    };
    mentions(&policy.subject, key) || peers.into_iter().any(of_peer)
}

fn mentions(selector: &Selector, key: &str) -> bool {
    match selector {
        Selector::All => false,
        Selector::Has(k)
        | Selector::Eq(k, _)
        | Selector::Ne(k, _)
        | Selector::In(k, _)
        | Selector::NotIn(k, _)
        | Selector::Contains(k, _)
        | Selector::StartsWith(k, _)
        | Selector::EndsWith(k, _) => k == key,
        Selector::Not(inner) => mentions(inner, key),
        Selector::And(all) | Selector::Or(all) => all.iter().any(|s| mentions(s, key)),
    }
}
