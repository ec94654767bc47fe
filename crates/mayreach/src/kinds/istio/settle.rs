//! What needs every document: the root namespace, trust domains in principals, who is in the mesh.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

use crate::{
    error::{Note, NoteCode},
    kinds::Draft,
    model::{
        LayerSet, Model, PolicyMeta, Proxies, Scope, Unevaluated, WorkloadId,
        authz::{Attribute, AuthzPolicy, AuthzRule, Condition, Matcher, TextMatch},
        inventory::{Addresses, Enrolment, Inventory, Mesh, Onward, Workload},
    },
    options::AssumedEnrolment,
};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// Settles what needs every document.
pub(crate) fn finish(draft: &mut Draft<'_>) {
    let options = draft.options;
    let mesh = &mut draft.model.inventory.mesh;
    if let Some(root) = &options.root_namespace {
        mesh.root_namespace.clone_from(root);
    }
    mesh.assumed = match options.enrolment {
        AssumedEnrolment::None => Enrolment::None,
        AssumedEnrolment::Sidecar => Enrolment::Sidecar,
        AssumedEnrolment::Ambient => Enrolment::Ambient { waypoint: None },
    };
    missing_authorizers(&mut draft.model.inventory);
    unread_entries(&mut draft.model.inventory);
    undiscovered(&mut draft.model);
    own_settings(&mut draft.model);
    let mesh = draft.model.inventory.mesh.clone();
    draft.model.authz.for_each_mut(|policy| settle_policy(policy, &mesh));
    let inventory = &mut draft.model.inventory;
    let roles: Vec<Enrolment> = inventory.workloads.iter().map(|w| inventory.enrol(w)).collect();
    for (workload, role) in inventory.workloads.iter_mut().zip(roles) {
        workload.mesh = role;
    }
    waypoints(draft);
}

/// Finds the pods of each waypoint. Where there are none, network policy is asked of the pod that
/// istiod would make, and a note says so.
fn waypoints(draft: &mut Draft<'_>) {
    let polices = !draft.model.network.policies.is_empty();
    let inventory: &mut Inventory = &mut draft.model.inventory;
    let classes: Vec<bool> =
        inventory.gateways.iter().map(|g| inventory.runs_waypoints(&g.class)).collect();
    let Inventory { gateways, workloads, .. } = inventory;
    let mut notes = Vec::new();
    for (gateway, _) in gateways.iter_mut().zip(classes).filter(|(_, waypoint)| *waypoint) {
        let runs = |w: &Workload| {
            w.namespace == gateway.namespace
                && w.mesh == Enrolment::Waypoint
                && !w.finished
                && w.labels.get(GATEWAY_NAME) == Some(&gateway.name)
        };
        let all = (0_u32..).map(WorkloadId).zip(workloads.iter()).filter(|(_, w)| runs(w));
        let all: Vec<(WorkloadId, &Workload)> = all.collect();
        // A controller stands for its pods.
        let stands = |w: &&Workload| w.owner.is_some_and(|owner| all.iter().any(|p| p.0 == owner));
        gateway.pods = all.iter().filter(|(_, w)| !stands(w)).map(|(id, _)| *id).collect();
        if gateway.pods.is_empty() && polices {
            let message = if gateway.customised {
                "no manifest holds this waypoint's pods, and `parametersRef` changes what istiod \
                 makes: what network policy says on the way through it is undetermined"
            } else {
                "no manifest holds this waypoint's pods: network policy is asked of the pod that \
                 istiod makes of the Gateway, at an address that is not known"
            };
            let subject = format!("Gateway {}/{}", gateway.namespace, gateway.name);
            let note = Note::new(NoteCode::Assumed, message).about(subject);
            notes.push(note.at(gateway.made.place));
        }
    }
    draft.model.notes.extend(notes);
}

