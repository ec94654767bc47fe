//! What a flow is about, once its names are looked up: two ends, a port, a request.

mod address;
mod door;
mod family;
mod outside;
mod service;
mod ways;

use std::net::IpAddr;

use ipnet::IpNet;

pub(crate) use self::{
    address::Address,
    ways::{Way, Ways, is_made},
};
use self::{
    family::{family, of_family, other_family, unreachable_family},
    outside::Translated,
    ways::HBONE,
};
use crate::{
    compiled::Index,
    error::{ErrorCode, Problem},
    model::{
        Attributes, Flow, InlineWorkload, Model, Peer, Port, Protocol, ServiceId, WorkloadId,
        inventory::{
            Addresses, ContainerPort, Enrolment, HostEndpoint, Labels, NetworkSet, Workload,
            WorkloadKind,
        },
        network::IpVersion,
    },
};

/// A flow whose names are resolved.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'m> {
    pub(crate) flow: &'m Flow<'m>,
    pub(crate) source: End<'m>,
    pub(crate) destination: End<'m>,
    /// The port that arrives at the destination workload (after a Service's translation).
    pub(crate) port: Option<u16>,
    /// The port that packets carry on the wire: what network policy sees.
    pub(crate) network_port: Option<u16>,
    /// The Service that was called, with its service port, if the flow names one.
    pub(crate) service: Option<(ServiceId, u16)>,
    /// The Services whose endpoint the destination is.
    pub(crate) services: &'m [ServiceId],
    /// The port that packets come from: the client's own, which a tunnel does not keep.
    pub(crate) source_port: Option<u16>,
    /// The connections that carry the flow, where a waypoint may stand on its way.
    pub(crate) ways: Option<Box<Ways<'m>>>,
}

impl<'m> Asked<'m> {
    /// One connection of those that carry a flow: packets that no Service is named for.
    fn of_packets(
        flow: &'m Flow<'m>,
        source: End<'m>,
        destination: End<'m>,
        port: Option<u16>,
    ) -> Self {
        Self {
            flow,
            source,
            destination,
            port,
            network_port: port,
            service: None,
            services: &[],
            source_port: None,
            ways: None,
        }
    }

    /// Whether packets are IPv6: by the protocol, else by what is known of the addresses.
    pub(crate) fn v6(&self) -> bool {
        match self.flow.protocol {
            Protocol::Icmp => false,
            Protocol::Icmpv6 => true,
            _ if self.flow.ip_version.is_some() => self.flow.ip_version == Some(IpVersion::V6),
            _ => self.source.address.is_v6() || self.destination.address.is_v6(),
        }
    }
}

/// One end of a flow.
#[derive(Clone, Debug)]
pub(crate) struct End<'m> {
    pub(crate) id: Option<WorkloadId>,
    /// `None`: an address of no known workload.
    pub(crate) workload: Option<&'m Workload>,
    pub(crate) address: Address<'m>,
    /// Other workloads at the same address: sets hold addresses, not identities
    /// (named_port_index.go is reference-counted by IP).
    pub(crate) twins: Vec<(WorkloadId, &'m Workload)>,
    /// Network sets (and global ones) with networks that may hold the address.
    pub(crate) sets: Vec<&'m NetworkSet>,
    /// Host endpoints that expect the address.
    pub(crate) hosts: Vec<&'m HostEndpoint>,
    /// Host endpoints of which this may be one: a node's pod whose address is not known.
    pub(crate) maybe_hosts: Vec<&'m HostEndpoint>,
    /// This is a node's own traffic; the node's name where it is known.
    pub(crate) node: Option<Option<&'m str>>,
    /// A manifest defines that node, so its labels are known.
    pub(crate) known_node: bool,
}

impl<'m> End<'m> {
    /// The same end once for each address that it may have.
    pub(crate) fn replicas(&self) -> Vec<Self> {
        let Address::OneOf(ips) = &self.address else { return vec![self.clone()] };
        let at = |ip: &IpAddr| {
            let expects = |h: &&&HostEndpoint| h.expected_ips.contains(ip);
            Self {
                address: Address::Exact(*ip),
                hosts: self.maybe_hosts.iter().filter(expects).copied().collect(),
                maybe_hosts: Vec::new(),
                ..self.clone()
            }
        };
        ips.iter().map(at).collect()
    }

    /// For a reader.
    pub(crate) fn words(&self) -> String {
        match (self.workload, &self.address) {
            (Some(w), _) => format!("{}/{}", w.namespace, w.name),
            (None, Address::Exact(ip)) => ip.to_string(),
            (None, _) => "an address of a node".to_owned(),
        }
    }

