//! Look-ups by name and by address.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use super::{
    names::{ByIp, Names},
    postings::Postings,
};
use crate::{
    model::{
        Protocol, ServiceId, WorkloadId,
        inventory::{
            Addresses, EndpointSlice, Inventory, Service, SlicePort, TargetPort, Workload,
            WorkloadKind,
        },
    },
    shared::number,
};

/// Finds what a flow names.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    workloads: Names,
    services: Names,
    addresses: ByIp<Vec<WorkloadId>>,
    /// Node name by address.
    nodes: ByIp<String>,
    /// Backends of each service, in order.
    backends: Vec<Vec<Backend>>,
    /// Services by ClusterIP.
    cluster_ips: ByIp<ServiceId>,
    /// Services by the addresses and ports that they are called by from outside.
    external: HashMap<(IpAddr, Protocol, u16), ServiceId>,
    /// Services by node port.
    node_ports: HashMap<(Protocol, u16), (ServiceId, u16)>,
    /// Pods by a port of their node.
    host_ports: HashMap<(Protocol, u16), Vec<(WorkloadId, u16)>>,
    /// Services that select each workload.
    selected_by: Vec<Vec<ServiceId>>,
}

/// Where a Service sends a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Backend {
    Workload(WorkloadId),
    /// What a slice lists: an address, whose it is, and the ports that its slice gives.
    Listed(IpAddr, Option<WorkloadId>, Vec<SlicePort>),
}

impl Backend {
    /// The workload that answers, if one is known.
    pub(crate) const fn workload(&self) -> Option<WorkloadId> {
        match self {
            Self::Workload(id) => Some(*id),
            Self::Listed(_, id, _) => *id,
        }
    }
}

/// Slices by the namespace and name of their Service.
type Slices<'m> = HashMap<(&'m str, &'m str), Vec<&'m EndpointSlice>>;

