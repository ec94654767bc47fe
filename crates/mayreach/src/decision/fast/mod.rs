//! The compiled evaluator: the same answers as the reference, from lists that compiling picked.

pub(crate) mod network;

use crate::{
    decision::{Decision, Layer, reference, resolve::Asked, unevaluated::left_open},
    program::Inner,
};

/// One flow to one destination.
pub(crate) fn decide(inner: &Inner, asked: &Asked<'_>) -> Decision {
    // Pods that only the flow describes have no compiled list.
    let inline =
        |end: &crate::decision::resolve::End<'_>| end.id.is_none() && end.workload.is_some();
    let mut decision = reference::decide(&inner.model, asked).decision;
    if inline(&asked.source) || inline(&asked.destination) {
        return decision;
    }
    let _ = &mut decision;
    for layer in [Layer::Egress, Layer::Ingress] {
        let found = left_open(
            &inner.model,
            asked,
            network::network(&inner.net, &inner.model, asked, layer),
        );
        if let Some(slot) = decision.layers.iter_mut().find(|l| l.layer == layer) {
            *slot = found;
        }
    }
    decision
}
