//! One network rule against one packet.

use ipnet::IpNet;

use crate::{
    compiled::index::target_number,
    decision::{
        reference::http,
        resolve::{Address, Asked, End},
        trace::Outcome,
    },
    model::{
        Attributes, Model, Protocol, Tri,
        inventory::{Addresses, ContainerPort, Labels, Workload},
        network::{IpVersion, NetworkRule, PeerMatch, PortMatch},
        selector::Selector,
    },
};

/// A condition of a rule, what it wants, and how it came out.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) outcome: Tri,
    pub(crate) text: String,
}

impl Checked {
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome.into()
    }
}

/// Every condition of a rule: "all fields of a rule AND" (Calico policy_common.go).
pub(crate) fn conditions(model: &Model, asked: &Asked<'_>, rule: &NetworkRule) -> Vec<Checked> {
    let mut out = Vec::new();
    let mut add = |outcome: Tri, text: String| out.push(Checked { outcome, text });
    let v6 = asked.v6();
    if let Some(version) = rule.ip_version {
        let wanted = version == IpVersion::V6;
        add(Tri::of(v6 == wanted), format!("IP version {}", if wanted { 6 } else { 4 }));
    }
    let protocol = asked.flow.protocol;
    if let Some(wanted) = rule.protocol {
        add(
            Tri::of(protocol == wanted),
            format!("protocol {}, is {}", name(wanted), name(protocol)),
        );
    }
    if let Some(unwanted) = rule.not_protocol {
        add(Tri::of(protocol != unwanted), format!("protocol not {}", name(unwanted)));
    }
    if let Some(icmp) = rule.icmp {
        add(matches_icmp(asked, icmp), format!("ICMP type {}", icmp_text(icmp)));
    }
    if let Some(icmp) = rule.not_icmp {
        add(matches_icmp(asked, icmp).not(), format!("ICMP type not {}", icmp_text(icmp)));
    }
    if let Some(wanted) = rule.http.as_ref().filter(|_| http::asked(model, asked)) {
        add(http::matches(asked.flow, wanted), http::text(wanted));
    }
    let source = Side { model, asked, end: &asked.source, peer: &rule.source, source: true };
    let destination =
        Side { model, asked, end: &asked.destination, peer: &rule.destination, source: false };
    source.conditions(v6, &mut add);
    destination.conditions(v6, &mut add);
    out
}

fn icmp_text((kind, code): (u8, Option<u8>)) -> String {
    code.map_or(kind.to_string(), |code| format!("{kind} code {code}"))
}

pub(crate) fn name(protocol: Protocol) -> String {
    match protocol {
        Protocol::Tcp => "TCP".into(),
        Protocol::Udp => "UDP".into(),
        Protocol::Sctp => "SCTP".into(),
        Protocol::Icmp => "ICMP".into(),
        Protocol::Icmpv6 => "ICMPv6".into(),
        Protocol::UdpLite => "UDPLite".into(),
        Protocol::Other(n) => n.to_string(),
    }
}

fn matches_icmp(asked: &Asked<'_>, (kind, code): (u8, Option<u8>)) -> Tri {
    if !matches!(asked.flow.protocol, Protocol::Icmp | Protocol::Icmpv6) {
        return Tri::No;
    }
    let missing = Tri::Unknown(Attributes::ICMP);
    let Some(icmp) = asked.flow.icmp else { return missing };
    let code = match (code, icmp.code) {
        (None, _) => Tri::Yes,
        (Some(wanted), Some(actual)) => Tri::of(wanted == actual),
        (Some(_), None) => missing,
    };
    Tri::of(icmp.kind == kind).and(code)
}

/// One end of a packet and what a rule asks of it.
#[derive(Clone, Copy)]
struct Side<'a> {
    model: &'a Model,
    asked: &'a Asked<'a>,
    end: &'a End<'a>,
    peer: &'a PeerMatch,
    source: bool,
}