    /// The same of where a proxy connects to: only DNS tells an address that is not known.
    pub(crate) fn onward_words(&self) -> String {
        match (self.workload, &self.address) {
            (None, Address::Unknown) => "an address that DNS tells".to_owned(),
            _ => self.words(),
        }
    }

    /// An end of which nothing but its address counts.
    pub(crate) fn of_address(model: &'m Model, address: Address<'m>) -> Self {
        let inventory = &model.inventory;
        let near = |net: &IpNet| !address.within(net, Attributes::DESTINATION_ADDRESS).is_no();
        let sets = inventory.network_sets.iter();
        let hosts = inventory.host_endpoints.iter();
        let is = |h: &&HostEndpoint| matches!(address, Address::Exact(ip) if h.expected_ips.contains(&ip));
        let may_be = |h: &&HostEndpoint| address == Address::Unknown && !h.expected_ips.is_empty();
        Self {
            sets: sets.filter(|s| s.nets.iter().any(near)).collect(),
            hosts: hosts.clone().filter(is).collect(),
            maybe_hosts: hosts.filter(may_be).collect(),
            id: None,
            workload: None,
            twins: Vec::new(),
            node: None,
            known_node: false,
            address,
        }
    }
}

/// What is wrong with a flow: said in words, or (deciding needs none) only that something is.
pub(crate) trait Fault {
    fn make(say: impl FnOnce() -> Problem) -> Self;
}

impl Fault for Problem {
    fn make(say: impl FnOnce() -> Problem) -> Self {
        say()
    }
}

impl Fault for () {
    fn make(_: impl FnOnce() -> Problem) -> Self {}
}

/// Pods that the flow itself describes, made into workloads for as long as the flow is asked.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    source: Option<Workload>,
    destination: Option<Workload>,
}

impl Scratch {
    pub(crate) fn new(flow: &Flow<'_>, model: &Model) -> Self {
        let make = |peer: &Peer<'_>| match peer {
            Peer::Inline(pod) => Some(inline(pod, model)),
            _ => None,
        };
        Self { source: make(&flow.source), destination: make(&flow.destination) }
    }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// A pod that no manifest holds, enrolled as its labels and namespace say.
fn inline(pod: &InlineWorkload<'_>, model: &Model) -> Workload {
    let ports = pod.ports.iter().map(|(name, number, protocol)| ContainerPort {
        name: Some((*name).to_owned()),
        number: *number,
        protocol: *protocol,
        host_port: None,
        init: false,
    });
    let mut workload = Workload {
        namespace: pod.namespace.to_owned(),
        name: String::from("(inline)"),
        kind: WorkloadKind::Pod,
        labels: labels(pod.labels),
        annotations: labels(pod.annotations),
        service_account: pod.service_account.unwrap_or("default").to_owned(),
        addresses: pod.ip.map_or(Addresses::Unknown, |ip| Addresses::Exact(vec![ip])),
        node: None,
        host_network: false,
        finished: false,
        ports: ports.collect(),
        containers: Vec::new(),
        mesh: Enrolment::None,
        owner: None,
        place: crate::error::Place::default(),
    };
    workload.mesh = model.inventory.enrol(&workload);
    workload
}

/// Looks up names. A flow to a Service gives one `Asked` for each backend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver<'m> {
    pub(crate) model: &'m Model,
    pub(crate) index: &'m Index,
    /// Where pods without an address live.
    pub(crate) pod_networks: &'m [IpNet],
    /// Network sets are left out: the compiled lists of rules hold them already.
    pub(crate) lean: bool,
}

