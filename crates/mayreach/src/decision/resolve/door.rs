//! Node ports, host ports and load balancers' addresses, called from inside the cluster: which
//! packet leaves the client, and which arrives (kube-proxy's KUBE-NODEPORTS and KUBE-EXT chains).

use super::{Address, Asked, End, Found, Resolver, Way, Ways, family};
use crate::{
    error::{ErrorCode, Problem},
    model::{
        Attributes,
        inventory::{Enrolment, Tunnels, Workload},
    },
};

/// An address that a node translates.
pub(super) struct Door<'m> {
    /// Whose it is; `None`: every node translates it, the client's own first.
    pub(super) node: Option<&'m str>,
    pub(super) address: std::net::IpAddr,
    pub(super) port: u16,
    /// `externalTrafficPolicy: Local`, or a host port: backends on other nodes are not used.
    pub(super) local: bool,
    /// A host port: of the pod's own node.
    pub(super) pinned: bool,
}

/// From where a packet arrives.
#[derive(Clone, Copy)]
enum From<'m> {
    Client,
    /// A node, by name where it is known, that put its own address in the place of the client's.
    /// Inside the pod network that may be one of a tunnel.
    Node {
        name: Option<&'m str>,
        tunnelled: bool,
    },
}

/// One course that things may take.
struct Course<'m> {
    /// The client's own node translates; the client's egress policy sees the backend.
    home: bool,
    from: From<'m>,
}

