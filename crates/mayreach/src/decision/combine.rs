//! Layers to a decision, and the backends of a Service to one answer.

use crate::{
    decision::{ClientSees, Decision, Layer, LayerDecision, Reason, Verdict},
    model::{Attributes, Http, Request},
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

/// "isGrpcRequestHeaders ⇒ the local reply is 200 with `grpc-status`" (Envoy's
/// `Utility::sendLocalReply`); what a codec or a script answers is none of its local replies.
pub(crate) fn as_sent(mut decision: Decision, http: &Http<'_>) -> Decision {
    let Some(ClientSees::Response { status, body }) = decision.client_sees else {
        return decision;
    };
    let by = decision.layers.iter().find(|layer| Some(layer.layer) == decision.decided_by);
    let own = by.is_some_and(|by| matches!(by.reason, Reason::BadRequest | Reason::Script { .. }));
    if !own && is_grpc(http) {
        decision.client_sees =
            Some(ClientSees::Grpc { status: grpc_status(status), message: body });
    }
    decision
}

/// "exactly `application/grpc`, or `application/grpc+` and anything" (Envoy's
/// `Grpc::Common::hasGrpcContentType`).
fn is_grpc(http: &Http<'_>) -> bool {
    let Http::Request(Request { headers: Some(headers), .. }) = http else { return false };
    let mut types = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    // Several lines are joined, and no longer one type.
    let (Some((_, only)), None) = (types.next(), types.next()) else { return false };
    let rest = only.trim_matches([' ', '\t']).strip_prefix("application/grpc");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('+'))
}

/// Envoy's `Grpc::Utility::httpToGrpcStatus`.
const fn grpc_status(http: u16) -> u8 {
    match http {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    }
}

/// A flow that names what no manifest holds.
pub(crate) fn unknown_peer() -> Decision {
    let unknown = |layer| LayerDecision::new(layer, Verdict::Undetermined, Reason::UnknownPeer);
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
