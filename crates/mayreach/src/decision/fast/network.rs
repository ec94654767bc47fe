//! One direction of network policy, from a workload's compiled list.

use crate::{
    compiled::{
        network::{Members, Net, Peer, Rule, Stage},
        ranges::Ranges,
    },
    decision::{
        Layer, LayerDecision, Reason, Verdict,
        reference::{
            forward, host, http,
            network::{Found, by_replica, itself, local},
        },
        resolve::{Address, Asked, End},
        trace::Trace,
    },
    model::{
        Attributes, Model, PolicyId, Protocol, Tri,
        inventory::ToHost,
        network::{Action, IpVersion, PortMatch, TierDefault},
    },
};

/// Asks one direction.
pub(crate) fn network(net: &Net, model: &Model, asked: &Asked<'_>, layer: Layer) -> LayerDecision {
    let egress = layer == Layer::Egress;
    let found = ask(net, model, asked, egress);
    let found = by_replica(asked, found, |one| ask(net, model, one, egress));
    LayerDecision::new(layer, found.verdict, found.reason)
}

fn ask(net: &Net, model: &Model, asked: &Asked<'_>, egress: bool) -> Found {
    let (own, other) = if egress {
        (&asked.source, &asked.destination)
    } else {
        (&asked.destination, &asked.source)
    };
    let allow = |reason| Found::new(Verdict::Allow, reason);
    let hosts = !model.inventory.host_endpoints.is_empty();
    let (Some(id), Some(_)) = (own.id, own.workload.filter(|w| !w.host_network)) else {
        // Host endpoints are few and rarely asked: the slow walk serves.
        let hosts = hosts || model.inventory.to_host != ToHost::Accept;
        let found = hosts.then(|| host::ask(model, asked, egress, &mut Trace::off())).flatten();
        return found.unwrap_or(allow(Reason::NotPoliced));
    };
    if itself(asked) {
        return allow(Reason::LocalTraffic);
    }
    let profileless = net.profileless.get(id.0 as usize).copied().unwrap_or(true);
    let found = stages(net.side(id.0, egress), asked, profileless);
    let forwarded = hosts.then(|| forward::ask(model, asked, egress, &mut Trace::off())).flatten();
    let found = forwarded.map_or(found, |host| forward::both(found, host, egress));
    if egress || other.node.is_none() {
        return found;
    }
    match local(own, other) {
        Tri::Yes => allow(Reason::LocalTraffic),
        Tri::Unknown(attributes) if found.verdict != Verdict::Allow => {
            Found::new(Verdict::Undetermined, Reason::Missing { attributes, policy: None })
        }
        _ => found,
    }
}

/// Tiers in order; the first rule that surely matches ends the walk.
fn stages(stages: &[Stage], asked: &Asked<'_>, profileless: bool) -> Found {
    let Some((stage, rest)) = stages.split_first() else {
        return if profileless {
            Found::new(Verdict::Deny, Reason::UndefinedNamespace)
        } else {
            Found::new(Verdict::Allow, Reason::DefaultAllow)
        };
    };
    let mut sure = None;
    let mut futures = Futures::default();
    // What the next tier says is asked at most once, and only where it matters.
    let mut next = None;
    let mut later = || *next.get_or_insert_with(|| self::stages(rest, asked, profileless));
    for rule in &stage.rules {
        match matches(rule, asked) {
            Tri::No => {}
            Tri::Yes => {
                sure = Some(outcome(rule));
                break;
            }
            Tri::Unknown(missing) => {
                let found = outcome(rule).unwrap_or_else(&mut later);
                futures.add(found, missing, rule.policy);
            }
        }
    }
    let end = || match (stage.default, stage.isolates) {
        (TierDefault::Pass, _) => None,
        (TierDefault::Deny, true) => {
            Some(Found::new(Verdict::Deny, Reason::Isolated { policy: stage.first }))
        }
        (TierDefault::Deny, false) => {
            let reason = Reason::EndOfTier { tier: stage.tier, policy: stage.last };
            Some(Found::new(Verdict::Deny, reason))
        }
    };
    futures.or(sure.unwrap_or_else(end).unwrap_or_else(later))
}

/// Rules that may match before the one that surely does: what [`Found::unless`] makes of all of
/// them, from the last to the first, without keeping them.
#[derive(Default)]
struct Futures {
    /// The first of them.
    policy: Option<PolicyId>,
    /// Everything that is missing so far.
    missing: Attributes,
    /// The same up to the last that differs from Allow, from Deny; `None`: none does.
    unless_allow: Option<Attributes>,
    unless_deny: Option<Attributes>,
}

impl Futures {
    fn add(&mut self, found: Found, missing: Attributes, policy: PolicyId) {
        self.policy = self.policy.or(Some(policy));
        self.missing = self.missing.union(missing).union(found.missing());
        if found.verdict != Verdict::Allow {
            self.unless_allow = Some(self.missing);
        }
        if found.verdict != Verdict::Deny {
            self.unless_deny = Some(self.missing);
        }
    }