impl<'m> Resolver<'m> {
    /// Every course of a flow through a door to one backend, as `asked` has it.
    pub(super) fn through(
        &self,
        door: &Door<'m>,
        source: Found<'m>,
        asked: Asked<'m>,
    ) -> Vec<Asked<'m>> {
        let backend = asked.destination.workload.and_then(|w| w.node.as_deref());
        let inside = asked.source.workload.is_some() || asked.source.node.is_some();
        if !inside {
            // "Only node-local endpoints": a node without one drops.
            let elsewhere = door.local && door.node.zip(backend).is_some_and(|(a, b)| a != b);
            return if elsewhere { Vec::new() } else { vec![asked] };
        }
        let mesh = asked.source.workload.map(|w| &w.mesh);
        // ztunnel knows the addresses of load balancers as the Service's own.
        let knows = door.node.is_none()
            && matches!(mesh, Some(Enrolment::Ambient { .. } | Enrolment::Waypoint));
        if knows || (self.model.inventory.nat.keeps_client && !door.local) {
            return vec![asked];
        }
        let mut all: Vec<Asked<'m>> = self
            .courses(door, &asked, backend)
            .iter()
            .map(|course| self.course(door, source, &asked, course))
            .collect();
        // A sidecar may know the Service by the request's host, and the data plane the backend.
        let envoy = matches!(mesh, Some(Enrolment::Sidecar | Enrolment::Gateway { .. }));
        if (door.node.is_none() && envoy) || self.model.inventory.nat.keeps_client {
            all.push(asked);
        }
        all
    }

    fn courses(
        &self,
        door: &Door<'m>,
        asked: &Asked<'m>,
        backend: Option<&'m str>,
    ) -> Vec<Course<'m>> {
        let pod = asked.source.workload.is_some_and(|w| !w.host_network);
        let named = |w: &'m Workload| w.node.as_deref();
        let client = asked.source.node.flatten().or(asked.source.workload.and_then(named));
        let single = self.model.inventory.nodes.len() == 1;
        let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
            (Some(a), Some(b)) => Some(a == b),
            _ if single => Some(true),
            _ => None,
        };
        let (translates, is_home) = match door.node {
            Some(node) => (Some(node), same(client, Some(node))),
            None => (client, Some(true)),
        };
        let outside = asked.destination.workload.is_none();
        let is_near = if door.pinned {
            Some(true)
        } else if outside {
            Some(false)
        } else {
            same(backend, translates)
        };
        let may = |what: Option<bool>, value: bool| what.is_none_or(|what| what == value);
        let mut all = Vec::new();
        for (home, near) in [(true, true), (true, false), (false, true), (false, false)] {
            if !may(is_home, home) || !may(is_near, near) {
                continue;
            }
            let snat = From::Node { name: translates, tunnelled: true };
            match (home, near) {
                // "Masquerade in case we cross nodes", in POSTROUTING: after policy.
                (true, true) => all.push(Course { home, from: From::Client }),
                // "Treat all locally-originated pod -> external destination traffic as a special
                // case. It is subject to neither form of traffic policy."
                (true, false) if door.local && pod => {
                    all.push(Course { home, from: From::Client });
                }
                (false, true) => {
                    let from = self.leaving(pod, client);
                    all.extend(from.into_iter().map(|from| Course { home, from }));
                }
                (false, false) if door.local => {}
                (_, false) => all.push(Course { home, from: snat }),
            }
        }
        all
    }

    /// What another node sees of a client that calls it.
    fn leaving(&self, pod: bool, client: Option<&'m str>) -> Vec<From<'m>> {
        let nat = self.model.inventory.nat;
        let node = From::Node { name: client, tunnelled: false };
        match nat.outgoing.map(|outgoing| outgoing && !nat.spares_hosts) {
            _ if !pod => vec![From::Client],
            Some(true) => vec![node],
            Some(false) => vec![From::Client],
            None => vec![node, From::Client],
        }
    }

    fn course(
        &self,
        door: &Door<'m>,
        source: Found<'m>,
        asked: &Asked<'m>,
        course: &Course<'m>,
    ) -> Asked<'m> {
        let flow = asked.flow;
        let plain = |source, destination, port| Asked::of_packets(flow, source, destination, port);
        let leaves = if course.home {
            plain(asked.source.clone(), asked.destination.clone(), asked.port)
        } else {
            let node: Found<'m> = (None, None, Some(door.address));
            let v6 = family(flow, &source, &node);
            plain(self.end(flow, source, v6), self.end(flow, node, v6), Some(door.port))
        };
        let from = match course.from {
            From::Client => asked.source.clone(),
            From::Node { name, tunnelled } => self.node_end(name, tunnelled, asked),
        };
        let arrives = plain(from.clone(), asked.destination.clone(), asked.port);
        // No proxy of the client's has a part in it: what arrives is what its application sends.
        let client = End { workload: None, id: None, ..from };
        let way = if self.model.forwards() {
            Way::Unknown(Attributes::INTERFACE)
        } else {
            Way::Translated { leaves: Box::new(leaves), arrives: Box::new(arrives) }
        };
        let ways = Ways { all: vec![way], missing: Attributes::NONE };
        Asked {
            source: client,
            network_port: asked.port,
            source_port: None,
            service: asked.service,
            services: asked.services,
            ways: Some(Box::new(ways)),
            ..plain(asked.source.clone(), asked.destination.clone(), asked.port)
        }
    }

    /// Another node as the source of a packet: an address like any other, no pod's.
    fn node_end(&self, name: Option<&str>, tunnelled: bool, asked: &Asked<'m>) -> End<'m> {
        let v6 = asked.destination.address.is_v6();
        let inventory = &self.model.inventory;
        let node = name.and_then(|name| inventory.nodes.get(name));
        let known = node.and_then(|n| n.addresses.iter().find(|ip| ip.is_ipv6() == v6));
        let plain = !tunnelled || inventory.tunnels == Tunnels::Never;
        let address = known.filter(|_| plain).map_or(Address::Unknown, |ip| Address::Exact(*ip));
        End::of_address(self.model, address)
    }
}

/// No backend is on the node that is called.
pub(super) fn nobody() -> Problem {
    Problem::new(ErrorCode::InvalidFlow, "no backend runs on the node that is called")
        .field("destination.ip")
        .help("under `externalTrafficPolicy: Local` a node leads to its own pods only")
}
