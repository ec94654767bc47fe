//! Protocols and ports that anything in play can tell apart.

use std::collections::BTreeSet;

use crate::{
    Program,
    compiled::network::{Peer, Rule},
    model::{
        Icmp, Protocol, WorkloadId,
        authz::{Attribute, Matcher},
        inventory::{Addresses, TargetPort, Workload},
        network::PortMatch,
    },
};

use super::in_play::InPlay;

/// Ports that nothing in play tells apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PortClass {
    /// One of them.
    pub port: u16,
    /// All of them: inclusive ranges, ascending.
    pub ranges: Vec<(u16, u16)>,
}

/// Protocols that nothing in play tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProtocolClass {
    /// One of them.
    pub protocol: Protocol,
    /// The others that have ports.
    pub also: Vec<Protocol>,
    /// It stands for every protocol without ports that nothing names.
    pub others: bool,
}

impl ProtocolClass {
    pub(crate) fn only(protocol: Protocol) -> Self {
        Self { protocol, also: Vec::new(), others: false }
    }
}

/// Ports of the mesh's own agent, which sidecars never guard (tools/istio-iptables).
pub(crate) const AGENT: [u16; 3] = [15020, 15021, 15090];
/// Where ztunnel listens.
const HBONE: u16 = 15008;

/// The rules in play between two ends, read for their ports.
#[derive(Debug, Default)]
pub(crate) struct Ports<'p> {
    rules: Vec<&'p Rule>,
    /// Inclusive ranges that something names.
    cuts: BTreeSet<(u16, u16)>,
    source_cuts: BTreeSet<(u16, u16)>,
    /// What the destination itself listens on.
    own: BTreeSet<u16>,
    named: BTreeSet<Protocol>,
    v6: bool,
    /// Host endpoints are asked by their addresses.
    hosts: bool,
}

impl<'p> Ports<'p> {
    /// Between a client (if it is a workload) and a workload.
    pub(crate) fn new(
        program: &'p Program,
        from: Option<WorkloadId>,
        to: WorkloadId,
        extra: &[u16],
    ) -> Self {
        let inner = &program.inner;
        let mut out = Self::default();
        let inventory = &inner.model.inventory;
        let ingress = inner.net.side(to.0, false).iter();
        let egress = from.map_or(&[][..], |id| inner.net.side(id.0, true)).iter();
        out.rules = ingress.chain(egress).flat_map(|s| &s.rules).map(AsRef::as_ref).collect();
        let workload = inventory.workload(to);
        let ends = [workload, from.and_then(|id| inventory.workload(id))];
        out.v6 = ends.into_iter().flatten().any(|w| w.addresses == Addresses::Unknown)
            && inner.pod_networks.iter().any(|n| n.addr().is_ipv6());
        for rule in out.rules.clone() {
            out.rule(rule, workload);
        }
        out.hosts(program);
        for port in extra {
            out.cut(*port, *port);
        }
        if let Some(workload) = workload {
            out.destination(program, to, workload);
        }
        if let Some(client) = from.and_then(|id| inventory.workload(id)) {
            out.v6 |= has_v6(client);
            out.listed(client, &["excludeOutboundPorts", "includeOutboundPorts"]);
        }
        out
    }

    /// What either tells apart.
    pub(crate) fn join(&mut self, other: Self) {
        self.rules.extend(other.rules);
        self.cuts.extend(other.cuts);
        self.source_cuts.extend(other.source_cuts);
        self.named.extend(other.named);
        self.own.extend(other.own);
        self.v6 |= other.v6;
        self.hosts |= other.hosts;
    }

    fn cut(&mut self, low: u16, high: u16) {
        self.cuts.insert((low, high));
    }

    fn rule(&mut self, rule: &Rule, to: Option<&Workload>) {
        self.named.extend(rule.protocol.iter().chain(&rule.not_protocol));
        self.v6 |= rule.version.is_some();
        for port in rule.destination.ports.iter().chain(&rule.destination.not_ports) {
            match port {
                PortMatch::Range(low, high) => self.cut(*low, *high),
                PortMatch::Named(name) => {
                    let own = to.into_iter().flat_map(|w| &w.ports);
                    let same: Vec<u16> =
                        own.filter(|p| p.name.as_deref() == Some(name)).map(|p| p.number).collect();
                    for n in same {
                        self.cut(n, n);
                    }
                }
            }
        }
        if let Some(service) = &rule.destination.service {
            let listed = service.addresses.iter().flat_map(|(_, ports)| ports);
            let own = service.workloads.values().flatten();
            let all: Vec<(Protocol, u16)> = listed.chain(own).copied().collect();
            for (protocol, port) in all {
                self.named.insert(protocol);
                self.cut(port, port);
            }
        }
        for port in rule.source.ports.iter().chain(&rule.source.not_ports) {
            if let PortMatch::Range(low, high) = port {
                self.source_cuts.insert((*low, *high));
            }
        }
    }

