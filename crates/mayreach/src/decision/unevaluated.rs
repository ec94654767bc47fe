//! Objects that are recognised and not evaluated: what they may touch is undetermined, by name.

use crate::{
    decision::{Layer, LayerDecision, Reason, Verdict, mesh::sidecar, resolve::Asked},
    model::{
        LayerSet, Model, Proxies, Scope, Unevaluated,
        authz::{Target, TargetKind},
        inventory::{Enrolment, Workload},
    },
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

fn touches(model: &Model, scope: &Scope, workload: &Workload) -> bool {
    let has = |pairs: &[(String, String)]| {
        pairs.iter().all(|(k, v)| workload.labels.get(k).is_some_and(|l| l == v))
    };
    let here = |namespace: &String| workload.namespace == *namespace;
    match scope {
        Scope::Cluster => true,
        Scope::Namespace(namespace, labels) => here(namespace) && has(labels),
        Scope::Istio(namespace, labels) => {
            let root = &model.inventory.mesh.root_namespace;
            (here(namespace) || namespace == root) && has(labels)
        }
    }
}

/// Whether the workload's own proxy is one that the object is for.
fn has_proxy(proxies: &Proxies, workload: &Workload) -> bool {
    let (sidecar, gateway, waypoint) = match workload.mesh {
        Enrolment::Sidecar => (true, false, false),
        Enrolment::Gateway { .. } => (false, true, false),
        Enrolment::Waypoint => (false, false, true),
        Enrolment::Ambient { .. } | Enrolment::None => (false, false, false),
    };
    match proxies {
        Proxies::Any => true,
        Proxies::Sidecars => sidecar,
        Proxies::Gateways => gateway,
        Proxies::SidecarsAndGateways => sidecar || gateway,
        Proxies::Targets(targets) => {
            let name = workload.labels.get("gateway.networking.k8s.io/gateway-name");
            let is = |t: &Target| match t.kind {
                TargetKind::Gateway => name == Some(&t.name),
                TargetKind::GatewayClass | TargetKind::Service | TargetKind::ServiceEntry => {
                    waypoint
                }
            };
            (gateway || waypoint) && targets.iter().any(is)
        }
    }
}

/// Layers of a workload that some object may change, a bit for each.
pub(crate) fn layers_touched(model: &Model, workload: &Workload) -> u8 {
    let mine = model
        .unevaluated
        .iter()
        .filter(|u| touches(model, &u.scope, workload) && has_proxy(&u.proxies, workload));
    // A Sidecar may: asked flow by flow.
    let only_known = model.inventory.mesh.registry_only.is_some();
    let may = sidecar::of(model, workload).is_some() || only_known;
    let start = if may { u8::MAX } else { 0 };
    mine.fold(start, |bits, u| {
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
    let may = |u: &&Unevaluated| {
        touches_layer(u.layers, decided.layer)
            && touches(model, &u.scope, workload)
            && has_proxy(&u.proxies, workload)
    };
    let hidden = || match decided.layer {
        Layer::Egress => sidecar::hides(model, asked),
        Layer::Ingress => None,
        Layer::Mtls | Layer::Jwt | Layer::Authorization => sidecar::replaces(model, asked),
    };
    let found = model.unevaluated.iter().find(may).map(|u| u.policy);
    match found.or_else(hidden) {
        Some(policy) => LayerDecision {
            verdict: Verdict::Undetermined,
            reason: Reason::NotEvaluated { policy },
            ..decided
        },
        None => decided,
    }
}
