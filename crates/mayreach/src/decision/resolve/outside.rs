//! Addresses by which the cluster is called from outside: nodes translate them before any policy
//! of a pod is asked.

use crate::{
    decision::resolve::{Resolver, door::Door},
    model::{Flow, Peer, Port, Protocol, ServiceId, WorkloadId},
};

/// What a node makes of an address and port from outside.
pub(super) enum Translated<'m> {
    /// A Service, on its own port.
    Service(ServiceId, Port<'m>),
    /// A pod, on its own port.
    Pod(WorkloadId, u16),
}

impl<'m> Resolver<'m> {
    /// Where an address leads that is neither a pod's nor a ClusterIP: one of a load balancer, or
    /// a node's with a node port or the host port of a pod.
    pub(super) fn translated(&self, flow: &Flow<'m>) -> Option<(Translated<'m>, Door<'m>)> {
        let (Peer::Ip(ip), Port::Number(number)) = (flow.destination, flow.port) else {
            return None;
        };
        let local = |id| self.model.inventory.service(id).is_some_and(|s| s.external_local);
        if let Some(id) = self.index.external(ip, flow.protocol, number) {
            let (local, pinned) = (local(id), false);
            let door = Door { node: None, address: ip, port: number, local, pinned };
            return Some((Translated::Service(id, flow.port), door));
        }
        let node = self.index.node(ip)?;
        let door =
            |local, pinned| Door { node: Some(node), address: ip, port: number, local, pinned };
        if let Some((id, port)) = self.index.node_port(flow.protocol, number) {
            return Some((Translated::Service(id, Port::Number(port)), door(local(id), false)));
        }
        let (id, port) = self.behind_host_port(node, flow.protocol, number)?;
        // "portmap": translated on the pod's own node, and masqueraded after its policy.
        Some((Translated::Pod(id, port), door(true, true)))
    }

    /// The pod that a host port of a node leads to: one that runs there, else one of a controller
    /// that may.
    fn behind_host_port(
        &self,
        node: &str,
        protocol: Protocol,
        number: u16,
    ) -> Option<(WorkloadId, u16)> {
        let node_of = |id: WorkloadId| self.model.inventory.workload(id)?.node.as_deref();
        let all = self.index.host_port(protocol, number).iter().copied();
        let here = all.clone().find(|(id, _)| node_of(*id) == Some(node));
        here.or_else(|| all.clone().find(|(id, _)| node_of(*id).is_none()))
    }
}
