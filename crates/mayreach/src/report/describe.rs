//! One workload: what selects it, in the order it is asked, and who may reach it.

use std::collections::BTreeSet;

use super::{Selecting, ask::Answer};
use crate::{
    Program,
    decision::{Layer, LayerDecision},
    model::{
        Flow, InlineWorkload, Peer, Port, Protocol, ServiceId, WorkloadId,
        inventory::{TargetPort, Workload},
    },
};

/// Everything that bears on one workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The workload.
    pub workload: WorkloadId,
    /// Labels of its namespace; `None` if nothing defines that.
    pub namespace_labels: Option<Vec<(String, String)>>,
    /// Services that lead to it.
    pub services: Vec<ServiceDescription>,
    /// Network policies that govern its egress, in the order they are asked.
    pub egress: Vec<Selecting>,
    /// Network policies that govern its ingress, in the order they are asked.
    pub ingress: Vec<Selecting>,
    /// What a plaintext client is told, for each port that differs or is declared, then for any
    /// other (`None`): that names the mode and where it comes from.
    pub mtls: Vec<(Option<u16>, LayerDecision)>,
    /// Every other workload's answer, on each declared port.
    pub reached_by: Vec<Answer>,
}

/// A Service that leads to a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDescription {
    /// Its handle.
    pub service: ServiceId,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its ports: port, protocol, and the number or name it leads to.
    pub ports: Vec<(u16, Protocol, String)>,
}

impl Program {
    /// What bears on a workload; `None` if there is no such workload.
    pub fn describe(&self, id: WorkloadId) -> Option<Description> {
        let workload = self.inner.model.inventory.workload(id)?;
        let namespace = self.inner.model.inventory.namespaces.get(&workload.namespace);
        let labels =
            namespace.filter(|n| n.defined).map(|n| n.labels.clone().into_iter().collect());
        Some(Description {
            workload: id,
            namespace_labels: labels,
            services: self.services_of(id),
            egress: self.selecting_workload(workload, true),
            ingress: self.selecting_workload(workload, false),
            mtls: self.mtls_of(id, workload),
            reached_by: self.callers_of(id),
        })
    }

    fn services_of(&self, id: WorkloadId) -> Vec<ServiceDescription> {
        let inventory = &self.inner.model.inventory;
        let ids = self.inner.index.services_of(id).iter();
        let services = ids.filter_map(|id| inventory.service(*id).map(|service| (*id, service)));
        services
            .map(|(id, service)| ServiceDescription {
                service: id,
                namespace: service.namespace.clone(),
                name: service.name.clone(),
                ports: service
                    .ports
                    .iter()
                    .map(|port| {
                        let target = match &port.target {
                            TargetPort::Number(number) => number.to_string(),
                            TargetPort::Name(name) => name.clone(),
                        };
                        (port.port, port.protocol, target)
                    })
                    .collect(),
            })
            .collect()
    }

    /// Asks as a plaintext client from outside: whatever the answer, it names the mode.
    fn mtls_of(&self, id: WorkloadId, workload: &Workload) -> Vec<(Option<u16>, LayerDecision)> {
        let declared = self.declared_ports(id).into_iter();
        let tcp = declared.filter(|(_, protocol)| *protocol == Protocol::Tcp);
        let mut ports: BTreeSet<u16> = tcp.filter_map(|(port, _)| port).collect();
        let near = self.inner.model.peer_auth.iter().filter(|p| p.namespace == workload.namespace);
        ports.extend(near.flat_map(|policy| policy.ports.keys().copied()));
        let other = (1..=u16::MAX).rev().find(|port| !ports.contains(port));
        let outside = InlineWorkload::default();
        let ask = |port: u16| {
            let mut flow = Flow::new(Peer::Inline(&outside), Peer::Id(id), Port::Number(port));
            flow.mtls = Some(false);
            let layers = self.decide(&flow).layers;
            layers.into_iter().find(|layer| layer.layer == Layer::Mtls)
        };
        let own = ports.iter().filter_map(|port| ask(*port).map(|layer| (Some(*port), layer)));
        let rest = other.and_then(ask).map(|layer| (None, layer));
        own.chain(rest).collect()
    }

    fn callers_of(&self, id: WorkloadId) -> Vec<Answer> {
        let ports = self.declared_ports(id);
        let callers = self.principals().map(|caller| caller.id());
        let callers = callers.filter(|caller| *caller != id);
        callers
            .flat_map(|caller| ports.iter().map(move |port| (caller, *port)))
            .map(|(caller, port)| self.ask(caller, id, port))
            .collect()
    }
}
