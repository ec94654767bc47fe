//! Questions that every report asks: which workloads stand for themselves, on which ports.

use crate::{
    Program, Verdict, WorkloadInfo,
    decision::{Decision, Layer, Reason},
    model::{
        Attributes, Flow, Peer, Port, Protocol, WorkloadId,
        inventory::{TargetPort, WorkloadKind},
    },
};

/// The answer for one pair of workloads on one port, of which nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who asks.
    pub from: WorkloadId,
    /// Whom.
    pub to: WorkloadId,
    /// The port; `None` where the destination declares none: any port.
    pub port: Option<u16>,
    /// The protocol.
    pub protocol: Protocol,
    /// The verdict: undetermined is "depends on the request".
    pub verdict: Verdict,
    /// The layer that decides.
    pub decided_by: Option<Layer>,
    /// What it depends on.
    pub depends_on: Attributes,
}

impl Program {
    /// Workloads that stand for themselves: pods of a controller among the manifests do not.
    pub fn principals(&self) -> impl Iterator<Item = WorkloadInfo<'_>> {
        self.workloads().filter(|workload| workload.owner().is_none())
    }

    /// Ports that a workload declares, or that a Service leads to; any port if there is none.
    pub fn declared_ports(&self, id: WorkloadId) -> Vec<(Option<u16>, Protocol)> {
        let inventory = &self.inner.model.inventory;
        let Some(workload) = inventory.workload(id) else { return Vec::new() };
        // An init container listens only before the pod serves.
        let own = workload.ports.iter().filter(|port| !port.init);
        let mut ports: Vec<_> = own.map(|port| (Some(port.number), port.protocol)).collect();
        for service in self.inner.index.services_of(id) {
            let Some(service) = inventory.service(*service) else { continue };
            ports.extend(service.ports.iter().filter_map(|port| match port.target {
                TargetPort::Number(number) => Some((Some(number), port.protocol)),
                // A named port is a declared one.
                TargetPort::Name(_) => None,
            }));
        }
        ports.sort_unstable();
        ports.dedup();
        if ports.is_empty() {
            ports.push((None, Protocol::Tcp));
        }
        ports
    }

    /// Asks one pair on one port.
    pub(super) fn ask(
        &self,
        from: WorkloadId,
        to: WorkloadId,
        (port, protocol): (Option<u16>, Protocol),
    ) -> Answer {
        let number = port.map_or(Port::Unknown, Port::Number);
        let mut flow = Flow::new(Peer::Id(from), Peer::Id(to), number);
        flow.protocol = protocol;
        let decision = self.decide(&flow);
        let (verdict, decided_by) = (decision.verdict, decision.decided_by);
        let depends_on = depends_on(&decision);
        Answer { from, to, port, protocol, verdict, decided_by, depends_on }
    }

    /// Whether a workload is one pod, which does not reach itself over the network.
    pub fn is_single(&self, id: WorkloadId) -> bool {
        let workload = self.inner.model.inventory.workload(id);
        workload.is_some_and(|w| matches!(w.kind, WorkloadKind::Pod | WorkloadKind::WorkloadEntry))
    }
}

/// What an open verdict depends on.
pub(super) fn depends_on(decision: &Decision) -> Attributes {
    if decision.verdict != Verdict::Undetermined {
        return Attributes::NONE;
    }
    let open = decision.layers.iter().filter(|layer| layer.verdict == Verdict::Undetermined);
    open.fold(Attributes::NONE, |all, layer| {
        all.union(match layer.reason {
            Reason::Missing { attributes, .. } => attributes,
            Reason::Provider { .. } => Attributes::EXT_AUTHZ,
            Reason::NotEvaluated { .. } => Attributes::UNEVALUATED,
            _ => Attributes::NONE,
        })
    })
}
