//! What Calico makes of the cluster-wide policies; known once all documents are read.

use std::collections::BTreeSet;

use crate::{
    error::{Note, NoteCode},
    kinds::{
        Draft,
        kubernetes::{
            admin_network_policy, baseline_admin_network_policy, cluster_network_policy, rules,
        },
    },
    model::{
        PolicyMeta,
        network::{Action, NetworkPolicy, PortMatch},
    },
    options::{AssumedPlugin, CalicoVersion},
};

/// Brings the cluster-wide policies to what Calico enforces, where Calico enforces.
pub(in crate::kinds::kubernetes) fn settle(draft: &mut Draft<'_>) {
    let calico = match draft.options.plugin {
        AssumedPlugin::Auto => draft.calico_seen,
        AssumedPlugin::Kubernetes => false,
        AssumedPlugin::Calico => true,
    };
    if !calico {
        let notes = same_priority(draft);
        draft.model.notes.extend(notes);
        return;
    }
    let version = draft.options.calico;
    let policies = std::mem::take(&mut draft.model.network.policies);
    let mut kept = Vec::with_capacity(policies.len());
    for mut policy in policies {
        let Some(meta) = draft.model.policy(policy.id) else { continue };
        let (stays, notes) = enforced(&mut policy, meta, version);
        draft.model.notes.extend(notes);
        if stays {
            kept.push(policy);
        }
    }
    draft.model.network.policies = kept;
}

/// "If two policies of a tier have one priority, the implementation can apply any of them"
/// (`ClusterNetworkPolicySpec`); here they are asked by name.
fn same_priority(draft: &Draft<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let policies = || draft.model.network.policies.iter();
    for (index, policy) in policies().enumerate() {
        let Some(meta) = draft.model.policy(policy.id).filter(|m| is_ours(m)) else { continue };
        let mut before = policies().take(index);
        let twin = before.find(|p| p.tier == policy.tier && p.order == policy.order);
        if let Some(twin) = twin.and_then(|p| draft.model.policy(p.id)).filter(|m| is_ours(m)) {
            let message = format!(
                "it has the priority of `{} {}`: which of them is asked first is not defined; here \
                 the names decide",
                twin.kind, twin.name
            );
            let note = Note::new(NoteCode::Suspicious, message);
            notes.push(note.about(format!("{} {}", meta.kind, meta.name)).at(meta.place));
        }
    }
    notes
}

fn is_admin(meta: &PolicyMeta) -> bool {
    [admin_network_policy::KIND, baseline_admin_network_policy::KIND].contains(&meta.kind)
}

fn is_ours(meta: &PolicyMeta) -> bool {
    is_admin(meta) || meta.kind == cluster_network_policy::KIND
}

/// Whether Calico reads the policy at all, with what it changes.
fn enforced(
    policy: &mut NetworkPolicy,
    meta: &PolicyMeta,
    version: CalicoVersion,
) -> (bool, Vec<Note>) {
    if !is_ours(meta) {
        return (true, Vec::new());
    }
    let is_admin = is_admin(meta);
    // "3.32 and later: ClusterNetworkPolicy only; 3.31: AdminNetworkPolicy and its baseline"
    if is_admin != (version == CalicoVersion::V3_31) {
        return (false, vec![unread(meta, version)]);
    }
    let mut notes = fail_closed(policy, meta);
    if is_admin {
        notes.extend(forget_named_ports(policy, meta));
    }
    (true, notes)
}

fn unread(meta: &PolicyMeta, version: CalicoVersion) -> Note {
    let message = match version {
        CalicoVersion::V3_31 => format!(
            "Calico 3.31 and before do not read kind `{}`: the policy has no effect",
            meta.kind
        ),
        CalicoVersion::Auto | CalicoVersion::V3_32 => format!(
            "Calico 3.32 and later do not read kind `{}`: the policy has no effect; write a \
             ClusterNetworkPolicy, or say that the cluster runs 3.31",
            meta.kind
        ),
    };
    Note::new(NoteCode::Ignored, message)
        .about(format!("{} {}", meta.kind, meta.name))
        .at(meta.place)
}

/// "A rule with `nodes` or `domainNames` does not convert: Deny and Pass become Deny for all, an
/// Accept vanishes" (clusternetworkpolicy.go k8sClusterNetPolHandleFailedRules).
fn fail_closed(policy: &mut NetworkPolicy, meta: &PolicyMeta) -> Vec<Note> {
    let failing: BTreeSet<u32> = policy
        .egress
        .iter()
        .filter(|r| r.destination.nodes.is_some() || !r.destination.domains.is_empty())
        .map(|r| r.index)
        .collect();
    let mut notes = Vec::new();
    for index in failing {
        let Some(at) = policy.egress.iter().position(|r| r.index == index) else { continue };
        let allows = policy.egress.get(at).is_some_and(|r| r.action == Action::Allow);
        policy.egress.retain(|r| r.index != index);
        let effect = if allows {
            "the whole rule matches nothing"
        } else {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            policy.egress.insert(at, rules::bare(index, Action::Deny));
            "the whole rule denies everything"
        };
        let message = format!("Calico does not evaluate `nodes` and `domainNames` peers: {effect}");
        notes.push(note(message, meta, &meta.egress_rules, index));
    }
    policy.governs_egress = !policy.egress.is_empty();
    notes
}

/// "3.31 `AdminNetworkPolicy` `namedPort` is ignored: the rule matches all ports and protocols"
/// (conversion.go k8sAdminPolicyPortToCalicoFields).
fn forget_named_ports(policy: &mut NetworkPolicy, meta: &PolicyMeta) -> Vec<Note> {
    let mut notes = Vec::new();
    for (rules, places) in
        [(&mut policy.ingress, &meta.rules), (&mut policy.egress, &meta.egress_rules)]
    {
        let mut seen = BTreeSet::new();
        for rule in rules {
            let ports = &mut rule.destination.ports;
            if ports.iter().any(|port| matches!(port, PortMatch::Named(_))) {
                ports.clear();
                rule.protocol = None;
                if seen.insert(rule.index) {
                    let message = "Calico 3.31 ignores `namedPort`: the rule matches every port \
                                   and protocol";
                    notes.push(note(message.into(), meta, places, rule.index));
                }
            }
        }
    }
    notes
}

fn note(message: String, meta: &PolicyMeta, places: &[crate::error::Place], index: u32) -> Note {
    let place = usize::try_from(index).ok().and_then(|index| places.get(index)).copied();
    Note::new(NoteCode::Ignored, message)
        .about(format!("{} {}", meta.kind, meta.name))
        .at(place.unwrap_or(meta.place))
}
