//! Host endpoints: those that Calico makes itself, what profiles give them, and policies that
//! only bear on them.

use std::collections::BTreeMap;

use crate::{
    error::{Note, NoteCode},
    kinds::{
        Draft,
        calico::{Nodes, profile},
    },
    model::{
        LayerSet, Model, PolicyId, Proxies, Scope, Unevaluated,
        inventory::{HostEndpoint, Inventory, Labels},
        network::{AfterTiers, NetworkPolicy, PolicyClass},
    },
};

/// Allow in, allow out: the profile of automatic host endpoints.
const DEFAULT_ALLOW: &str = "projectcalico-default-allow";

pub(super) fn settle(draft: &mut Draft<'_>) {
    let hidden = make_automatic(draft);
    let profiles = std::mem::take(&mut draft.calico.profiles);
    let mut hosts = std::mem::take(&mut draft.model.inventory.host_endpoints);
    for host in &mut hosts {
        let inherited = inherit(host, &profiles, &draft.model.inventory);
        draft.model.notes.extend(inherited);
    }
    draft.model.inventory.host_endpoints = hosts;
    let surprised = surprised(&draft.model);
    draft.model.notes.extend(surprised);
    for (policy, class) in special(&draft.model) {
        let selects = draft
            .model
            .network
            .policies
            .iter()
            .any(|candidate| candidate.id == policy && selects_a_host(&draft.model, candidate));
        if hidden {
            unevaluated(policy, class, draft);
        } else if !selects && class != PolicyClass::Forward {
            remark_nothing(policy, draft);
        }
    }
}

/// Makes the host endpoint of every node, as kube-controllers does (controllers/node
/// hostendpoints.go). True if there are some that cannot be known here.
fn make_automatic(draft: &mut Draft<'_>) -> bool {
    let place = draft.calico.nodes_place;
    match draft.calico.nodes {
        Nodes::Plain => return false,
        Nodes::Hidden => return true,
        Nodes::HostEndpoints if draft.model.inventory.nodes.is_empty() => {
            let text = "every node becomes a host endpoint, and no Node is among the manifests: \
                        selectors that match node addresses are not known here";
            draft.note(Note::new(NoteCode::NotEvaluated, text).at(place));
            return true;
        }
        Nodes::HostEndpoints => {}
    }
    let inventory = &mut *draft.model.inventory;
    for (name, node) in &inventory.nodes {
        let mut labels = node.labels.clone();
        labels.insert(
            "projectcalico.org/created-by".to_owned(),
            "calico-kube-controllers".to_owned(),
        );
        inventory.host_endpoints.push(HostEndpoint {
            name: format!("{name}-auto-hep"),
            labels,
            node: name.clone(),
            interface: Some("*".to_owned()),
            expected_ips: node.addresses.clone(),
            ports: Vec::new(),
            profiles: vec![DEFAULT_ALLOW.to_owned()],
            after: Vec::new(),
            place,
        });
    }
    false
}

/// What the profiles of a host endpoint give it: labels, where its own win, then those of the
/// first profile that has them (labelindex); and rules, profile by profile.
fn inherit(
    host: &mut HostEndpoint,
    profiles: &BTreeMap<String, profile::Written>,
    inventory: &Inventory,
) -> Option<Note> {
    let mut missing = None;
    for name in &host.profiles {
        let kind = Kind::of(name, profiles, inventory);
        for (key, value) in kind.labels() {
            host.labels.entry(key).or_insert(value);
        }
        match kind {
            Kind::Accounts(_) => {}
            Kind::AllowAll(_) => host.after.push(AfterTiers::AllowAll),
            Kind::Written(written) => host.after.push(AfterTiers::Profile(written.rules)),
            // "Missing profile: replaced by Deny/Deny" (DummyDropRules).
            Kind::Missing => {
                host.after.push(AfterTiers::DenyAll);
                missing = missing.or(Some(name));
            }
        }
    }
    let name = missing?;
    let text = format!(
        "profile `{name}` is not defined: Calico denies what nothing before it decides about this \
         host"
    );
    let subject = format!("HostEndpoint {}", host.name);
    Some(Note::new(NoteCode::Suspicious, text).about(subject).at(host.place))
}

/// What a profile is, by its name.
enum Kind<'a> {
    /// `projectcalico-default-allow`, and that of a namespace, with its labels.
    AllowAll(Labels),
    /// That of a service account: labels only.
    Accounts(Labels),
    Written(&'a profile::Written),
    Missing,
}

