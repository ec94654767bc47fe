//! Look-ups by name and by address.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use super::postings::Postings;
use crate::model::{
    ServiceId, WorkloadId,
    inventory::{Addresses, Inventory, SlicePort, TargetPort, Workload, WorkloadKind},
};

/// Finds what a flow names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    workloads: HashMap<String, HashMap<String, WorkloadId>>,
    services: HashMap<String, HashMap<String, ServiceId>>,
    addresses: HashMap<IpAddr, Vec<WorkloadId>>,
    /// Node name by address.
    nodes: HashMap<IpAddr, String>,
    /// Backends of each service, in order.
    backends: Vec<Vec<Backend>>,
    /// Services by ClusterIP.
    cluster_ips: HashMap<IpAddr, ServiceId>,
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

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Index {
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let mut index = Self::default();
        for (n, workload) in inventory.workloads.iter().enumerate() {
            index.add_workload(WorkloadId(number(n)), workload);
        }
        for (name, node) in &inventory.nodes {
            for address in &node.addresses {
                index.nodes.insert(*address, name.clone());
            }
        }
        index.add_host_network(inventory);
        index.selected_by = vec![Vec::new(); inventory.workloads.len()];
        for (n, service) in inventory.services.iter().enumerate() {
            let id = ServiceId(number(n));
            let names = index.services.entry(service.namespace.clone()).or_default();
            names.insert(service.name.clone(), id);
            for ip in &service.cluster_ips {
                index.cluster_ips.insert(*ip, id);
            }
        }
        index.add_backends(inventory);
        index
    }

    fn add_workload(&mut self, id: WorkloadId, workload: &Workload) {
        let names = self.workloads.entry(workload.namespace.clone()).or_default();
        match names.get(&workload.name) {
            // A controller goes before a pod of the same name.
            Some(_) if workload.kind == WorkloadKind::Pod => {}
            _ => {
                names.insert(workload.name.clone(), id);
            }
        }
        // A controller's addresses are its pods'; the pods themselves answer for them.
        if workload.finished || workload.host_network {
            return;
        }
        if let Addresses::Exact(ips) = &workload.addresses {
            for ip in ips {
                self.addresses.entry(*ip).or_default().push(id);
            }
        }
    }

    /// Pods on the host's network tell a node's address where no Node object does.
    fn add_host_network(&mut self, inventory: &Inventory) {
        for workload in inventory.workloads.iter().filter(|w| w.host_network) {
            if let (Some(node), Addresses::Exact(ips)) = (&workload.node, &workload.addresses) {
                for ip in ips {
                    self.nodes.entry(*ip).or_insert_with(|| node.clone());
                }
            }
        }
    }

    /// The endpoints of a Service: pods its selector matches, as the endpoint controller does it,
    /// or what its slices list.
    fn add_backends(&mut self, inventory: &Inventory) {
        let postings = Postings::new(inventory);
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
                found = self.listed(inventory, &service.namespace, &service.name);
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

    fn listed(&self, inventory: &Inventory, namespace: &str, name: &str) -> Vec<Backend> {
        let slices = inventory.slices.iter();
        let mine = slices.filter(|s| s.namespace == namespace && s.service == name);
        mine.flat_map(|slice| {
            slice
                .addresses
                .iter()
                .map(|ip| Backend::Listed(*ip, self.at(*ip).first().copied(), slice.ports.clone()))
        })
        .collect()
    }

    pub(crate) fn workload(&self, namespace: &str, name: &str) -> Option<WorkloadId> {
        self.workloads.get(namespace)?.get(name).copied()
    }

    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<ServiceId> {
        self.services.get(namespace)?.get(name).copied()
    }

    pub(crate) fn at(&self, ip: IpAddr) -> &[WorkloadId] {
        self.addresses.get(&ip).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn node(&self, ip: IpAddr) -> Option<&str> {
        self.nodes.get(&ip).map(String::as_str)
    }

    /// The Service whose ClusterIP an address is.
    pub(crate) fn cluster_ip(&self, ip: IpAddr) -> Option<ServiceId> {
        self.cluster_ips.get(&ip).copied()
    }

    /// Backends of a service; a controller stands for its pods.
    pub(crate) fn backends(&self, id: ServiceId) -> &[Backend] {
        self.backends.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Services whose endpoints a workload is.
    pub(crate) fn services_of(&self, id: WorkloadId) -> &[ServiceId] {
        self.selected_by.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Names near a wrong one, for error messages.
    pub(crate) fn workload_names(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut spaces: Vec<_> = self.workloads.iter().collect();
        spaces.sort_by_key(|(namespace, _)| namespace.as_str());
        for (namespace, names) in spaces {
            let mut sorted: Vec<&str> = names.keys().map(String::as_str).collect();
            sorted.sort_unstable();
            out.insert(namespace, sorted);
        }
        out
    }
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
