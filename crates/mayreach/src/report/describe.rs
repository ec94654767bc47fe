//! One workload: what selects it, in the order it is asked, and who may reach it.

use std::collections::BTreeSet;

use super::{Selecting, ask::Answer};
use crate::{
    Program,
    decision::{Layer, LayerDecision, Verdict},
    model::{
        Flow, Http, InlineWorkload, Peer, PolicyId, Port, Protocol, Request, ServiceId, WorkloadId,
        authz::AuthzAction,
        inventory::{TargetPort, Workload},
        network::Plugin,
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
    /// What no tier decides, in either direction.
    pub undecided: Verdict,
    /// What a plaintext client is told, for each port that differs or is declared, then for any
    /// other (`None`): that names the mode and where it comes from.
    pub mtls: Vec<(Option<u16>, LayerDecision)>,
    /// Policies on tokens that are asked.
    pub tokens: Vec<PolicyId>,
    /// Authorization policies that are asked, in that order.
    pub authorization: Vec<AuthorizationDescription>,
    /// Every other workload's answer, on each declared port.
    pub reached_by: Vec<Answer>,
}

/// An AuthorizationPolicy that is asked about a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizationDescription {
    /// The policy.
    pub policy: PolicyId,
    /// `ALLOW`, `DENY`, `AUDIT` or `CUSTOM`.
    pub action: &'static str,
    /// It reports and does not enforce.
    pub dry_run: bool,
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
            undecided: self.undecided(workload),
            mtls: self.mtls_of(id, workload),
            tokens: self.asked_of(id, Layer::Jwt),
            authorization: self.authorization_of(id),
            reached_by: self.callers_of(id),
        })
    }

    /// "Pods that no policy decides about are allowed by the profile of their namespace", which
    /// Calico does not have of one that is not defined.
    fn undecided(&self, workload: &Workload) -> Verdict {
        let model = &self.inner.model;
        let defined =
            model.inventory.namespaces.get(&workload.namespace).is_some_and(|n| n.defined);
        if model.network.plugin == Plugin::Calico && !defined && !workload.host_network {
            Verdict::Deny
        } else {
            Verdict::Allow
        }
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

    fn authorization_of(&self, id: WorkloadId) -> Vec<AuthorizationDescription> {
        let authz = &self.inner.model.authz;
        let asked = self.asked_of(id, Layer::Authorization).into_iter();
        let found = asked.filter_map(|id| authz.iter().find(|policy| policy.id == id));
        found
            .map(|policy| AuthorizationDescription {
                policy: policy.id,
                action: match policy.action {
                    AuthzAction::Allow => "ALLOW",
                    AuthzAction::Deny => "DENY",
                    AuthzAction::Audit => "AUDIT",
                    AuthzAction::Custom(_) => "CUSTOM",
                },
                dry_run: policy.dry_run,
            })
            .collect()
    }

    /// The policies that one layer asks about any request to a workload.
    fn asked_of(&self, id: WorkloadId, layer: Layer) -> Vec<PolicyId> {
        let outside = InlineWorkload::default();
        let port = self.declared_ports(id).into_iter().find_map(|(port, _)| port);
        let port = port.map_or(Port::Unknown, Port::Number);
        let mut flow = Flow::new(Peer::Inline(&outside), Peer::Id(id), port);
        flow.http = Http::Request(Request::default());
        flow.mtls = Some(true);
        let Ok(explanation) = self.explain(&flow) else { return Vec::new() };
        let layers = explanation.walks.iter().flat_map(|walk| &walk.layers);
        let steps = layers.filter(|l| l.decision.layer == layer).flat_map(|l| &l.steps);
        let mut out = Vec::new();
        for policy in steps.filter_map(|step| step.policy) {
            if !out.contains(&policy) {
                out.push(policy);
            }
        }
        out
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
