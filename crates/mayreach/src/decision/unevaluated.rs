//! Objects that are recognised and not evaluated: what they may touch is undetermined, by name.

use crate::{
    decision::{Layer, LayerDecision, Reason, Verdict, resolve::Asked},
    model::{LayerSet, Model, Scope, Unevaluated, inventory::Workload},
};

fn touches_layer(set: LayerSet, layer: Layer) -> bool {
    match layer {
        Layer::Egress => set.egress,
        Layer::Ingress => set.ingress,
        Layer::Mtls => set.mtls,
        Layer::Jwt => set.jwt,
        Layer::Authorization => set.authorization,
    }
}

fn touches(scope: &Scope, workload: &Workload) -> bool {
    let has = |pairs: &[(String, String)]| {
        pairs.iter().all(|(k, v)| workload.labels.get(k).is_some_and(|l| l == v))
    };
    match scope {
        Scope::Cluster => true,
        Scope::Namespace(namespace, labels) => workload.namespace == *namespace && has(labels),
        Scope::Labels(labels) => has(labels),
    }
}

/// Layers of a workload that some object may change, a bit for each.
pub(crate) fn layers_touched(model: &Model, workload: &Workload) -> u8 {
    let mine = model.unevaluated.iter().filter(|u| touches(&u.scope, workload));
    mine.fold(0, |bits, u| {
        let touched = Layer::ALL.iter().filter(|layer| touches_layer(u.layers, **layer));
        touched.fold(bits, |bits, layer| bits | 1 << (*layer as u8))
    })
}

/// The layer as decided, or left open because an object that is not evaluated may change it.
pub(crate) fn left_open(model: &Model, asked: &Asked<'_>, decided: LayerDecision) -> LayerDecision {
    let end = if decided.layer == Layer::Egress { &asked.source } else { &asked.destination };
    let Some(workload) = end.workload else { return decided };
    // The host's network is governed by no pod policy, and a workload outside the mesh by no
    // object of the mesh.
    if matches!(decided.reason, Reason::NotPoliced | Reason::NotInMesh | Reason::LocalTraffic) {
        return decided;
    }
    let may =
        |u: &&Unevaluated| touches_layer(u.layers, decided.layer) && touches(&u.scope, workload);
    match model.unevaluated.iter().find(may) {
        Some(found) => LayerDecision {
            verdict: Verdict::Undetermined,
            reason: Reason::NotEvaluated { policy: found.policy },
            ..decided
        },
        None => decided,
    }
}
