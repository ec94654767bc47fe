//! Traffic that a node forwards to and from its pods: it crosses the node's interfaces, and so
//! meets the host endpoints there (network-policy.md §3.9; felix/rules/static.go, dispatch.go).

use std::net::IpAddr;

use crate::{
    decision::{
        Reason, Verdict,
        reference::{
            host::{Stages, failsafe, undetermined},
            network::{Found, remark},
        },
        resolve::{Address, Asked, End},
        trace::Trace,
    },
    model::{
        Attributes, Flow, Model, Peer, Port, Tri,
        inventory::{HostEndpoint, Service, Tunnels},
        network::PolicyClass,
    },
};

/// What a packet may cross on a pod's node: a host endpoint, or nothing that is governed.
type Crossing<'m> = Option<&'m HostEndpoint>;

/// "Both the HEP's forward policy and the WEP's policy apply": the first in the packet's way that
/// denies is the reason.
pub(crate) fn both(pod: Found, host: Found, egress: bool) -> Found {
    let way = if egress { [pod, host] } else { [host, pod] };
    let first = |verdict| way.iter().find(|found| found.verdict == verdict).copied();
    first(Verdict::Deny).or(first(Verdict::Undetermined)).unwrap_or(pod)
}

/// What host endpoints say of a packet that is forwarded to or from a pod; `None` where none is
/// asked.
pub(crate) fn ask(
    model: &Model,
    asked: &Asked<'_>,
    egress: bool,
    trace: &mut Trace,
) -> Option<Found> {
    if !model.forwards() {
        return None;
    }
    let (own, other) = if egress {
        (&asked.source, &asked.destination)
    } else {
        (&asked.destination, &asked.source)
    };
    let all = crossings(model, own, other);
    let [first, rest @ ..] = &all.possible[..] else { return None };
    let mut found = cross(model, asked, egress, *first, trace);
    for crossing in rest {
        let next = cross(model, asked, egress, *crossing, &mut Trace::off());
        if next.verdict != found.verdict {
            found = undetermined(all.depends_on);
        }
    }
    Some(found)
}

/// The ways a packet may go.
struct Crossings<'m> {
    possible: Vec<Crossing<'m>>,
    /// What would say which.
    depends_on: Attributes,
}

fn crossings<'m>(model: &'m Model, own: &End<'_>, other: &End<'_>) -> Crossings<'m> {
    let nodes = nodes_of(model, own);
    let mut possible: Vec<Crossing<'m>> = Vec::new();
    let mut depends_on = if nodes.len() > 1 { Attributes::NODE } else { Attributes::INTERFACE };
    for node in nodes {
        let local = on(model, node, other);
        if !local.is_no() {
            add(&mut possible, None);
        }
        if let Tri::Unknown(missing) = local {
            depends_on = depends_on.union(missing);
        }
        if !local.is_yes() {
            interfaces(model, node, other, &mut possible);
        }
    }
    Crossings { possible, depends_on }
}

fn add<'m>(possible: &mut Vec<Crossing<'m>>, crossing: Crossing<'m>) {
    let same = |other: &Crossing<'m>| match (other, crossing) {
        (Some(a), Some(b)) => a.name == b.name,
        (None, None) => true,
        _ => false,
    };
    if !possible.iter().any(same) {
        possible.push(crossing);
    }
}

/// The nodes that a pod may run on; `None`: one of which no manifest tells.
fn nodes_of<'m>(model: &'m Model, own: &End<'m>) -> Vec<Option<&'m str>> {
    if let Some(node) = own.workload.and_then(|w| w.node.as_deref()) {
        return vec![Some(node)];
    }
    let inventory = &model.inventory;
    let known: Vec<Option<&str>> = inventory.nodes.keys().map(|n| Some(n.as_str())).collect();
    if !known.is_empty() {
        return known;
    }
    let mut named: Vec<Option<&str>> =
        inventory.host_endpoints.iter().map(|h| Some(h.node.as_str())).collect();
    named.push(None);
    named
}

/// Whether the other end is on this node: then no interface of the host is crossed.
fn on(model: &Model, node: Option<&str>, other: &End<'_>) -> Tri {
    let Some(node) = node else { return Tri::Unknown(Attributes::NODE) };
    if let Some(host) = other.node {
        return host.map_or(Tri::Unknown(Attributes::NODE), |host| Tri::of(host == node));
    }
    match other.workload {
        None => Tri::No,
        Some(workload) => match &workload.node {
            Some(there) => Tri::of(there == node),
            None if model.inventory.nodes.len() == 1 => Tri::Yes,
            None => Tri::Unknown(Attributes::NODE),
        },
    }
}

/// The host endpoints of the interfaces that a packet may take out of a node, or into it.
fn interfaces<'m>(
    model: &'m Model,
    node: Option<&str>,
    other: &End<'_>,
    possible: &mut Vec<Crossing<'m>>,
) {
    let inventory = &model.inventory;
    let all = inventory.host_endpoints.iter().filter(|h| Some(h.node.as_str()) == node);
    let mut here: Vec<&HostEndpoint> = all.collect();
    // "several match: alphabetically first"
    here.sort_by(|a, b| a.name.cmp(&b.name));
    let is_wildcard = |h: &&HostEndpoint| h.interface.as_deref() == Some("*");
    let wildcard = here.iter().copied().find(is_wildcard);
    here.retain(|h| !is_wildcard(h));
    if here.is_empty() {
        return add(possible, wildcard);
    }
    let addresses = node.and_then(|n| inventory.nodes.get(n)).map(|n| n.addresses.as_slice());
    // The interface with the node's own address is the one towards other nodes and the outside.
    let is_main = |h: &&HostEndpoint| {
        h.expected_ips.iter().any(|ip| addresses.is_none_or(|all| all.contains(ip)))
    };
    let main = here.iter().copied().find(is_main);
    let pods = other.workload.is_some_and(|w| !w.host_network);
    match (main, pods, inventory.tunnels) {
        (Some(main), false, _) | (Some(main), true, Tunnels::Never) => add(possible, Some(main)),
        (_, true, Tunnels::Always) => add(possible, wildcard),
        _ => {
            for host in here {
                add(possible, Some(host));
            }
            add(possible, wildcard);
        }
    }
}

