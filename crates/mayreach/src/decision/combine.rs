//! Layers to a decision, and the backends of a Service to one answer.

use crate::{
    decision::{ClientSees, Decision, Layer, LayerDecision, Reason, Verdict},
    model::Attributes,
};

/// One verdict of five: any deny denies, else any unknown leaves it open.
pub(crate) fn overall(layers: &[LayerDecision; 5]) -> (Verdict, Option<Layer>) {
    let first = |verdict| layers.iter().find(|l| l.verdict == verdict).map(|l| l.layer);
    if let Some(layer) = first(Verdict::Deny) {
        return (Verdict::Deny, Some(layer));
    }
    match first(Verdict::Undetermined) {
        Some(layer) => (Verdict::Undetermined, Some(layer)),
        None => (Verdict::Allow, None),
    }
}

/// The decision of five layers, with what the client sees of the layer that denies.
pub(crate) fn layers(layers: [LayerDecision; 5], sees: [Option<ClientSees>; 5]) -> Decision {
    let (verdict, decided_by) = overall(&layers);
    let client_sees = match (verdict, decided_by) {
        (Verdict::Deny, Some(layer)) => {
            Layer::ALL.iter().zip(sees).find(|(l, _)| **l == layer).and_then(|(_, s)| s)
        }
        _ => None,
    };
    Decision { verdict, decided_by, layers, client_sees, destination: None, port: None }
}

/// A flow that names what no manifest holds.
pub(crate) fn unknown_peer() -> Decision {
    let unknown = |layer| LayerDecision {
        layer,
        verdict: Verdict::Undetermined,
        reason: Reason::UnknownPeer,
    };
    layers(Layer::ALL.map(unknown), [None; 5])
}

/// A Service sends a connection to any of its backends: sure only where all agree.
pub(crate) fn backends(decisions: impl IntoIterator<Item = Decision>) -> Decision {
    decisions.into_iter().reduce(both).unwrap_or_else(unknown_peer)
}

/// Two backends of one Service.
pub(crate) fn both(one: Decision, other: Decision) -> Decision {
    let mut merged = one;
    for (mine, theirs) in merged.layers.iter_mut().zip(other.layers) {
        if mine.verdict != theirs.verdict {
            mine.verdict = Verdict::Undetermined;
            mine.reason = Reason::Missing { attributes: Attributes::BACKEND, policy: None };
        }
    }
    let (verdict, decided_by) = overall(&merged.layers);
    // Every backend denies, each in its own layer: denied all the same.
    let both = one.verdict == Verdict::Deny && other.verdict == Verdict::Deny;
    merged.verdict = if both { Verdict::Deny } else { verdict };
    merged.decided_by = if both && verdict != Verdict::Deny { one.decided_by } else { decided_by };
    if merged.verdict != Verdict::Deny || (!both && one.client_sees != other.client_sees) {
        merged.client_sees = None;
    }
    merged
}