    /// The answer, if none of them matches `decided`.
    fn or(self, decided: Found) -> Found {
        let open = match decided.verdict {
            Verdict::Allow => self.unless_allow,
            Verdict::Deny => self.unless_deny,
            Verdict::Undetermined => self.policy.map(|_| self.missing),
        };
        let Some(missing) = open else { return decided };
        let attributes = missing.union(decided.missing());
        Found::new(Verdict::Undetermined, Reason::Missing { attributes, policy: self.policy })
    }
}

/// `None`: go on with the next tier.
fn outcome(rule: &Rule) -> Option<Found> {
    let reason = Reason::Rule { policy: rule.policy, rule: rule.index };
    match rule.action {
        Action::Allow => Some(Found::new(Verdict::Allow, reason)),
        Action::Deny => Some(Found::new(Verdict::Deny, reason)),
        Action::Pass | Action::Log => None,
    }
}

fn matches(rule: &Rule, asked: &Asked<'_>) -> Tri {
    let protocol = asked.flow.protocol;
    let v6 = asked.v6();
    let plain = rule.protocol.is_none_or(|p| p == protocol)
        && rule.not_protocol.is_none_or(|p| p != protocol)
        && rule.version.is_none_or(|v| (v == IpVersion::V6) == v6);
    if !plain {
        return Tri::No;
    }
    let icmp = rule.icmp.map_or(Tri::Yes, |wanted| icmp(asked, wanted));
    let not_icmp = rule.not_icmp.map_or(Tri::Yes, |wanted| self::icmp(asked, wanted).not());
    let ends = [
        Test { asked, end: &asked.source, peer: &rule.source, source: true, v6 },
        Test { asked, end: &asked.destination, peer: &rule.destination, source: false, v6 },
    ];
    let mut all = icmp.and(not_icmp);
    if let Some(wanted) = rule.http.as_ref().filter(|_| http::beside_sidecar(asked)) {
        all = all.and(http::matches(asked.flow, wanted));
    }
    for end in ends {
        if all.is_no() {
            return Tri::No;
        }
        all = all.and(end.holds());
    }
    all
}

fn icmp(asked: &Asked<'_>, (kind, code): (u8, Option<u8>)) -> Tri {
    match (asked.flow.protocol, asked.flow.icmp) {
        (Protocol::Icmp | Protocol::Icmpv6, None) => Tri::Unknown(Attributes::ICMP),
        (Protocol::Icmp | Protocol::Icmpv6, Some(actual)) if actual.kind == kind => {
            match (code, actual.code) {
                (None, _) => Tri::Yes,
                (Some(wanted), Some(code)) => Tri::of(wanted == code),
                (Some(_), None) => Tri::Unknown(Attributes::ICMP),
            }
        }
        _ => Tri::No,
    }
}

/// One end of a packet against one end of a rule.
struct Test<'a> {
    asked: &'a Asked<'a>,
    end: &'a End<'a>,
    peer: &'a Peer,
    source: bool,
    v6: bool,
}

