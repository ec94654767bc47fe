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

use crate::{
    compiled::{Authz, Net},
    decision::{
        ClientSees, Decision, Layer, LayerDecision, combine, mesh as slow, reference,
        resolve::{Asked, End},
        trace::Trace,
        unevaluated::left_open,
    },
    model::Model,
    options::Without,
};

/// Everything that is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fast<'p> {
    pub(crate) model: &'p Model,
    pub(crate) net: &'p Net,
    pub(crate) authz: &'p Authz,
    pub(crate) seats: &'p Seats,
    pub(crate) without: Without,
}

impl Fast<'_> {
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
        let mesh = mesh::Mesh {
            model: self.model,
            authz: self.authz,
            seats: self.seats,
            indexed: !self.without.groups,
        };
        let quick = if self.without.mesh { None } else { mesh.layers(asked) };
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