/// One way: into the host before tracking and translation, and through it by its forward policies.
fn cross(
    model: &Model,
    asked: &Asked<'_>,
    egress: bool,
    crossing: Crossing<'_>,
    trace: &mut Trace,
) -> Found {
    // "Forwarded: if the HEP has no AoF policy, allow; if it has AoF policies but none in this
    // direction, it falls through undecided (not dropped). No failsafes and no profiles."
    let allowed = Found::new(Verdict::Allow, Reason::DefaultAllow);
    let Some(endpoint) = crossing else { return allowed };
    let stages = Stages { model, asked, egress, endpoint };
    let mut late = trace.fresh();
    let forward = stages.walk(&[PolicyClass::Forward], allowed, &mut late);
    // Raw OUTPUT and mangle PREROUTING see neither what pods send nor what is forwarded out.
    let found = if egress { forward } else { early(stages, forward, trace) };
    trace.extend(late);
    found
}

/// The untracked and preDNAT stages, which see the address that the client called.
fn early(stages: Stages<'_>, after: Found, trace: &mut Trace) -> Found {
    let classes = [PolicyClass::Untracked, PolicyClass::PreDnat];
    let Stages { model, asked, .. } = stages;
    let mut policies = model.network.policies.iter();
    if !policies.any(|p| !p.staged && stages.governs(p, &classes)) {
        return after;
    }
    remark(trace, "the packet comes in through the host: what is not tracked, and before NAT");
    let called = before_translation(model, asked, stages.endpoint);
    let mut all = called.iter().map(|before| stage(stages, before, after, trace));
    let Some(first) = all.next() else { return stage(stages, asked, after, trace) };
    // By which of its addresses a Service is called is not said: sure only where all agree.
    all.fold(first, |one, other| {
        if one.verdict == other.verdict {
            one
        } else {
            undetermined(Attributes::DESTINATION_ADDRESS)
        }
    })
}

/// Both stages, on the packet as it is before translation.
fn stage(stages: Stages<'_>, before: &Asked<'_>, after: Found, trace: &mut Trace) -> Found {
    let stages = Stages { asked: before, ..stages };
    let found = stages.early(after, trace);
    match failsafe(stages.model, before, false) {
        // "Failsafes apply to HEP normal, untracked and preDNAT chains"
        Tri::Yes => after,
        Tri::No => found,
        Tri::Unknown(_) if found.verdict == after.verdict => found,
        Tri::Unknown(missing) => undetermined(missing),
    }
}

/// The packet as it arrives from outside, on its way to a Service: "only HEP `preDNAT` (and
/// untracked) policies see the pre-DNAT address". A client in the cluster translates at its own
/// node, so that what arrives has the backend's address: then there is none. A Service that is
/// called by its name may be called by each of its addresses.
fn before_translation<'m>(
    model: &'m Model,
    asked: &Asked<'m>,
    endpoint: &HostEndpoint,
) -> Vec<Asked<'m>> {
    let outside = asked.source.workload.is_none() && asked.source.node.is_none();
    let Flow { destination, port, .. } = asked.flow;
    let found = asked.service.and_then(|(id, port)| Some((model.inventory.service(id)?, port)));
    let called = match (destination, port, found) {
        _ if !outside => Vec::new(),
        (Peer::Ip(ip), Port::Number(port), _) => vec![(Some(*ip), Some(*port))],
        (Peer::Ip(ip), _, Some((_, port))) => vec![(Some(*ip), Some(port))],
        (_, _, Some((service, port))) => addresses_of(model, service, port, &endpoint.node),
        (Peer::Service { .. } | Peer::ServiceId(_), _, None) => vec![(None, None)],
        _ => Vec::new(),
    };
    let before = |(ip, port): &(Option<IpAddr>, Option<u16>)| {
        let address = ip.map_or(Address::Unknown, Address::Exact);
        let destination = End::of_address(model, address);
        Asked { destination, port: *port, network_port: *port, ..asked.clone() }
    };
    called.iter().map(before).collect()
}

/// Every address and port by which a Service is called where a packet comes in by a node; `None`:
/// one that the manifests do not say.
fn addresses_of(
    model: &Model,
    service: &Service,
    port: u16,
    node: &str,
) -> Vec<(Option<IpAddr>, Option<u16>)> {
    let mut all: Vec<(Option<IpAddr>, Option<u16>)> = Vec::new();
    let own = service.cluster_ips.iter().chain(&service.external_ips);
    all.extend(own.map(|ip| (Some(*ip), Some(port))));
    // The cluster gives what the manifest leaves out.
    let given = service.external_ips.is_empty();
    if service.cluster_ips.is_empty() || (service.load_balancer && given) {
        all.push((None, Some(port)));
    }
    if service.exposed {
        let number = service.ports.iter().find(|p| p.port == port).and_then(|p| p.node_port);
        let addresses = model.inventory.nodes.get(node).map_or(&[][..], |n| &n.addresses);
        match number {
            Some(number) if !addresses.is_empty() => {
                all.extend(addresses.iter().map(|ip| (Some(*ip), Some(number))));
            }
            number if service.node_ports => all.push((None, number)),
            _ => {}
        }
    }
    all
}
