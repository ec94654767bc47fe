//! Kinds of Istio that are not lowered: those that cannot change who may reach whom are skipped,
//! the others are reported, and what they touch is undetermined.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::namespace_of;
use crate::{
    error::{Note, NoteCode, Problem},
    kinds::{Draft, Lowered},
    manifest::Document,
    model::{LayerSet, Scope, Unevaluated},
};

/// Where requests go and what is measured, not who may send them.
const HARMLESS: &[(&str, &str)] = &[
    // Routing, after authorization.
    ("networking.istio.io", "VirtualService"),
    ("networking.istio.io", "ServiceEntry"),
    ("networking.istio.io", "WorkloadGroup"),
    ("networking.istio.io", "ProxyConfig"),
    ("telemetry.istio.io", "Telemetry"),
    ("install.istio.io", "IstioOperator"),
    ("operator.istio.io", "Istio"),
];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    workload_selector: Option<Labels>,
    selector: Option<Matching>,
    ingress: Option<Vec<serde::de::IgnoredAny>>,
    egress: Option<Vec<Egress>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Labels {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Matching {
    match_labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Egress {
    hosts: Option<Vec<String>>,
}

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Lowered {
    let (group, kind) = (document.group(), document.kind.as_str());
    if HARMLESS.contains(&(group, kind)) || group == "gateway.networking.k8s.io" {
        return Some(Ok(()));
    }
    match (group, kind) {
        ("extensions.istio.io", "WasmPlugin") => Some(wasm_plugin(document, draft)),
        ("networking.istio.io", "Sidecar") => Some(sidecar(document, draft)),
        _ => None,
    }
}

fn spec(document: &Document) -> Result<Spec, Vec<Problem>> {
    document.field("spec").map(Option::unwrap_or_default).map_err(|p| vec![p])
}

fn labels_of(spec: &Spec) -> Vec<(String, String)> {
    let by_labels = spec.workload_selector.as_ref().and_then(|s| s.labels.as_ref());
    let by_match = spec.selector.as_ref().and_then(|s| s.match_labels.as_ref());
    let pairs = by_labels.or(by_match).into_iter().flatten();
    pairs.map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// In the root namespace it touches the mesh, elsewhere its namespace.
pub(super) fn report(
    document: &Document,
    draft: &mut Draft<'_>,
    kind: &'static str,
    layers: LayerSet,
    labels: Vec<(String, String)>,
    why: &str,
) {
    let namespace = namespace_of(document);
    let policy = draft.policy(kind, document, Some(namespace.clone()), Vec::new(), Vec::new());
    let scope = if namespace == draft.model.inventory.mesh.root_namespace {
        Scope::Labels(labels)
    } else {
        Scope::Namespace(namespace, labels)
    };
    draft.model.unevaluated.push(Unevaluated { policy, layers, scope });
    let message = format!("not evaluated: {why}; flows it may touch are undetermined");
    draft.note(
        Note::new(NoteCode::NotEvaluated, message).about(document.title()).at(document.place),
    );
}

const REQUESTS: LayerSet =
    LayerSet { egress: false, ingress: false, mtls: false, jwt: true, authorization: true };

fn wasm_plugin(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let spec = spec(document)?;
    let labels = labels_of(&spec);
    report(document, draft, "WasmPlugin", REQUESTS, labels, "it runs code on every request");
    Ok(())
}

/// `ingress` replaces the inbound listeners; `egress` decides which hosts the client's proxy
/// knows, and so whether it speaks mTLS to them.
fn sidecar(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let spec = spec(document)?;
    let narrows = |e: &Egress| !e.hosts.iter().flatten().any(|h| h == "*/*");
    let egress = spec.egress.as_ref().is_some_and(|e| e.iter().all(narrows));
    let ingress = spec.ingress.is_some();
    if !egress && !ingress {
        return Ok(());
    }
    let layers =
        LayerSet { egress, ingress: false, mtls: ingress, jwt: ingress, authorization: ingress };
    let labels = labels_of(&spec);
    let why =
        if ingress { "it replaces inbound listeners" } else { "it narrows what clients know" };
    report(document, draft, "Sidecar", layers, labels, why);
    Ok(())
}