impl<'m> Resolver<'m> {
    /// Every way the flow can go: one, or one for each backend of a Service.
    ///
    /// # Errors
    /// A name that no manifest holds, or a flow that contradicts itself.
    pub(crate) fn resolve(
        &self,
        flow: &'m Flow<'m>,
        scratch: &'m Scratch,
    ) -> Result<Vec<Asked<'m>>, Problem> {
        let mut all = Vec::new();
        self.each(flow, scratch, |asked| all.push(asked))?;
        Ok(all)
    }

    /// The same, one after the other.
    ///
    /// # Errors
    /// A name that no manifest holds, or a flow that contradicts itself.
    pub(crate) fn each<E: Fault>(
        &self,
        flow: &'m Flow<'m>,
        scratch: &'m Scratch,
        mut with: impl FnMut(Asked<'m>),
    ) -> Result<(), E> {
        if matches!(flow.source, Peer::Service { .. } | Peer::ServiceId(_)) {
            return Err(E::make(|| {
                Problem::new(ErrorCode::InvalidFlow, "a Service opens no connections")
                    .field("source")
                    .help("name the workload or the address that does")
            }));
        }
        other_family(flow)?;
        let source = self.find(&flow.source, scratch.source.as_ref(), "source")?;
        let service = match flow.destination {
            Peer::Service { namespace, name } => {
                Some(self.index.service(namespace, name).ok_or_else(|| {
                    E::make(|| {
                        Problem::new(
                            ErrorCode::UnknownPeer,
                            format!("no manifest holds a Service `{namespace}/{name}`"),
                        )
                        .field("destination.service")
                    })
                })?)
            }
            Peer::ServiceId(id) => Some(id),
            // A ClusterIP is translated to a backend before any policy sees the packet.
            Peer::Ip(ip) => self.index.cluster_ip(ip),
            _ => None,
        };
        if let Some(id) = service {
            return self.to_service(flow, source, (id, flow.port), with);
        }
        match self.translated(flow) {
            Some((Translated::Service(id, port), door)) => {
                let mut any = false;
                self.to_service(flow, source, (id, port), |asked| {
                    for one in self.through(&door, source, asked) {
                        any = true;
                        with(one);
                    }
                })?;
                if any { Ok(()) } else { Err(E::make(door::nobody)) }
            }
            Some((Translated::Pod(id, port), door)) => {
                let found = (Some(id), self.model.inventory.workload(id), None);
                let v6 = family(flow, &source, &found);
                let asked = self.asked(flow, source, found, Some(port), None, v6);
                self.through(&door, source, asked).into_iter().for_each(with);
                Ok(())
            }
            None => {
                let found =
                    self.find(&flow.destination, scratch.destination.as_ref(), "destination")?;
                let port = port(flow, found.1)?;
                unreachable_family(flow, &source, &found)?;
                let v6 = family(flow, &source, &found);
                with(self.asked(flow, source, found, port, None, v6));
                Ok(())
            }
        }
    }

    fn asked(
        &self,
        flow: &'m Flow<'m>,
        source: Found<'m>,
        destination: Found<'m>,
        port: Option<u16>,
        service: Option<(ServiceId, u16)>,
        v6: bool,
    ) -> Asked<'m> {
        let mut asked = Asked {
            flow,
            network_port: port,
            source: self.end(flow, source, v6),
            destination: self.end(flow, destination, v6),
            port,
            service,
            services: destination.0.map_or(&[], |id| self.index.services_of(id)),
            source_port: flow.source_port,
            ways: None,
        };
        if self.tunnelled(&asked) {
            asked = Asked { network_port: Some(HBONE), source_port: None, ..asked };
        }
        asked.ways = self.ways(&asked, (source, destination));
        asked
    }

    fn find<E: Fault>(
        &self,
        peer: &Peer<'_>,
        inline: Option<&'m Workload>,
        field: &str,
    ) -> Result<Found<'m>, E> {
        let known = |id: WorkloadId| (Some(id), self.model.inventory.workload(id), None);
        match *peer {
            Peer::Workload { namespace, name } => self
                .index
                .workload(namespace, name)
                .map(known)
                .ok_or_else(|| E::make(|| self.unknown(namespace, name, field))),
            Peer::Id(id) if self.model.inventory.workload(id).is_some() => Ok(known(id)),
            Peer::Ip(ip) => match self.index.at(ip).first() {
                Some(id) => Ok((Some(*id), self.model.inventory.workload(*id), Some(ip))),
                None => Ok((None, None, Some(ip))),
            },
            Peer::Inline(_) => Ok((None, inline, None)),
            _ => Err(E::make(|| {
                Problem::new(ErrorCode::UnknownPeer, "no such workload").field(field.to_owned())
            })),
        }
    }

    fn unknown(&self, namespace: &str, name: &str, field: &str) -> Problem {
        let names = self.index.workload_names();
        let problem = Problem::new(
            ErrorCode::UnknownPeer,
            format!("no manifest holds a workload `{namespace}/{name}`"),
        )
        .field(format!("{field}.workload"));
        match names.get(namespace) {
            Some(known) => problem.help(format!("`{namespace}` has {}", some(known))),
            None if names.is_empty() => problem.help("the manifests hold no workload at all"),
            None => {
                let spaces: Vec<&str> = names.keys().copied().collect();
                problem.help(format!("namespaces with workloads are {}", some(&spaces)))
            }
        }
    }

    fn end(&self, flow: &Flow<'_>, (id, workload, ip): Found<'m>, v6: bool) -> End<'m> {
        let inventory = &self.model.inventory;
        let address = match (ip, workload) {
            (Some(ip), _) => Address::Exact(ip),
            (None, Some(w)) => self.address(flow, w, v6),
            (None, None) => Address::Unknown,
        };
        let mut twins = Vec::new();
        if let Address::Exact(ip) = address {
            for other in self.index.at(ip) {
                if Some(*other) != id {
                    twins.extend(inventory.workload(*other).map(|w| (*other, w)));
                }
            }
        }
        let near = |net: &IpNet| !address.within(net, Attributes::SOURCE_ADDRESS).is_no();
        let all = if self.lean { &[][..] } else { &inventory.network_sets };
        let sets = all.iter().filter(|s| s.nets.iter().any(near)).collect();
        let hosts = match address {
            Address::Exact(ip) => {
                inventory.host_endpoints.iter().filter(|h| h.expected_ips.contains(&ip)).collect()
            }
            _ => Vec::new(),
        };
        let node = match (workload, &address) {
            (Some(w), _) if w.host_network => Some(w.node.as_deref().or_else(|| match address {
                Address::Exact(ip) => self.index.node(ip),
                _ => None,
            })),
            (None, Address::Exact(ip)) => self.index.node(*ip).map(Some),
            _ => None,
        };
        let known_node = node.flatten().is_some_and(|n| inventory.nodes.contains_key(n));
        let may_be = |h: &&HostEndpoint| match (&address, node) {
            (Address::OneOf(ips), _) => h.expected_ips.iter().any(|ip| ips.contains(ip)),
            (Address::Unknown, Some(node)) => {
                !h.expected_ips.is_empty() && node.is_none_or(|node| node == h.node)
            }
            _ => false,
        };
        let maybe_hosts = inventory.host_endpoints.iter().filter(may_be).collect();
        End { id, workload, address, twins, sets, hosts, maybe_hosts, node, known_node }
    }

    /// The address of a workload in one family, as far as manifests say.
    fn address(&self, flow: &Flow<'_>, workload: &'m Workload, v6: bool) -> Address<'m> {
        let known = match &workload.addresses {
            Addresses::Exact(ips) => {
                let same = ips.iter().find(|ip| ip.is_ipv6() == v6);
                same.or(ips.first()).copied().map(Address::Exact)
            }
            Addresses::OneOf(ips) if ips.is_empty() => None,
            Addresses::OneOf(ips) => Some(Address::OneOf(of_family(ips, v6))),
            Addresses::Unknown => None,
        };
        match known {
            Some(address) => address,
            None if workload.host_network => self.host_address(flow, workload, v6),
            None => self.somewhere(flow, v6),
        }
    }

    /// Somewhere in the pod network: of one family where the flow says which.
    fn somewhere(&self, flow: &Flow<'_>, v6: bool) -> Address<'m> {
        let all = self.pod_networks;
        if flow.ip_version.is_none() {
            return Address::Within(all);
        }
        // IPv4 stands first.
        let (v4_nets, v6_nets) = all.split_at(all.partition_point(|n| n.addr().is_ipv4()));
        match if v6 { v6_nets } else { v4_nets } {
            [] => Address::Unknown,
            same => Address::Within(same),
        }
    }

    fn host_address(&self, flow: &Flow<'_>, workload: &Workload, v6: bool) -> Address<'m> {
        let node = workload.node.as_ref().and_then(|name| self.model.inventory.nodes.get(name));
        let all = node.map_or(&[][..], |n| &n.addresses);
        let any = all.first().filter(|_| flow.ip_version.is_none());
        let same = all.iter().find(|ip| ip.is_ipv6() == v6).or(any);
        same.map_or(Address::Unknown, |ip| Address::Exact(*ip))
    }
}

/// Handle, workload and explicit address of one end.
type Found<'m> = (Option<WorkloadId>, Option<&'m Workload>, Option<IpAddr>);

fn some(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(6).map(|n| format!("`{n}`")).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// The destination port by number; a name is a container port's.
fn port<E: Fault>(flow: &Flow<'_>, workload: Option<&Workload>) -> Result<Option<u16>, E> {
    match flow.port {
        Port::Unknown => Ok(None),
        Port::Number(n) => Ok(Some(n)),
        Port::Name(name) => workload
            .and_then(|w| {
                w.ports
                    .iter()
                    .filter(|p| !p.init)
                    .find(|p| p.name.as_deref() == Some(name) && p.protocol == flow.protocol)
            })
            .map(|p| Some(p.number))
            .ok_or_else(|| {
                E::make(|| {
                    Problem::new(
                        ErrorCode::InvalidFlow,
                        format!("the destination has no port named `{name}`"),
                    )
                    .field("port")
                    .help("give its number, or name a container port of that protocol")
                })
            }),
    }
}