impl<'a> Kind<'a> {
    fn of(
        name: &str,
        profiles: &'a BTreeMap<String, profile::Written>,
        inventory: &Inventory,
    ) -> Self {
        if name == DEFAULT_ALLOW {
            return Self::AllowAll(Labels::new());
        }
        if let Some(namespace) = name.strip_prefix("kns.") {
            let found = inventory.namespaces.get(namespace).filter(|found| found.defined);
            let labels = |labels: &Labels| prefixed("pcns.", namespace, labels);
            return found.map_or(Self::Missing, |found| Self::AllowAll(labels(&found.labels)));
        }
        if let Some((namespace, account)) =
            name.strip_prefix("ksa.").and_then(|rest| rest.split_once('.'))
        {
            let key = (namespace.to_owned(), account.to_owned());
            let found = inventory.service_accounts.get(&key);
            let labels = |labels: &Labels| prefixed("pcsa.", account, labels);
            return found.map_or(Self::Missing, |found| Self::Accounts(labels(&found.labels)));
        }
        profiles.get(name).map_or(Self::Missing, Self::Written)
    }

    fn labels(&self) -> Labels {
        match self {
            Self::AllowAll(labels) | Self::Accounts(labels) => labels.clone(),
            Self::Written(written) => written.labels.clone(),
            Self::Missing => Labels::new(),
        }
    }
}

fn prefixed(prefix: &str, name: &str, labels: &Labels) -> Labels {
    let own = (format!("{prefix}projectcalico.org/name"), name.to_owned());
    let inherited = labels.iter().map(|(key, value)| (format!("{prefix}{key}"), value.clone()));
    inherited.chain([own]).collect()
}

/// "A negative `namespaceSelector` selects host endpoints, which are in no namespace, and can lock
/// hosts" (globalnetworkpolicyprocessor.go).
fn surprised(model: &Model) -> Vec<Note> {
    let policies = model.network.policies.iter().filter(|policy| !policy.staged);
    let notes = policies.filter_map(|policy| {
        let meta = model.policy(policy.id)?;
        let mut asked = Vec::new();
        super::labels::labels(&policy.subject, &mut asked);
        let global = super::is_calico(meta.kind, false) && meta.namespace.is_none();
        if !global || !asked.iter().any(|key| key.starts_with("pcns.")) {
            return None;
        }
        let mut hosts = model.inventory.host_endpoints.iter();
        let host = hosts.find(|host| {
            policy.subject.matches(&|key| host.labels.get(key).map(String::as_str))
                && !host.labels.keys().any(|key| key.starts_with("pcns."))
        })?;
        let message = format!(
            "`namespaceSelector` is also true of host endpoint `{}`, which is in no namespace: the \
             policy governs the host",
            host.name
        );
        let note = Note::new(NoteCode::Suspicious, message);
        Some(note.about(super::title(meta)).at(meta.place))
    });
    notes.collect()
}

/// Enforced policies that host endpoints see at other stages than pods do.
fn special(model: &Model) -> Vec<(PolicyId, PolicyClass)> {
    let policies = model.network.policies.iter();
    let special = policies.filter(|p| !p.staged && p.class != PolicyClass::Normal);
    special.map(|policy| (policy.id, policy.class)).collect()
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
    draft.model.unevaluated.push(Unevaluated {
        policy,
        layers,
        scope: Scope::Cluster,
        proxies: Proxies::Any,
    });
    remark(
        policy,
        NoteCode::NotEvaluated,
        "the policy may govern host endpoints that no manifest shows, also for traffic that they \
         forward; flows that it may touch are undetermined",
        draft,
    );
}

/// "doNotTrack and preDNAT policies apply to host endpoints only" (`event_sequencer.go`).
fn remark_nothing(policy: PolicyId, draft: &mut Draft<'_>) {
    remark(
        policy,
        NoteCode::Ignored,
        "`doNotTrack` and `preDNAT` policies do nothing to pods, and no host endpoint that this \
         one selects is defined",
        draft,
    );
}

fn remark(policy: PolicyId, code: NoteCode, text: &str, draft: &mut Draft<'_>) {
    let Some(meta) = draft.model.policy(policy) else { return };
    let note = Note::new(code, text).about(super::title(meta)).at(meta.place);
    draft.note(note);
}