    /// Host endpoints are asked on any end, and their failsafe ports are open.
    fn hosts(&mut self, program: &'p Program) {
        let model = &program.inner.model;
        if model.inventory.host_endpoints.is_empty() {
            return;
        }
        self.hosts = true;
        let failsafe = &model.inventory.failsafe;
        for port in failsafe.inbound.iter().chain(&failsafe.outbound) {
            self.named.insert(port.protocol);
            self.cut(port.port, port.port);
        }
        for policy in &model.network.policies {
            for rule in policy.ingress.iter().chain(&policy.egress) {
                self.named.extend(rule.protocol.iter().chain(&rule.not_protocol));
                for port in rule.destination.ports.iter().chain(&rule.destination.not_ports) {
                    if let PortMatch::Range(low, high) = port {
                        self.cut(*low, *high);
                    }
                }
            }
            let named = model.inventory.host_endpoints.iter().flat_map(|h| &h.ports);
            let named: Vec<u16> = named.map(|p| p.number).collect();
            for n in named {
                self.cut(n, n);
            }
        }
    }

    fn destination(&mut self, program: &'p Program, id: WorkloadId, to: &Workload) {
        let model = &program.inner.model;
        self.v6 |= has_v6(to);
        for port in &to.ports {
            self.named.insert(port.protocol);
            self.own.insert(port.number);
            self.cut(port.number, port.number);
        }
        for service in program.inner.index.services_of(id) {
            let Some(service) = model.inventory.service(*service) else { continue };
            for port in &service.ports {
                if let TargetPort::Number(number) = port.target {
                    self.own.insert(number);
                    self.named.insert(port.protocol);
                    self.cut(number, number);
                }
            }
        }
        let play = InPlay::new(model, to);
        if !play.meshed() {
            return;
        }
        for port in AGENT.into_iter().chain([HBONE]) {
            self.cut(port, port);
        }
        self.listed(to, &["includeInboundPorts", "excludeInboundPorts"]);
        let near = model.peer_auth.iter().filter(|p| {
            p.namespace == to.namespace || p.namespace == model.inventory.mesh.root_namespace
        });
        let modes: Vec<u16> = near.flat_map(|p| p.ports.keys().copied()).collect();
        for n in modes {
            self.cut(n, n);
        }
        for condition in play.conditions().filter(|c| c.attribute == Attribute::DestinationPort) {
            for (matcher, _) in condition.values.iter().chain(&condition.not_values) {
                if let Matcher::Port(port) = matcher {
                    self.cut(*port, *port);
                }
            }
        }
    }

    /// Ports that an annotation lists.
    fn listed(&mut self, workload: &Workload, names: &[&str]) {
        for name in names {
            let list = workload.annotations.get(&format!("traffic.sidecar.istio.io/{name}"));
            let numbers = list.into_iter().flat_map(|l| l.split(','));
            for number in numbers.filter_map(|n| n.trim().parse().ok()) {
                self.cut(number, number);
            }
        }
    }

    /// Whether some rule in play tells addresses apart.
    pub(crate) fn by_address(&self) -> bool {
        let cut = |peer: &Peer| {
            let mut members = peer.members.iter().chain(&peer.outside);
            let nets = [&peer.nets, &peer.not_nets].map(|n| [false, true].map(|v6| n.of(v6)));
            nets.iter().flatten().any(|ranges| !ranges.nets().is_empty())
                || members.any(|m| !m.nets.nets().is_empty() || !m.hosts.is_empty())
                || peer.service.is_some()
        };
        let tells = |r: &&Rule| r.version.is_some() || cut(&r.source) || cut(&r.destination);
        self.hosts || self.rules.iter().any(tells)
    }