/// ServiceEntries of which it is not known what a waypoint does: another object has the same host,
/// the waypoint may not see it, or what it passes on may be judged once more where it arrives.
fn unread_entries(inventory: &mut Inventory) {
    let Inventory { outside, workloads, services, mesh, .. } = inventory;
    if outside.is_empty() {
        return;
    }
    let exact = |w: &Workload| match &w.addresses {
        Addresses::Exact(all) | Addresses::OneOf(all) => all.clone(),
        Addresses::Unknown => Vec::new(),
    };
    let of_services = services.iter().flat_map(|s| s.cluster_ips.iter().chain(&s.external_ips));
    let known_addresses: HashSet<IpAddr> =
        workloads.iter().flat_map(exact).chain(of_services.copied()).collect();
    let short: HashSet<String> =
        services.iter().map(|s| format!("{}.{}", s.name, s.namespace)).collect();
    let local = |host: &String| {
        !host.contains('.')
            || host.split('.').skip(1).any(|label| label == "svc")
            || short.contains(host)
    };
    let hidden = !mesh.service_export_to.iter().any(|to| to == "*");
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for entry in outside.iter() {
        for host in &entry.hosts {
            *known.entry((entry.service.namespace.clone(), host.clone())).or_default() += 1;
        }
    }
    for entry in outside {
        let shared = |host: &String| {
            local(host)
                || host.contains('*')
                || known.get(&(entry.service.namespace.clone(), host.clone())) != Some(&1)
        };
        entry.inside |= entry.onward != Onward::Called
            && (entry.endpoints.iter().any(|ip| known_addresses.contains(ip))
                || entry.names.iter().any(local));
        if hidden || entry.inside || entry.hosts.is_empty() || entry.hosts.iter().any(shared) {
            entry.onward = Onward::Unread;
        }
    }
}

/// What is in a namespace that `discoverySelectors` leave out istiod does not know: neither its
/// policies nor its Services (`pkg/kube/namespace` filter.go). The root namespace it always reads.
fn undiscovered(model: &mut Model) {
    let mesh = &model.inventory.mesh;
    let Some(policy) = mesh.discovery else { return };
    for (name, namespace) in &model.inventory.namespaces {
        let label = |key: &str| namespace.labels.get(key).map(String::as_str);
        if *name == mesh.root_namespace || mesh.discovers.iter().any(|s| s.matches(&label)) {
            continue;
        }
        let layers = LayerSet { mtls: true, jwt: true, authorization: true, ..LayerSet::default() };
        let scope = Scope::Namespace(name.clone(), Vec::new());
        let proxies = Proxies::Any;
        model.unevaluated.push(Unevaluated { policy, layers, scope, proxies });
    }
}

/// `connectionSettings` of a pod's own `proxy.istio.io/config` may change how its requests are read.
fn own_settings(model: &mut Model) {
    let telling = ["mergeslashes", "escapedslashesaction", "withunderscoresaction", "edge"];
    let config = |w: &Workload| {
        // Either name of a field is read: `http_merge_slashes` too.
        let text = w.annotations.get("proxy.istio.io/config")?.replace('_', "").to_lowercase();
        let changes =
            text.contains("connectionsettings") && telling.iter().any(|t| text.contains(t));
        changes.then(|| (w.namespace.clone(), w.name.clone(), w.labels.clone(), w.place))
    };
    let found: Vec<_> = model.inventory.workloads.iter().filter_map(config).collect();
    for (namespace, name, labels, place) in found {
        let policy = model.add_policy(PolicyMeta {
            kind: "ProxyConfig",
            namespace: Some(namespace.clone()),
            name,
            place,
            rules: Vec::new(),
            egress_rules: Vec::new(),
        });
        let layers = LayerSet { jwt: true, authorization: true, ..LayerSet::default() };
        let scope = Scope::Namespace(namespace, labels.into_iter().collect());
        let proxies = Proxies::Any;
        model.unevaluated.push(Unevaluated { policy, layers, scope, proxies });
    }
}

/// Settles one AuthorizationPolicy.
pub(crate) fn settle_policy(policy: &mut AuthzPolicy, mesh: &Mesh) {
    policy.rules.iter_mut().for_each(|rule| trust_domains(rule, mesh));
}

