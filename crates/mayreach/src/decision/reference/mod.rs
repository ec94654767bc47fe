//! The reference evaluator: slow, obvious, straight from the specification. It makes the
//! explanations, and the compiled evaluator is held equal to it, verdict and reason.

pub(crate) mod forward;
pub(crate) mod host;
pub(crate) mod http;
pub(crate) mod network;
pub(crate) mod packet;

use crate::{
    decision::{
        ClientSees, Decision, Explanation, Hop, Layer, LayerDecision, LayerWalk, Walk, combine,
        hops, mesh, resolve::Asked, trace::Trace, unevaluated::left_open,
    },
    model::Model,
};

/// One flow to one destination.
pub(crate) fn decide(model: &Model, asked: &Asked<'_>) -> Walk {
    walk(model, asked, &Trace::off())
}

/// Every walk of a flow, with all steps.
pub(crate) fn explain(model: &Model, asked: &[Asked<'_>]) -> Explanation {
    let walks: Vec<Walk> = asked.iter().map(|a| walk(model, a, &Trace::on())).collect();
    Explanation { decision: combine::backends(walks.iter().map(|w| w.decision)), walks }
}

fn walk(model: &Model, asked: &Asked<'_>, like: &Trace) -> Walk {
    let mut layers = Vec::new();
    let mut decisions = Vec::new();
    let mut would = Vec::new();
    for layer in [Layer::Egress, Layer::Ingress] {
        let mut trace = like.fresh();
        let decision = hops::layer(model, asked, layer, |asked, hop| {
            on_the_way(asked, hop, &mut trace);
            let decision = network::network(model, asked, layer, &mut trace);
            would.extend(network::staged(model, asked, decision));
            left_open(model, asked, decision)
        });
        decisions.push((decision, Some(ClientSees::Timeout)));
        layers.push(LayerWalk { decision, steps: trace.steps });
    }
    let mesh = mesh::layers(model, asked, None, like);
    let [mtls, ..] = &mesh.answers;
    let mtls = (mtls.decision, mtls.sees);
    for (decision, sees) in &mut decisions {
        *sees = http::sees(model, asked, *decision, mtls, |one| {
            network::network(model, one, decision.layer, &mut Trace::off()).verdict
        });
    }
    for answer in mesh.answers {
        let decision = left_open(model, asked, answer.decision);
        decisions.push((decision, answer.sees));
        layers.push(LayerWalk { decision, steps: answer.steps });
    }
    let mut decision = combine::as_sent(settle(&decisions), &asked.flow.http);
    decision.destination = asked.destination.id;
    decision.port = asked.network_port;
    let mesh::MeshLayers { audited_by, dry_run, mut remarks, .. } = mesh;
    remarks.extend(asked.ways.iter().filter_map(|ways| ways.remark()));
    would.extend(dry_run);
    let dry_run = would;
    Walk { decision, layers, audited_by, dry_run, remarks }
}

/// Which connection is asked, for a reader.
fn on_the_way(asked: &Asked<'_>, hop: Hop, trace: &mut Trace) {
    if hop == Hop::Direct {
        return;
    }
    let port = asked.network_port.map_or_else(String::new, |port| format!(" on port {port}"));
    let (from, to) = (asked.source.words(), asked.destination.onward_words());
    let text = match hop {
        Hop::FromWaypoint => format!("from the waypoint {from} to {to}{port}"),
        _ => format!("from {from} to the waypoint {to}{port}"),
    };
    network::remark(trace, &text);
}

pub(crate) fn settle(decisions: &[(LayerDecision, Option<ClientSees>)]) -> Decision {
    match decisions {
        [egress, ingress, mtls, jwt, authz] => combine::layers(
            [egress.0, ingress.0, mtls.0, jwt.0, authz.0],
            [egress.1, ingress.1, mtls.1, jwt.1, authz.1],
        ),
        _ => combine::unknown_peer(),
    }
}
