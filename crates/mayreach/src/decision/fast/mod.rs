//! The compiled evaluator: the same answers as the reference, from what compiling prepared.

mod authz;
mod client;
mod conditions;
mod links;
mod mesh;
pub(crate) mod network;
mod seats;
mod view;

pub(crate) use self::seats::Seats;
use self::seats::{Kind, Seat};

use crate::{
    compiled::{Authz, Net, Rows, rows::Cell},
    decision::{
        ClientSees, Decision, Layer, LayerDecision, Reason, Verdict, combine, mesh as slow,
        reference,
        resolve::{Asked, End},
        trace::Trace,
        unevaluated::left_open,
    },
    model::{Flow, Model, Protocol, WorkloadId},
    options::Without,
};

/// Everything that is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fast<'p> {
    pub(crate) model: &'p Model,
    pub(crate) net: &'p Net,
    pub(crate) rows: &'p Rows,
    pub(crate) authz: &'p Authz,
    pub(crate) seats: &'p Seats,
    pub(crate) without: Without,
}

impl Fast<'_> {
    /// A flow from one known workload to another; `None`: more has to be worked out.
    pub(crate) fn pair(
        &self,
        flow: &Flow<'_>,
        (from, to): (WorkloadId, WorkloadId),
        port: u16,
    ) -> Option<Decision> {
        if self.without.pairs || self.without.mesh {
            return None;
        }
        let (source, _) = self.seats.of(from)?;
        let (destination, class) = self.seats.of(to)?;
        // Between captured workloads TCP travels in a tunnel, and packets show its port.
        let captured = |seat: &Seat| matches!(seat.kind, Kind::Ambient | Kind::Waypoint);
        if source.open | destination.open != 0 || (captured(source) && captured(destination)) {
            return None;
        }
        let [egress, ingress] = self.network((from, to), flow.protocol, port)?;
        let way = mesh::Way {
            flow,
            source: Some(source),
            class,
            port: Some(port),
            service: None,
            asked: None,
        };
        let [mtls, jwt, authorization] = self.mesh().pass(&way)?;
        let layers = [egress, ingress, mtls.0, jwt.0, authorization.0];
        let network = Some(ClientSees::Timeout);
        let mut decision =
            combine::layers(layers, [network, network, mtls.1, jwt.1, authorization.1]);
        decision.destination = Some(to);
        decision.port = Some(port);
        Some(decision)
    }

    /// Both directions of network policy between workloads; `None`: more has to be worked out.
    pub(crate) fn network(
        &self,
        (from, to): (WorkloadId, WorkloadId),
        protocol: Protocol,
        port: u16,
    ) -> Option<[LayerDecision; 2]> {
        if self.without.rows || !self.model.inventory.host_endpoints.is_empty() {
            return None;
        }
        let [egress, ingress] = self.rows.ask(from.0, to.0, protocol, port)?;
        Some([of_cell(Layer::Egress, egress), of_cell(Layer::Ingress, ingress)])
    }

    fn mesh(&self) -> mesh::Mesh<'_> {
        mesh::Mesh {
            model: self.model,
            authz: self.authz,
            seats: self.seats,
            indexed: !self.without.groups,
        }
    }

    /// One flow to one destination.
    pub(crate) fn decide(&self, asked: &Asked<'_>) -> Decision {
        // Pods that only the flow describes have no compiled list.
        let inline = |end: &End<'_>| end.id.is_none() && end.workload.is_some();
        if inline(&asked.source) || inline(&asked.destination) {
            return reference::decide(self.model, asked).decision;
        }
        let [egress, ingress] = [Layer::Egress, Layer::Ingress].map(|layer| {
            let found = network::network(self.net, self.model, asked, layer);
            self.left_open(asked, found)
        });
        let quick = if self.without.mesh { None } else { self.mesh().layers(asked) };
        let [mtls, jwt, authorization] = quick.unwrap_or_else(|| self.unusual(asked));
        let open = |decided| self.left_open(asked, decided);
        let layers = [egress, ingress, open(mtls.0), open(jwt.0), open(authorization.0)];
        let network = Some(ClientSees::Timeout);
        let sees = [network, network, mtls.1, jwt.1, authorization.1];
        let mut decision = combine::layers(layers, sees);
        decision.destination = asked.destination.id;
        decision.port = asked.network_port;
        decision
    }

    /// The mesh layers as the reference asks them, with the pick that compiling made.
    #[cold]
    #[inline(never)]
    fn unusual(&self, asked: &Asked<'_>) -> [(LayerDecision, Option<ClientSees>); 3] {
        let pick = asked.destination.id.and_then(|id| self.authz.of(id.0));
        let found = slow::layers(self.model, asked, pick, &Trace::off());
        found.answers.map(|answer| (answer.decision, answer.sees))
    }

    /// Objects that are not evaluated are looked for only where there are some.
    fn left_open(&self, asked: &Asked<'_>, decided: LayerDecision) -> LayerDecision {
        let end = if decided.layer == Layer::Egress { &asked.source } else { &asked.destination };
        let touched = end
            .id
            .and_then(|id| self.seats.of(id))
            .is_some_and(|(seat, _)| seat.open >> (decided.layer as u8) & 1 == 1);
        if touched { left_open(self.model, asked, decided) } else { decided }
    }
}

fn of_cell(layer: Layer, cell: Cell) -> LayerDecision {
    let (verdict, reason) = match cell {
        Cell::Rule { allow: true, policy, rule } => (Verdict::Allow, Reason::Rule { policy, rule }),
        Cell::Rule { allow: false, policy, rule } => (Verdict::Deny, Reason::Rule { policy, rule }),
        Cell::Isolated { policy } => (Verdict::Deny, Reason::Isolated { policy }),
        Cell::EndOfTier { tier, policy } => (Verdict::Deny, Reason::EndOfTier { tier, policy }),
        Cell::Nothing { profileless: true } => (Verdict::Deny, Reason::UndefinedNamespace),
        Cell::Nothing { profileless: false } => (Verdict::Allow, Reason::DefaultAllow),
        Cell::Local => (Verdict::Allow, Reason::LocalTraffic),
    };
    LayerDecision { layer, verdict, reason }
}
