//! Addresses by which the cluster is called from outside: nodes translate them before any policy
//! of a pod is asked.

use crate::{
    decision::resolve::{Fault, Found, Resolver},
    error::{ErrorCode, Problem},
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
    ///
    /// # Errors
    /// A node's port that is called from inside: the client's egress policy sees the node, the
    /// ingress policy at the end perhaps another node (kube-proxy masquerades).
    pub(super) fn translated<E: Fault>(
        &self,
        flow: &Flow<'m>,
        source: &Found<'m>,
    ) -> Result<Option<Translated<'m>>, E> {
        let (Peer::Ip(ip), Port::Number(number)) = (flow.destination, flow.port) else {
            return Ok(None);
        };
        if let Some(id) = self.index.external(ip, flow.protocol, number) {
            return Ok(Some(Translated::Service(id, flow.port)));
        }
        let Some(node) = self.index.node(ip) else { return Ok(None) };
        let behind = match self.index.node_port(flow.protocol, number) {
            Some((id, port)) => Translated::Service(id, Port::Number(port)),
            None => match self.behind_host_port(node, flow.protocol, number) {
                Some((id, port)) => Translated::Pod(id, port),
                None => return Ok(None),
            },
        };
        let inside = source.1.is_some() || source.2.is_some_and(|ip| self.index.node(ip).is_some());
        if !inside {
            return Ok(Some(behind));
        }
        Err(E::make(|| {
            let message = format!("the node translates its port {number} once more");
            Problem::new(ErrorCode::InvalidFlow, message).field("destination.ip").help(
                "from inside the cluster ask two flows: to the node's address on another port, and \
                 from the node's address to the Service or pod",
            )
        }))
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
