//! Which policies a proxy gets (pilot/pkg/model/policyattachment.go `ShouldAttachPolicy`).

use crate::{
    decision::mesh::Proxy,
    model::{
        authz::{Attach, TargetKind},
        inventory::{Mesh, Service, Workload},
    },
};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// Who asks for its policies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chooser<'a> {
    pub(crate) mesh: &'a Mesh,
    pub(crate) proxy: Proxy,
    /// The workload that runs the proxy.
    pub(crate) workload: &'a Workload,
    /// At a waypoint: the Service in scope.
    pub(crate) service: Option<&'a Service>,
}

impl Chooser<'_> {
    /// "Namespaces searched: root namespace, workload namespace, namespace of the service in
    /// scope".
    fn looks_in(&self, namespace: &str) -> bool {
        namespace == self.mesh.root_namespace
            || namespace == self.workload.namespace
            || self.service.is_some_and(|s| s.namespace == namespace)
    }

    /// Whether a policy of that namespace and attachment applies.
    pub(crate) fn takes(&self, namespace: &str, attach: &Attach) -> bool {
        if !self.looks_in(namespace) {
            return false;
        }
        // "Workload is Gateway API iff it carries the gateway-name label".
        let gateway = self.workload.labels.get(GATEWAY_NAME);
        let waypoint = self.proxy == Proxy::Waypoint;
        match (attach, gateway) {
            // "Not Gateway API: any targetRef ⇒ policy ignored".
            (Attach::Targets(_), None) => false,
            // "waypoint ⇒ ignored; other gateway ⇒ selector semantics".
            (Attach::Namespace | Attach::Labels(_), Some(_)) if waypoint => false,
            (Attach::Namespace, _) => true,
            // "matchLabels ⊆ labels (empty selector = all)".
            (Attach::Labels(pairs), _) => {
                pairs.iter().all(|(k, v)| self.workload.labels.get(k).is_some_and(|l| l == v))
            }
            (Attach::Targets(targets), Some(gateway)) => targets.iter().any(|t| match t.kind {
                TargetKind::Service | TargetKind::ServiceEntry => {
                    let entry = t.kind == TargetKind::ServiceEntry;
                    waypoint
                        && self.service.is_some_and(|s| {
                            s.entry == entry && s.name == t.name && s.namespace == namespace
                        })
                }
                TargetKind::GatewayClass => {
                    waypoint && namespace == self.mesh.root_namespace && t.name == "istio-waypoint"
                }
                TargetKind::Gateway => namespace == self.workload.namespace && t.name == *gateway,
            }),
        }
    }
}
