//! Traffic of a node's own processes: Calico host endpoints (network-policy.md §3.9;
//! felix/rules/endpoints.go, static.go).

use crate::{
    decision::{
        Reason, Verdict,
        reference::network::{Found, Walk},
        resolve::{Address, Asked, End},
        trace::Trace,
    },
    model::{
        Attributes, Model, Tri,
        inventory::{Failsafe, HostEndpoint},
        network::{NetworkPolicy, PolicyClass},
    },
};

/// Which host endpoint stands for an address.
enum Host<'m> {
    None,
    One(&'m HostEndpoint),
    /// It hangs on the interface that the packet takes.
    Unknown,
}

/// "name match, or expectedIPs match if interfaceName is empty; several match: alphabetically
/// first; `*` = all other interfaces" (endpoint_mgr.go)
fn host<'m>(model: &'m Model, end: &End<'m>) -> Host<'m> {
    let all = &model.inventory.host_endpoints;
    let by_name = |a: &&HostEndpoint, b: &&HostEndpoint| a.name.cmp(&b.name);
    if let Some(found) = end.hosts.iter().copied().min_by(by_name) {
        return Host::One(found);
    }
    let node = match end.node {
        None => return Host::None,
        Some(None) if all.is_empty() => return Host::None,
        Some(None) => return Host::Unknown,
        Some(Some(node)) => node,
    };
    let here: Vec<&HostEndpoint> = all.iter().filter(|h| h.node == node).collect();
    let wildcard = |h: &&&HostEndpoint| h.interface.as_deref() == Some("*");
    // An endpoint with expected addresses that are not this one may still be on this interface.
    if here.iter().any(|h| h.interface.as_deref().is_some_and(|i| i != "*")) {
        return Host::Unknown;
    }
    here.iter().filter(wildcard).copied().min_by(by_name).map_or(Host::None, Host::One)
}

/// Whether the packet goes through a port that Calico keeps open on hosts.
fn failsafe(model: &Model, asked: &Asked<'_>, egress: bool) -> Tri {
    let Failsafe { inbound, outbound } = &model.inventory.failsafe;
    let (listed, other, missing) = if egress {
        (outbound, &asked.destination, Attributes::DESTINATION_ADDRESS)
    } else {
        (inbound, &asked.source, Attributes::SOURCE_ADDRESS)
    };
    Tri::any(listed.iter().filter(|open| open.protocol == asked.flow.protocol).map(|open| {
        let port = match asked.network_port {
            Some(port) => Tri::of(port == open.port),
            None => Tri::Unknown(Attributes::PORT),
        };
        port.and(open.net.map_or(Tri::Yes, |net| other.address.within(&net, missing)))
    }))
}

/// One direction of a node's own traffic; `None` where no host endpoint governs it.
pub(crate) fn ask(
    model: &Model,
    asked: &Asked<'_>,
    egress: bool,
    trace: &mut Trace,
) -> Option<Found> {
    let own = if egress { &asked.source } else { &asked.destination };
    if matches!(own.address, Address::Within(_)) {
        return None;
    }
    let undetermined = |attributes| {
        Some(Found::new(Verdict::Undetermined, Reason::Missing { attributes, policy: None }))
    };
    let endpoint = match host(model, own) {
        Host::None => return None,
        Host::Unknown => return undetermined(Attributes::INTERFACE),
        Host::One(endpoint) => endpoint,
    };
    let failsafe = failsafe(model, asked, egress);
    if failsafe.is_yes() {
        return Some(Found::new(Verdict::Allow, Reason::Failsafe));
    }
    // "profiles, then drop"; `projectcalico-default-allow` is Calico's own, and allows.
    let allows = endpoint.profiles.iter().any(|p| p == "projectcalico-default-allow");
    let after = if allows {
        Found::new(Verdict::Allow, Reason::DefaultAllow)
    } else {
        Found::new(Verdict::Deny, Reason::NoProfile)
    };
    let stage =
        |classes: &'static [PolicyClass], forced_pass: bool, after: Found, trace: &mut Trace| {
            let governs = |policy: &NetworkPolicy| {
                let direction = if egress { policy.governs_egress } else { policy.governs_ingress };
                direction
                    && classes.contains(&policy.class)
                    && policy.subject.matches(&|key| endpoint.labels.get(key).map(String::as_str))
            };
            Walk { model, asked, egress, governs: &governs, forced_pass, after, staged: None }
                .tiers(trace)
        };
    let mut late = trace.fresh();
    let normal = stage(&[PolicyClass::Normal, PolicyClass::Forward], false, after, &mut late);
    // "preDNAT: ingress only"; "doNotTrack ignored on `*`"
    let mut early = trace.fresh();
    let pre =
        if egress { normal } else { stage(&[PolicyClass::PreDnat], true, normal, &mut early) };
    let wildcard = endpoint.interface.as_deref() == Some("*");
    let found = if wildcard { pre } else { stage(&[PolicyClass::Untracked], true, pre, trace) };
    trace.extend(early);
    trace.extend(late);
    match failsafe {
        Tri::Unknown(missing) if found.verdict != Verdict::Allow => undetermined(missing),
        _ => Some(found),
    }
}

/// Policies of a host endpoint that forwarded traffic to and from this pod would meet too, and
/// that are not followed here.
pub(crate) fn forwarded<'m>(
    model: &'m Model,
    asked: &Asked<'m>,
    egress: bool,
) -> Option<&'m NetworkPolicy> {
    let (own, other) = if egress {
        (&asked.source, &asked.destination)
    } else {
        (&asked.destination, &asked.source)
    };
    let workload = own.workload?;
    let same_node = other.workload.is_some_and(|o| o.node.is_some() && o.node == workload.node);
    if same_node || model.inventory.host_endpoints.is_empty() {
        return None;
    }
    let on_path = |h: &&HostEndpoint| workload.node.as_ref().is_none_or(|n| *n == h.node);
    let hosts: Vec<&HostEndpoint> = model.inventory.host_endpoints.iter().filter(on_path).collect();
    model.network.policies.iter().find(|p| {
        !p.staged
            && p.class != PolicyClass::Normal
            && if egress { p.governs_egress } else { p.governs_ingress }
            && hosts.iter().any(|h| p.subject.matches(&|key| h.labels.get(key).map(String::as_str)))
    })
}
