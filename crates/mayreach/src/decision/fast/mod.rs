//! The compiled evaluator: the same answers as the reference, from lists that compiling picked.

pub(crate) mod network;

use crate::{
    compiled::{Authz, Net},
    decision::{
        ClientSees, Decision, Layer, LayerDecision, mesh, reference,
        resolve::{Asked, End},
        trace::Trace,
        unevaluated::left_open,
    },
    model::Model,
};

/// One flow to one destination.
pub(crate) fn decide(model: &Model, net: &Net, authz: &Authz, asked: &Asked<'_>) -> Decision {
    // Pods that only the flow describes have no compiled list.
    let inline = |end: &End<'_>| end.id.is_none() && end.workload.is_some();
    if inline(&asked.source) || inline(&asked.destination) {
        return reference::decide(model, asked).decision;
    }
    let network = |layer| {
        let found = network::network(net, model, asked, layer);
        (left_open(model, asked, found), Some(ClientSees::Timeout))
    };
    let pick = asked.destination.id.and_then(|id| authz.of(id.0));
    let [mtls, jwt, authorization] =
        mesh::layers(model, asked, pick, &Trace::off()).answers.map(|answer| {
            let decided: LayerDecision = left_open(model, asked, answer.decision);
            (decided, answer.sees)
        });
    let layers = [network(Layer::Egress), network(Layer::Ingress), mtls, jwt, authorization];
    let mut decision = reference::settle(&layers);
    decision.destination = asked.destination.id;
    decision.port = asked.network_port;
    decision
}
