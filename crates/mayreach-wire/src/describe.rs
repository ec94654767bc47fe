//! The description of a workload as JSON.

use std::collections::BTreeMap;

use mayreach::{Description, LayerDecision, Program, Selecting, WorkloadInfo};
use serde::Serialize;

use crate::{
    decision::{LayerOut, PolicyOut},
    declared::AnswerOut,
    flow::protocol_name,
};

/// Everything that bears on one workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DescriptionOut {
    /// `namespace/name`.
    pub workload: String,
    /// `Pod`, `Deployment`, …
    pub kind: &'static str,
    /// `file:line`.
    pub at: Option<String>,
    /// Labels of the pod (template).
    pub labels: BTreeMap<String, String>,
    /// Labels of the namespace; `null` if nothing defines it.
    pub namespace_labels: Option<BTreeMap<String, String>>,
    /// Its service account.
    pub service_account: String,
    /// `none`, `sidecar`, `ambient`, `gateway` or `waypoint`.
    pub enrolment: &'static str,
    /// Whether it uses its node's network, which no policy governs.
    pub host_network: bool,
    /// Known addresses; empty for templates.
    pub addresses: Vec<String>,
    /// Declared ports.
    pub ports: Vec<PortOut>,
    /// Services that lead to it.
    pub services: Vec<ServiceOut>,
    /// Network policies that govern its egress, in the order they are asked.
    pub egress: Vec<SelectingOut>,
    /// Network policies that govern its ingress, in the order they are asked.
    pub ingress: Vec<SelectingOut>,
    /// What no tier decides: `allow`, or `deny` where Calico knows no such namespace.
    pub undecided: &'static str,
    /// What a plaintext client is told on each port; `port` is `null` for every other.
    pub mtls: Vec<MtlsOut>,
    /// Policies on tokens that are asked.
    pub tokens: Vec<PolicyOut>,
    /// Authorization policies that are asked, in that order.
    pub authorization: Vec<AuthorizationOut>,
    /// Every other workload's answer, on each declared port.
    pub reached_by: Vec<AnswerOut>,
}

/// A declared port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortOut {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub protocol: String,
}

/// A Service that leads to the workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceOut {
    /// `namespace/name`.
    pub service: String,
    /// Its ports.
    pub ports: Vec<ServicePortOut>,
}

/// A port of a Service and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServicePortOut {
    /// The Service's port.
    pub port: u16,
    /// Its protocol.
    pub protocol: String,
    /// Number or name of the pod's port.
    pub target: String,
}

/// A network policy that governs one direction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelectingOut {
    /// The policy.
    pub policy: PolicyOut,
    /// Its tier.
    pub tier: String,
    /// Its order in the tier; `null` is last.
    pub order: Option<f64>,
    /// It takes part in reports, never in verdicts.
    pub staged: bool,
    /// What the tier's enforced policies do not decide: `deny`, or `pass` to the next tier.
    pub tier_default: &'static str,
}

/// An AuthorizationPolicy that is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorizationOut {
    /// `ALLOW`, `DENY`, `AUDIT` or `CUSTOM`.
    pub action: &'static str,
    /// The policy.
    pub policy: PolicyOut,
    /// It reports and does not enforce.
    pub dry_run: bool,
    /// The external authorizer that CUSTOM asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// The mode of mTLS on a port.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MtlsOut {
    /// The port; `null` for every other.
    pub port: Option<u16>,
    /// What a plaintext client is told.
    #[serde(flatten)]
    pub decision: LayerOut,
}

impl DescriptionOut {
    /// The description with every name spelled out.
    pub fn new(program: &Program, info: &WorkloadInfo<'_>, description: &Description) -> Self {
        let owned = |(k, v): (&str, &str)| (k.to_owned(), v.to_owned());
        let policies =
            |all: &[Selecting]| all.iter().map(|one| SelectingOut::new(program, one)).collect();
        let labels = description.namespace_labels.as_ref();
        Self {
            workload: info.to_string(),
            kind: info.kind(),
            at: info.at().map(|at| at.to_string()),
            labels: info.labels().map(owned).collect(),
            namespace_labels: labels.map(|labels| labels.iter().cloned().collect()),
            service_account: info.service_account().to_owned(),
            enrolment: info.enrolment(),
            host_network: info.host_network(),
            addresses: info.addresses().iter().map(ToString::to_string).collect(),
            ports: info
                .ports()
                .map(|(name, port, protocol)| PortOut {
                    name: name.map(str::to_owned),
                    port,
                    protocol: protocol_name(protocol),
                })
                .collect(),
            services: description.services.iter().map(ServiceOut::from).collect(),
            egress: policies(&description.egress),
            ingress: policies(&description.ingress),
            undecided: description.undecided.as_str(),
            mtls: description
                .mtls
                .iter()
                .map(|(port, layer)| MtlsOut::new(program, *port, layer))
                .collect(),
            tokens: description.tokens.iter().map(|id| PolicyOut::placed(program, *id)).collect(),
            authorization: description
                .authorization
                .iter()
                .map(|one| AuthorizationOut {
                    action: one.action,
                    policy: PolicyOut::placed(program, one.policy),
                    dry_run: one.dry_run,
                    provider: program.provider(one.policy).map(str::to_owned),
                })
                .collect(),
            reached_by: description
                .reached_by
                .iter()
                .map(|answer| AnswerOut::new(program, answer))
                .collect(),
        }
    }
}

impl From<&mayreach::ServiceDescription> for ServiceOut {
    fn from(service: &mayreach::ServiceDescription) -> Self {
        let ports = service.ports.iter().map(|(port, protocol, target)| ServicePortOut {
            port: *port,
            protocol: protocol_name(*protocol),
            target: target.clone(),
        });
        Self { service: format!("{}/{}", service.namespace, service.name), ports: ports.collect() }
    }
}

impl SelectingOut {
    fn new(program: &Program, one: &Selecting) -> Self {
        Self {
            policy: PolicyOut::placed(program, one.policy),
            tier: program.tier(one.tier).unwrap_or_default().to_owned(),
            order: one.order,
            staged: one.staged,
            tier_default: if one.tier_passes { "pass" } else { "deny" },
        }
    }
}

impl MtlsOut {
    fn new(program: &Program, port: Option<u16>, layer: &LayerDecision) -> Self {
        // The reason of this layer names no policies that a flow would have to find.
        let nobody = mayreach::InlineWorkload::default();
        let end = mayreach::Peer::Inline(&nobody);
        let flow = mayreach::Flow::new(end, end, mayreach::Port::Unknown);
        Self { port, decision: LayerOut::new(program, &flow, layer) }
    }
}
