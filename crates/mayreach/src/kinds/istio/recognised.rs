//! Kinds of Istio that are not lowered: those that cannot change who may reach whom are skipped,
//! the others are reported, and what they touch is undetermined.

use super::namespace_of;
use crate::{
    error::{Note, NoteCode},
    kinds::{Draft, Lowered},
    manifest::Document,
    model::{LayerSet, Proxies, Scope, Unevaluated},
};

/// Where requests go and what is measured, not who may send them.
const HARMLESS: &[(&str, &str)] = &[
    // Routing, after authorization.
    ("networking.istio.io", "VirtualService"),
    ("networking.istio.io", "WorkloadGroup"),
    ("networking.istio.io", "ProxyConfig"),
    ("telemetry.istio.io", "Telemetry"),
];

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Lowered {
    let (group, kind) = (document.group(), document.kind.as_str());
    // They may lead a Service's callers to another, and make that one known to their proxies.
    draft.model.routes |= kind == "VirtualService" || kind.ends_with("Route");
    if HARMLESS.contains(&(group, kind)) || group == "gateway.networking.k8s.io" {
        return Some(Ok(()));
    }
    None
}

/// In the root namespace it touches the mesh, elsewhere its namespace.
pub(super) fn report(
    document: &Document,
    draft: &mut Draft<'_>,
    kind: &'static str,
    layers: LayerSet,
    labels: Vec<(String, String)>,
    proxies: Proxies,
    why: &str,
) {
    let namespace = namespace_of(document);
    let policy = draft.policy(kind, document, Some(namespace.clone()), Vec::new(), Vec::new());
    let scope = Scope::Istio(namespace, labels);
    draft.model.unevaluated.push(Unevaluated { policy, layers, scope, proxies });
    let message = format!("not evaluated: {why}; flows it may touch are undetermined");
    draft.note(
        Note::new(NoteCode::NotEvaluated, message).about(document.title()).at(document.place),
    );
}