impl Index {
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let services = inventory.services.iter();
        let names = services.clone().zip(0_u32..);
        let cluster_ips: BTreeMap<IpAddr, ServiceId> = services
            .zip(0_u32..)
            .flat_map(|(s, n)| s.cluster_ips.iter().map(move |ip| (*ip, ServiceId(n))))
            .collect();
        let mut index = Self {
            workloads: workload_names(inventory),
            services: Names::new(names.map(|(s, n)| (s.namespace.as_str(), s.name.as_str(), n))),
            addresses: addresses(inventory),
            nodes: nodes(inventory),
            backends: Vec::new(),
            cluster_ips: ByIp::new(cluster_ips.into_iter().collect()),
            external: HashMap::new(),
            node_ports: HashMap::new(),
            host_ports: host_ports(inventory),
            selected_by: vec![Vec::new(); inventory.workloads.len()],
        };
        for (service, n) in inventory.services.iter().zip(0_u32..) {
            index.add_outside(ServiceId(n), service);
        }
        index.add_backends(inventory);
        index
    }

    fn add_outside(&mut self, id: ServiceId, service: &Service) {
        for port in &service.ports {
            for ip in &service.external_ips {
                self.external.insert((*ip, port.protocol, port.port), id);
            }
            if let Some(number) = port.node_port {
                self.node_ports.insert((port.protocol, number), (id, port.port));
            }
        }
    }

    /// The endpoints of a Service: pods its selector matches, as the endpoint controller does it,
    /// or what its slices list.
    fn add_backends(&mut self, inventory: &Inventory) {
        let postings = Postings::new(inventory);
        let mut slices: Slices<'_> = HashMap::new();
        for slice in &inventory.slices {
            slices.entry((&slice.namespace, &slice.service)).or_default().push(slice);
        }
        for (n, service) in inventory.services.iter().enumerate() {
            let id = ServiceId(number(n));
            let mut found: Vec<Backend> = Vec::new();
            if !service.selector.is_empty() {
                let pods = postings.with_all(&service.selector).iter().copied().filter(|w| {
                    let pod = inventory.workload(WorkloadId(*w));
                    pod.is_some_and(|w| !w.finished && service.selects(w))
                });
                found.extend(pods.map(|w| Backend::Workload(WorkloadId(w))));
            }
            if found.is_empty() {
                let mine = slices.get(&(service.namespace.as_str(), service.name.as_str()));
                found = self.listed(mine.map_or(&[], Vec::as_slice));
            }
            found.sort_unstable();
            found.dedup();
            for backend in &found {
                if let Some(workload) = backend.workload()
                    && let Some(list) = self.selected_by.get_mut(workload.0 as usize)
                    && list.last() != Some(&id)
                {
                    list.push(id);
                }
            }
            self.backends.push(found);
        }
    }

    fn listed(&self, slices: &[&EndpointSlice]) -> Vec<Backend> {
        slices
            .iter()
            .flat_map(|slice| {
                slice.addresses.iter().map(|ip| {
                    Backend::Listed(*ip, self.at(*ip).first().copied(), slice.ports.clone())
                })
            })
            .collect()
    }

    #[inline]
    pub(crate) fn workload(&self, namespace: &str, name: &str) -> Option<WorkloadId> {
        self.workloads.get(namespace, name).map(WorkloadId)
    }

    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<ServiceId> {
        self.services.get(namespace, name).map(ServiceId)
    }

    pub(crate) fn at(&self, ip: IpAddr) -> &[WorkloadId] {
        self.addresses.get(ip).map_or(&[], Vec::as_slice)
    }

    /// Whether other workloads have an address of this one.
    pub(crate) fn is_shared(&self, workload: &Workload) -> bool {
        match &workload.addresses {
            Addresses::Exact(ips) => ips.iter().any(|ip| self.at(*ip).len() > 1),
            Addresses::OneOf(_) | Addresses::Unknown => false,
        }
    }

    pub(crate) fn node(&self, ip: IpAddr) -> Option<&str> {
        self.nodes.get(ip).map(String::as_str)
    }

    /// The Service whose ClusterIP an address is.
    pub(crate) fn cluster_ip(&self, ip: IpAddr) -> Option<ServiceId> {
        self.cluster_ips.get(ip).copied()
    }

    /// The Service that an address from outside and a port lead to.
    pub(crate) fn external(&self, ip: IpAddr, protocol: Protocol, port: u16) -> Option<ServiceId> {
        self.external.get(&(ip, protocol, port)).copied()
    }

    /// The Service behind a port of every node, and the Service's own port.
    pub(crate) fn node_port(&self, protocol: Protocol, port: u16) -> Option<(ServiceId, u16)> {
        self.node_ports.get(&(protocol, port)).copied()
    }

    /// The pods that a port of a node may lead to, each with its own port.
    pub(crate) fn host_port(&self, protocol: Protocol, port: u16) -> &[(WorkloadId, u16)] {
        self.host_ports.get(&(protocol, port)).map_or(&[], Vec::as_slice)
    }

    /// Backends of a service; a controller stands for its pods.
    pub(crate) fn backends(&self, id: ServiceId) -> &[Backend] {
        self.backends.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether a workload of the inventory is among them.
    pub(crate) fn is_backend(&self, id: ServiceId, workload: WorkloadId) -> bool {
        self.backends(id).binary_search(&Backend::Workload(workload)).is_ok()
    }

    /// Services whose endpoints a workload is.
    pub(crate) fn services_of(&self, id: WorkloadId) -> &[ServiceId] {
        self.selected_by.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Names near a wrong one, for error messages.
    pub(crate) fn workload_names(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (namespace, name) in self.workloads.all() {
            out.entry(namespace).or_default().push(name);
        }
        for names in out.values_mut() {
            names.sort_unstable();
            names.dedup();
        }
        out
    }
}

/// A controller goes before a pod of the same name; of others, the last.
fn workload_names(inventory: &Inventory) -> Names {
    let all = || inventory.workloads.iter().enumerate();
    let pods = all().filter(|(_, w)| w.kind == WorkloadKind::Pod).rev();
    let others = all().filter(|(_, w)| w.kind != WorkloadKind::Pod);
    let all = pods.chain(others);
    Names::new(all.map(|(n, w)| (w.namespace.as_str(), w.name.as_str(), number(n))))
}

/// A controller's addresses are its pods'; the pods themselves answer for them.
fn addresses(inventory: &Inventory) -> ByIp<Vec<WorkloadId>> {
    let mut at: BTreeMap<IpAddr, Vec<WorkloadId>> = BTreeMap::new();
    for (workload, n) in inventory.workloads.iter().zip(0_u32..) {
        if let (false, false, Addresses::Exact(ips)) =
            (workload.finished, workload.host_network, &workload.addresses)
        {
            for ip in ips {
                at.entry(*ip).or_default().push(WorkloadId(n));
            }
        }
    }
    ByIp::new(at.into_iter().collect())
}

/// Nodes by address; pods on the host's network tell a node's where no Node object does.
fn nodes(inventory: &Inventory) -> ByIp<String> {
    let mut at: BTreeMap<IpAddr, String> = BTreeMap::new();
    for (name, node) in &inventory.nodes {
        at.extend(node.addresses.iter().map(|ip| (*ip, name.clone())));
    }
    for workload in inventory.workloads.iter().filter(|w| w.host_network) {
        if let (Some(node), Addresses::Exact(ips)) = (&workload.node, &workload.addresses) {
            for ip in ips {
                at.entry(*ip).or_insert_with(|| node.clone());
            }
        }
    }
    ByIp::new(at.into_iter().collect())
}

/// Ports of nodes that the container runtime leads to pods; on the host's network they are the
/// pods' own.
fn host_ports(inventory: &Inventory) -> HashMap<(Protocol, u16), Vec<(WorkloadId, u16)>> {
    let mut found: HashMap<(Protocol, u16), Vec<(WorkloadId, u16)>> = HashMap::new();
    let workloads = inventory.workloads.iter().zip(0_u32..);
    for (workload, n) in workloads.filter(|(w, _)| !w.host_network && !w.finished) {
        for port in &workload.ports {
            if let Some(number) = port.host_port {
                let led = (WorkloadId(n), port.number);
                found.entry((port.protocol, number)).or_default().push(led);
            }
        }
    }
    found
}

/// The number behind a Service's target port on one workload: "containers, then init containers
/// that restart always" (kubernetes pkg/api/v1/pod `FindPort`); other init containers are done
/// before the pod serves.
pub(crate) fn target_number(
    target: &TargetPort,
    protocol: crate::model::Protocol,
    workload: &Workload,
) -> Option<u16> {
    match target {
        TargetPort::Number(n) => Some(*n),
        TargetPort::Name(name) => workload
            .ports
            .iter()
            .find(|p| !p.init && p.name.as_deref() == Some(name) && p.protocol == protocol)
            .map(|p| p.number),
    }
}