impl Side<'_> {
    fn missing(&self) -> Attributes {
        if self.source { Attributes::SOURCE_ADDRESS } else { Attributes::DESTINATION_ADDRESS }
    }

    fn what(&self) -> &'static str {
        if self.source { "source" } else { "destination" }
    }

    fn conditions(&self, v6: bool, add: &mut impl FnMut(Tri, String)) {
        let PeerMatch {
            selector,
            not_selector,
            nodes,
            nets,
            not_nets,
            ports,
            not_ports,
            service,
            domains,
        } = self.peer;
        let what = self.what();
        if let Some(selector) = selector {
            add(
                self.selected(selector),
                format!("{what} selected by {selector}, is {}", self.who()),
            );
        }
        if let (None, Some(selector)) = (selector, not_selector) {
            add(self.selected(selector).not(), format!("{what} not selected by {selector}"));
        }
        if let Some(nodes) = nodes {
            add(self.on_node(nodes), format!("{what} is a node with {nodes}, is {}", self.who()));
        }
        if !nets.is_empty() {
            let outcome = self.passes(Some(nets), &[], v6);
            add(outcome, format!("{what} in {}, is {}", join(nets), self.place()));
        }
        if !not_nets.is_empty() {
            add(self.outside(nets, not_nets, v6), format!("{what} not in {}", join(not_nets)));
        }
        if let Some((namespace, service)) = service {
            let outcome = self.of_service(namespace, service);
            add(outcome, format!("{what} is an endpoint of Service {namespace}/{service}"));
        }
        if !domains.is_empty() {
            add(self.of_domain(), format!("{what} is one of {}", domains.join(", ")));
        }
        if !ports.is_empty() {
            let is = self.port_text();
            add(self.on_port(ports), format!("{what} port {}, is {is}", ports_text(ports)));
        }
        if !not_ports.is_empty() {
            add(
                self.on_port(not_ports).not(),
                format!("{what} port not {}", ports_text(not_ports)),
            );
        }
    }

    /// Whether the address is in the set of endpoints that a selector makes: workloads with
    /// addresses, host endpoints' expected addresses, networks of network sets.
    fn selected(&self, selector: &Selector) -> Tri {
        let inventory = &self.model.inventory;
        let workload = |w: &Workload| {
            is_endpoint(w) && selector.matches(&|key| inventory.workload_label(w, key))
        };
        let own = self.end.workload.into_iter().chain(self.end.twins.iter().map(|(_, w)| *w));
        if own.clone().any(workload) {
            return Tri::Yes;
        }
        let hosts = self.end.hosts.iter();
        if hosts.clone().any(|h| selector.matches(&|key| plain(&h.labels, key))) {
            return Tri::Yes;
        }
        // A node's pod whose address is not known may have that of any host endpoint there.
        let maybe = Tri::any(self.end.maybe_hosts.iter().map(|h| {
            let selected = selector.matches(&|key| plain(&h.labels, key));
            if selected { Tri::Unknown(self.missing()) } else { Tri::No }
        }));
        maybe.or(Tri::any(self.end.sets.iter().map(|set| {
            if selector.matches(&|key| inventory.network_set_label(set, key)) {
                Tri::any(set.nets.iter().map(|n| self.end.address.within(n, self.missing())))
            } else {
                Tri::No
            }
        })))
    }

    fn on_node(&self, nodes: &Selector) -> Tri {
        match self.end.node {
            None => Tri::No,
            Some(None) => Tri::Unknown(Attributes::NODE),
            Some(Some(name)) => match self.model.inventory.nodes.get(name) {
                None => Tri::Unknown(Attributes::NODE),
                Some(node) => Tri::of(nodes.matches(&|key| plain(&node.labels, key))),
            },
        }
    }

    /// CIDR lists are reduced to the packet's family; "if a non-empty list becomes empty the whole
    /// rule is skipped" (felix/rules/policy.go FilterRuleToIPVersion).
    fn passes(&self, nets: Option<&[IpNet]>, not_nets: &[IpNet], v6: bool) -> Tri {
        let reduced = |list: &[IpNet]| {
            let same = list.iter().copied().filter(|n| n.addr().is_ipv6() == v6);
            IpNet::aggregate(&same.collect())
        };
        let nets = nets.map(reduced);
        self.end.address.passes(nets.as_deref(), &reduced(not_nets), self.missing())
    }

    /// The same reduction for negated lists, which skip the rule when nothing is left of them, or
    /// when one of them is all addresses.
    fn outside(&self, nets: &[IpNet], not_nets: &[IpNet], v6: bool) -> Tri {
        let mut same = not_nets.iter().filter(|n| n.addr().is_ipv6() == v6).peekable();
        if same.peek().is_none() || same.any(|n| n.prefix_len() == 0) {
            return Tri::No;
        }
        self.passes(Some(nets).filter(|nets| !nets.is_empty()), not_nets, v6)
    }

    /// Endpoints of a Service: address, and for a destination the port too; not filtered by
    /// readiness (serviceindex.go). Without slices among the manifests, those that the endpoint
    /// controller would make of the Service's selector.
    fn of_service(&self, namespace: &str, name: &str) -> Tri {
        let inventory = &self.model.inventory;
        let slices: Vec<_> = inventory
            .slices
            .iter()
            .filter(|s| s.namespace == namespace && s.service == name)
            .collect();
        if !slices.is_empty() {
            return Tri::any(slices.iter().map(|slice| {
                let here = Tri::any(slice.addresses.iter().map(|ip| {
                    let net = IpNet::from(*ip);
                    self.end.address.within(&net, self.missing())
                }));
                if self.source {
                    return here;
                }
                here.and(Tri::any(slice.ports.iter().map(|p| {
                    match (p.protocol == self.asked.flow.protocol, p.port) {
                        (true, Some(port)) => self.is_port(port, port),
                        _ => Tri::No,
                    }
                })))
            }));
        }
        let services = inventory.services.iter();
        let found = services.filter(|s| s.namespace == namespace && s.name == name);
        // A node's address is that of the pods on its network.
        let at_host = |w: &&Workload| match (&w.addresses, &self.end.address) {
            (Addresses::Exact(ips), Address::Exact(ip)) => w.host_network && ips.contains(ip),
            _ => false,
        };
        let own: Vec<&Workload> = match self.end.workload {
            Some(workload) => vec![workload],
            None => inventory.workloads.iter().filter(at_host).collect(),
        };
        let pairs = found.flat_map(|service| own.iter().map(move |workload| (service, *workload)));
        Tri::any(pairs.map(|(service, workload)| {
            // Pods on the host's network are endpoints of a Service like any other.
            let selected = !workload.finished && service.selects(workload);
            if self.source || !selected {
                return Tri::of(selected);
            }
            Tri::any(service.ports.iter().map(|port| {
                if port.protocol != self.asked.flow.protocol {
                    return Tri::No;
                }
                let number = target_number(&port.target, port.protocol, workload);
                number.map_or(Tri::No, |n| self.is_port(n, n))
            }))
        }))
    }

    /// A domain's addresses are not known here, and never those of a pod.
    fn of_domain(&self) -> Tri {
        if self.end.workload.is_some() { Tri::No } else { Tri::Unknown(Attributes::FQDN) }
    }

    /// Numeric ports by value; named ones on the endpoint itself, by protocol
    /// (rule_scanner.go namedPortsToIPSets): an address of no known endpoint never has one.
    fn on_port(&self, ports: &[PortMatch]) -> Tri {
        if !self.asked.flow.protocol.has_ports() {
            return Tri::No;
        }
        let inventory = &self.model.inventory;
        let selected = |w: &Workload| {
            let selector = self.peer.selector.as_ref();
            selector.is_none_or(|s| s.matches(&|key| inventory.workload_label(w, key)))
        };
        Tri::any(ports.iter().map(|port| match port {
            PortMatch::Range(low, high) => self.is_port(*low, *high),
            PortMatch::Named(name) => {
                let own =
                    self.end.workload.into_iter().chain(self.end.twins.iter().map(|(_, w)| *w));
                let pods = own.filter(|w| is_endpoint(w) && selected(w));
                let pods = Tri::any(pods.map(|w| self.named(&w.ports, name)));
                let hosts = self.end.hosts.iter().filter(|h| {
                    let selector = self.peer.selector.as_ref();
                    selector.is_none_or(|s| s.matches(&|key| plain(&h.labels, key)))
                });
                pods.or(Tri::any(hosts.map(|h| self.named(&h.ports, name))))
            }
        }))
    }

    fn named(&self, ports: &[ContainerPort], name: &str) -> Tri {
        let protocol = self.asked.flow.protocol;
        // UDPLite ports cannot be named: only tcp, udp and sctp make named ports.
        let same =
            ports.iter().filter(|p| p.name.as_deref() == Some(name) && p.protocol == protocol);
        Tri::any(same.map(|p| self.is_port(p.number, p.number)))
    }

    fn is_port(&self, low: u16, high: u16) -> Tri {
        let (actual, missing) = if self.source {
            (self.asked.source_port, Attributes::SOURCE_PORT)
        } else {
            (self.asked.network_port, Attributes::PORT)
        };
        match actual {
            Some(port) => Tri::of((low..=high).contains(&port)),
            None if low <= 1 && high == u16::MAX => Tri::Yes,
            None => Tri::Unknown(missing),
        }
    }

    fn port_text(&self) -> String {
        let actual = if self.source { self.asked.source_port } else { self.asked.network_port };
        actual.map_or_else(|| "not said".into(), |p| p.to_string())
    }

    fn who(&self) -> String {
        match self.end.workload {
            Some(w) => format!("{}/{}", w.namespace, w.name),
            None => self.place(),
        }
    }

    fn place(&self) -> String {
        match &self.end.address {
            Address::Exact(ip) => ip.to_string(),
            Address::OneOf(ips) => {
                ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
            }
            Address::Within(nets) => format!("somewhere in {}", join(nets)),
            Address::Unknown => "at an unknown address".into(),
        }
    }
}

/// "Pods without IP, hostNetwork, or Succeeded/Failed: not endpoints" (conversion.go).
pub(crate) fn is_endpoint(workload: &Workload) -> bool {
    !workload.host_network && !workload.finished
}

fn plain<'a>(labels: &'a Labels, key: &str) -> Option<&'a str> {
    labels.get(key).map(String::as_str)
}

fn join(nets: &[IpNet]) -> String {
    nets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn ports_text(ports: &[PortMatch]) -> String {
    let text = |p: &PortMatch| match p {
        PortMatch::Range(low, high) if low == high => low.to_string(),
        PortMatch::Range(low, high) => format!("{low}-{high}"),
        PortMatch::Named(name) => format!("named {name}"),
    };
    ports.iter().map(text).collect::<Vec<_>>().join(", ")
}