impl Test<'_> {
    /// Cheap conditions first; all are looked at unless one fails, so that what is missing is
    /// whole.
    fn holds(&self) -> Tri {
        let peer = self.peer;
        let mut all = Tri::Yes;
        if !peer.ports.is_empty() {
            all = self.ports(&peer.ports);
        }
        if !all.is_no()
            && let Some(members) = &peer.members
        {
            all = all.and(self.member(members));
        }
        if !all.is_no()
            && let Some(members) = &peer.outside
        {
            all = all.and(self.member(members).not());
        }
        if !all.is_no() && peer.nets.given {
            all = all.and(self.passes(Some(peer.nets.of(self.v6)), None));
        }
        if !all.is_no() && peer.not_nets.given {
            all = all.and(self.without(peer));
        }
        if !all.is_no() && !peer.not_ports.is_empty() {
            all = all.and(self.ports(&peer.not_ports).not());
        }
        if !all.is_no() {
            all = all.and(self.rare());
        }
        all
    }

    fn rare(&self) -> Tri {
        let peer = self.peer;
        let nodes = peer.nodes.as_ref().map_or(Tri::Yes, |names| self.node(names));
        let service = peer.service.as_ref().map_or(Tri::Yes, |_| self.service());
        let domain = match (peer.domains, self.end.workload) {
            (false, _) => Tri::Yes,
            (true, Some(_)) => Tri::No,
            (true, None) => Tri::Unknown(Attributes::FQDN),
        };
        nodes.and(service).and(domain)
    }

    fn missing(&self) -> Attributes {
        if self.source { Attributes::SOURCE_ADDRESS } else { Attributes::DESTINATION_ADDRESS }
    }

    fn within(&self, nets: &Ranges) -> Tri {
        match &self.end.address {
            Address::Exact(ip) => return Tri::of(nets.has(*ip)),
            Address::Within(all) if !all.iter().any(|net| nets.touches(net)) => return Tri::No,
            Address::OneOf(all) if !all.iter().any(|ip| nets.has(*ip)) => return Tri::No,
            _ => {}
        }
        let mut any = Tri::No;
        for net in nets.nets() {
            any = any.or(self.end.address.within(net, self.missing()));
            if any.is_yes() {
                break;
            }
        }
        any
    }

    /// In one of some networks and in none of others; a known address is looked up.
    fn passes(&self, inside: Option<&Ranges>, outside: Option<&Ranges>) -> Tri {
        if let Address::Exact(ip) = self.end.address {
            let within = inside.is_none_or(|nets| nets.has(ip));
            return Tri::of(within && !outside.is_some_and(|nets| nets.has(ip)));
        }
        let outside = outside.map_or(&[][..], Ranges::nets);
        self.end.address.passes(inside.map(Ranges::nets), outside, self.missing())
    }

    fn without(&self, peer: &Peer) -> Tri {
        let outside = peer.not_nets.of(self.v6);
        if outside.is_empty() || outside.all {
            return Tri::No;
        }
        self.passes(peer.nets.given.then(|| peer.nets.of(self.v6)), Some(outside))
    }

    fn member(&self, members: &Members) -> Tri {
        let ids = self.end.id.into_iter().chain(self.end.twins.iter().map(|(id, _)| *id));
        if ids.into_iter().any(|id| members.has(id.0)) {
            return Tri::Yes;
        }
        if let Address::Exact(ip) = &self.end.address
            && members.hosts.contains(ip)
        {
            return Tri::Yes;
        }
        let maybe = self.end.maybe_hosts.iter().any(|h| members.host_names.contains(&h.name));
        let maybe = if maybe { Tri::Unknown(self.missing()) } else { Tri::No };
        maybe.or(self.within(&members.nets))
    }

    fn node(&self, names: &[String]) -> Tri {
        match self.end.node {
            None => Tri::No,
            Some(Some(name)) if self.end.known_node => Tri::of(names.iter().any(|n| n == name)),
            _ => Tri::Unknown(Attributes::NODE),
        }
    }

    fn service(&self) -> Tri {
        let Some(set) = &self.peer.service else { return Tri::Yes };
        let protocol = self.asked.flow.protocol;
        let on = |ports: &[(Protocol, u16)]| {
            if self.source {
                return Tri::Yes;
            }
            let same = ports.iter().filter(|(p, _)| *p == protocol);
            Tri::any(same.map(|(_, n)| self.port(*n, *n)))
        };
        let listed = set
            .addresses
            .iter()
            .map(|(net, ports)| self.end.address.within(net, self.missing()).and(on(ports)));
        let own = self.end.id.and_then(|id| set.workloads.get(&id.0));
        Tri::any(listed).or(own.map_or(Tri::No, |ports| on(ports)))
    }

    fn port(&self, low: u16, high: u16) -> Tri {
        let (actual, missing) = if self.source {
            (self.asked.source_port, Attributes::SOURCE_PORT)
        } else {
            (self.asked.network_port, Attributes::PORT)
        };
        match actual {
            Some(port) => Tri::of(low <= port && port <= high),
            None if low <= 1 && high == u16::MAX => Tri::Yes,
            None => Tri::Unknown(missing),
        }
    }

    fn ports(&self, ports: &[PortMatch]) -> Tri {
        if !self.asked.flow.protocol.has_ports() {
            return Tri::No;
        }
        let mut any = Tri::No;
        for port in ports {
            any = any.or(match port {
                PortMatch::Range(low, high) => self.port(*low, *high),
                PortMatch::Named(name) => self.named(name),
            });
            if any.is_yes() {
                break;
            }
        }
        any
    }

    fn named(&self, name: &str) -> Tri {
        let protocol = self.asked.flow.protocol;
        let mut any = Tri::No;
        let own = self.end.id.into_iter().zip(self.end.workload);
        for (id, workload) in own.chain(self.end.twins.iter().copied()) {
            let counts = !workload.host_network && !workload.finished;
            if !counts || self.peer.members.as_ref().is_some_and(|m| !m.has(id.0)) {
                continue;
            }
            for port in &workload.ports {
                if port.name.as_deref() == Some(name) && port.protocol == protocol {
                    any = any.or(self.port(port.number, port.number));
                }
            }
        }
        let selected =
            |name: &String| self.peer.members.as_ref().is_none_or(|m| m.host_names.contains(name));
        for host in self.end.hosts.iter().filter(|host| selected(&host.name)) {
            for port in &host.ports {
                if port.name.as_deref() == Some(name) && port.protocol == protocol {
                    any = any.or(self.port(port.number, port.number));
                }
            }
        }
        any
    }
}
