//! Host endpoints: labels of their profiles, and policies that only bear on them.

use std::collections::BTreeMap;

use crate::{
    error::{Note, NoteCode},
    kinds::{Draft, calico::profile},
    model::{
        LayerSet, Model, PolicyId, Scope, Unevaluated,
        inventory::HostEndpoint,
        network::{NetworkPolicy, PolicyClass},
    },
};

/// Allow in, allow out: the profile of automatic host endpoints.
const DEFAULT_ALLOW: &str = "projectcalico-default-allow";

pub(super) fn settle(draft: &mut Draft<'_>) {
    let profiles = std::mem::take(&mut draft.calico.profiles);
    let mut notes = Vec::new();
    for host in &mut draft.model.inventory.host_endpoints {
        notes.extend(inherit(host, &profiles));
    }
    draft.model.notes.extend(notes);
    let auto = draft.calico.auto_host_endpoints;
    let special: Vec<(PolicyId, PolicyClass, bool)> = draft
        .model
        .network
        .policies
        .iter()
        .filter(|policy| !policy.staged && policy.class != PolicyClass::Normal)
        .map(|policy| (policy.id, policy.class, auto || selects_a_host(&draft.model, policy)))
        .collect();
    for (policy, class, selects) in special {
        if selects {
            unevaluated(policy, class, draft);
        } else if class != PolicyClass::Forward {
            remark_nothing(policy, draft);
        }
    }
}

/// Own labels win, then those of the first profile that has them (labelindex).
fn inherit(host: &mut HostEndpoint, profiles: &BTreeMap<String, profile::Written>) -> Option<Note> {
    let mut unknown = Vec::new();
    for name in host.profiles.iter().filter(|name| *name != DEFAULT_ALLOW) {
        match profiles.get(name) {
            Some(profile) => {
                for (key, value) in &profile.labels {
                    host.labels.entry(key.clone()).or_insert_with(|| value.clone());
                }
                if profile.has_rules {
                    unknown.push(name.as_str());
                }
            }
            None => unknown.push(name.as_str()),
        }
    }
    if unknown.is_empty() {
        return None;
    }
    let message = format!(
        "the rules of profile {} are not evaluated: what this host may send or receive is not \
         decided here",
        unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    );
    let note = Note::new(NoteCode::NotEvaluated, message);
    Some(note.about(format!("HostEndpoint {}", host.name)).at(host.place))
}

fn selects_a_host(model: &Model, policy: &NetworkPolicy) -> bool {
    model
        .inventory
        .host_endpoints
        .iter()
        .any(|host| policy.subject.matches(&|key| host.labels.get(key).map(String::as_str)))
}

/// "Forwarded traffic, to and from local pods too, passes the forward policies of host
/// endpoints": they can deny what the pods' own policy allows, on hosts that are not known here.
fn unevaluated(policy: PolicyId, class: PolicyClass, draft: &mut Draft<'_>) {
    // Pre-DNAT policy sees only what comes in.
    let egress = class != PolicyClass::PreDnat;
    let layers = LayerSet { egress, ingress: true, ..LayerSet::default() };
    draft.model.unevaluated.push(Unevaluated { policy, layers, scope: Scope::Cluster });
    let Some(meta) = draft.model.policy(policy) else { return };
    let note = Note::new(
        NoteCode::NotEvaluated,
        "the policy governs host endpoints, also for traffic that they forward; what it decides \
         there is not evaluated, and flows that it may touch are undetermined",
    );
    let note = note.about(super::title(meta)).at(meta.place);
    draft.note(note);
}

/// "doNotTrack and preDNAT policies apply to host endpoints only" (`event_sequencer.go`).
fn remark_nothing(policy: PolicyId, draft: &mut Draft<'_>) {
    let Some(meta) = draft.model.policy(policy) else { return };
    let note = Note::new(
        NoteCode::Ignored,
        "`doNotTrack` and `preDNAT` policies do nothing to pods, and no host endpoint that this \
         one selects is defined",
    );
    let note = note.about(super::title(meta)).at(meta.place);
    draft.note(note);
}