/// An authorizer whose Service does not exist makes its provider invalid (LookupCluster). Only a
/// namespace that the manifests define can be known to lack one.
fn missing_authorizers(inventory: &mut Inventory) {
    let Inventory { mesh, services, namespaces, .. } = inventory;
    for provider in &mut mesh.providers {
        let host = provider.service.rsplit('/').next().unwrap_or_default();
        let Some(local) = host.strip_suffix(".svc.cluster.local") else { continue };
        let Some((name, space)) = local.split_once('.') else { continue };
        let known = namespaces.get(space).is_some_and(|n| n.defined);
        let there = services.iter().any(|s| s.name == name && s.namespace == space);
        if known && !there && provider.invalid.is_none() {
            provider.invalid = Some(format!("no Service `{space}/{name}` exists"));
        }
    }
}

/// Principals of the mesh's own trust domain stand for all its names
/// (pilot/pkg/security/trustdomain/bundle.go ReplaceTrustDomainAliases).
fn trust_domains(rule: &mut AuthzRule, mesh: &Mesh) {
    let bundle: Vec<&str> = std::iter::once(mesh.trust_domain.as_str())
        .chain(mesh.trust_domain_aliases.iter().map(String::as_str))
        .collect();
    let conditions = rule.from.iter_mut().flatten().chain(rule.when.iter_mut());
    for Condition { attribute, values, not_values, .. } in conditions {
        let expand: fn(&str, &[&str]) -> Vec<String> = match attribute {
            Attribute::Principal => principal,
            Attribute::TrustDomain => trust_domain,
            _ => continue,
        };
        let wrap: fn(TextMatch) -> Matcher = match attribute {
            Attribute::Principal => Matcher::Identity,
            _ => Matcher::TrustDomain,
        };
        for list in [values, not_values] {
            *list = std::mem::take(list)
                .into_iter()
                .flat_map(|(matcher, text)| {
                    let expanded = expand(&text, &bundle);
                    if expanded.len() == 1 && expanded.first() == Some(&text) {
                        return vec![(matcher, text)];
                    }
                    // The text stays as written: ztunnel expands nothing.
                    let one = |t: String| (wrap(TextMatch::plain(&t)), text.clone());
                    expanded.into_iter().map(one).collect()
                })
                .collect();
        }
    }
}

/// A value equal to a name of the mesh stands for all of them; patterns are left alone.
fn trust_domain(value: &str, bundle: &[&str]) -> Vec<String> {
    if bundle.contains(&value) {
        return bundle.iter().map(|d| (*d).to_owned()).collect();
    }
    vec![value.to_owned()]
}

/// `td/ns/N/sa/S`, five parts and a domain that is not `*`, with a domain of the mesh or
/// `cluster.local`, which "is a pointer to the local trust domain and its aliases".
fn principal(value: &str, bundle: &[&str]) -> Vec<String> {
    let parts: Vec<&str> = value.split('/').collect();
    let Some((domain, [_, _, _, _])) = parts.split_first() else { return vec![value.to_owned()] };
    let known = bundle.iter().any(|member| same_domain(domain, member));
    if *domain == "*" || !(known || *domain == "cluster.local") {
        return vec![value.to_owned()];
    }
    let rest = value.get(domain.len()..).unwrap_or_default();
    bundle
        .iter()
        .map(|member| {
            // "If the trust domain has a prefix *, keep the principal as-is for the matched one"
            if has_suffix(member, domain) { value.to_owned() } else { format!("{member}{rest}") }
        })
        .collect()
}

fn same_domain(a: &str, b: &str) -> bool {
    a == b || has_prefix(a, b) || has_prefix(b, a) || has_suffix(a, b) || has_suffix(b, a)
}

fn has_prefix(text: &str, pattern: &str) -> bool {
    pattern.strip_suffix('*').is_some_and(|p| text.starts_with(p))
}

fn has_suffix(text: &str, pattern: &str) -> bool {
    pattern.strip_prefix('*').is_some_and(|p| text.ends_with(p))
}