    /// TCP first; of the protocols that nothing names, one with ports and one without.
    pub(crate) fn protocols(&self) -> Vec<ProtocolClass> {
        let named = self.named.iter().filter(|p| **p != Protocol::Tcp);
        let all = std::iter::once(Protocol::Tcp).chain(named.copied());
        let mut out: Vec<ProtocolClass> = all.map(ProtocolClass::only).collect();
        let unnamed = |p: &Protocol| !self.named.contains(p);
        let with_ports = [Protocol::Udp, Protocol::Sctp, Protocol::UdpLite];
        let mut rest = with_ports.into_iter().filter(unnamed);
        if let Some(protocol) = rest.next() {
            let also = rest.collect();
            out.push(ProtocolClass { also, ..ProtocolClass::only(protocol) });
        }
        let without = [Protocol::Icmp, Protocol::Other(47), Protocol::Other(50)];
        if let Some(protocol) = without.into_iter().find(unnamed) {
            out.push(ProtocolClass { others: true, ..ProtocolClass::only(protocol) });
        }
        if self.v6 && !self.named.contains(&Protocol::Icmpv6) {
            out.push(ProtocolClass::only(Protocol::Icmpv6));
        }
        out
    }

    pub(crate) fn classes(&self) -> Vec<PortClass> {
        classes(&self.cuts, &self.own)
    }

    /// Empty: nothing reads the client's port.
    pub(crate) fn source_classes(&self) -> Vec<PortClass> {
        if self.source_cuts.is_empty() {
            return Vec::new();
        }
        classes(&self.source_cuts, &BTreeSet::new())
    }

    /// Every type and code that a rule names, with those beside, each with what it stands for.
    pub(crate) fn icmp(&self) -> Vec<(Icmp, String)> {
        let wanted = self.rules.iter().flat_map(|r| r.icmp.iter().chain(&r.not_icmp));
        let wanted: BTreeSet<(u8, Option<u8>)> = wanted.copied().collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let kinds: BTreeSet<u8> = wanted.iter().map(|(kind, _)| *kind).collect();
        let listed =
            |all: &BTreeSet<u8>| all.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        let mut out = Vec::new();
        let mut add = |kind, code, words| out.push((Icmp { kind, code: Some(code) }, words));
        for kind in &kinds {
            let codes: BTreeSet<u8> =
                wanted.iter().filter(|(k, _)| k == kind).filter_map(|(_, code)| *code).collect();
            for code in &codes {
                add(*kind, *code, format!("type {kind} code {code}"));
            }
            let words = if codes.is_empty() {
                format!("type {kind}")
            } else {
                format!("type {kind} with codes other than {}", listed(&codes))
            };
            if let Some(other) = (0..=u8::MAX).find(|c| !codes.contains(c)) {
                add(*kind, other, words);
            }
        }
        if let Some(other) = (0..=u8::MAX).find(|k| !kinds.contains(k)) {
            add(other, 0, format!("types other than {}", listed(&kinds)));
        }
        out
    }
}

fn has_v6(workload: &Workload) -> bool {
    match &workload.addresses {
        Addresses::Exact(ips) | Addresses::OneOf(ips) => ips.iter().any(std::net::IpAddr::is_ipv6),
        Addresses::Unknown => false,
    }
}

/// Ports that are in the same ranges are one class; those that are named come first.
fn classes(cuts: &BTreeSet<(u16, u16)>, own: &BTreeSet<u16>) -> Vec<PortClass> {
    let mut starts: BTreeSet<u32> = [1].into_iter().collect();
    for (low, high) in cuts {
        starts.insert(u32::from(*low).max(1));
        starts.insert(u32::from(*high) + 1);
    }
    let starts: Vec<u32> = starts.into_iter().filter(|s| u16::try_from(*s).is_ok()).collect();
    let mut out: Vec<(Vec<bool>, PortClass)> = Vec::new();
    for (n, start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).map_or(u32::from(u16::MAX), |next| next - 1);
        let (Ok(low), Ok(high)) = (u16::try_from(*start), u16::try_from(end)) else { continue };
        let inside: Vec<bool> = cuts.iter().map(|(l, h)| *l <= low && high <= *h).collect();
        match out.iter_mut().find(|(known, _)| *known == inside) {
            Some((_, class)) => class.ranges.push((low, high)),
            None => out.push((inside, PortClass { port: low, ranges: vec![(low, high)] })),
        }
    }
    // The ports of applications first, then wide ranges, the agent's own last.
    let rank = |class: &PortClass| {
        let single = matches!(class.ranges.as_slice(), [(low, high)] if low == high);
        let agent = AGENT.contains(&class.port) || class.port == HBONE;
        (agent, !own.contains(&class.port), !single)
    };
    out.sort_by_key(|(_, class)| rank(class));
    out.into_iter().map(|(_, class)| class).collect()
}
