//! Network policy on a way with a waypoint: asked of the client's connection to it and of the one
//! that it opens, each with its own egress and ingress.

use crate::{
    decision::{
        Hop, Layer, LayerDecision, Reason, Verdict,
        mesh::agreed,
        resolve::{Asked, Way},
    },
    model::{Attributes, Model},
};

/// One network layer of a flow, over every way that it may take.
pub(crate) fn layer<'m>(
    model: &Model,
    asked: &Asked<'m>,
    layer: Layer,
    mut ask: impl FnMut(&Asked<'m>, Hop) -> LayerDecision,
) -> LayerDecision {
    let Some(ways) = &asked.ways else { return ask(asked, Hop::Direct) };
    let mut all = ways.all.iter().map(|way| match way {
        Way::Direct => ask(asked, Hop::Direct),
        Way::Translated { leaves, arrives } => {
            ask(if layer == Layer::Egress { leaves } else { arrives }, Hop::Direct)
        }
        Way::Endpoint(to) => ask(to, Hop::Direct),
        Way::Foreign(gateway) => {
            let found = ask(asked, Hop::Direct);
            let reason = Reason::NotEvaluated { policy: *gateway };
            let open = LayerDecision { verdict: Verdict::Undetermined, reason, ..found };
            if model.network.policies.is_empty() { found } else { open }
        }
        Way::Unknown(attributes) => missing(ask(asked, Hop::Direct), *attributes),
        Way::Through { gateway, hops } => {
            let unread = gateway.customised && gateway.pods.is_empty();
            let unread = unread && !model.network.policies.is_empty();
            let mut one = |hop: Hop| {
                let place = usize::from(hop == Hop::FromWaypoint);
                let pods = hops.iter().filter_map(|hops| hops.get(place));
                // Any of the waypoint's pods may be the one.
                let found = pods.map(|asked| LayerDecision { hop, ..ask(asked, hop) });
                let found = found.reduce(|a, b| agreed(a, b, Attributes::BACKEND))?;
                // What is not asked of the waypoint itself may read its labels all the same.
                Some(if unread { missing(found, Attributes::WORKLOAD) } else { found })
            };
            let (first, second) = (one(Hop::ToWaypoint), one(Hop::FromWaypoint));
            match first.zip(second) {
                Some((first, second)) => worse(first, second),
                None => ask(asked, Hop::Direct),
            }
        }
    });
    let Some(first) = all.next() else { return ask(asked, Hop::Direct) };
    all.fold(first, |one, other| agreed(one, other, ways.missing))
}

fn missing(found: LayerDecision, attributes: Attributes) -> LayerDecision {
    let reason = Reason::Missing { attributes, policy: None };
    LayerDecision { verdict: Verdict::Undetermined, reason, ..found }
}

/// The connection that stops more; of two that do, the first; of two that let pass, that of the
/// end that the layer is named for, unless only the other has a policy.
fn worse(first: LayerDecision, second: LayerDecision) -> LayerDecision {
    let rank = |found: &LayerDecision| match found.verdict {
        Verdict::Deny => 2,
        Verdict::Undetermined => 1,
        Verdict::Allow => 0,
    };
    match (rank(&first), rank(&second)) {
        (0, 0) => {
            let (own, other) =
                if first.layer == Layer::Egress { (first, second) } else { (second, first) };
            let silent = own.reason.policy().is_none() && other.reason.policy().is_some();
            if silent { other } else { own }
        }
        (mine, theirs) if theirs > mine => second,
        _ => first,
    }
}
