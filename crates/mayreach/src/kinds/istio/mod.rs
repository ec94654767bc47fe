//! The `istio` family: the security API, what of the networking API bears on it, mesh config.

mod attach;
mod authorization_policy;
mod destination_rule;
mod envoy_filter;
mod gateway;
mod mesh_config;
mod peer_authentication;
mod recognised;
mod request_authentication;
mod servers;
mod service_entry;
mod settle;
mod sidecar;
mod text;
mod wasm_plugin;
mod workload_entry;

use super::{Draft, Lowered};
use crate::{
    error::{ErrorCode, Note, NoteCode, Problem},
    manifest::Document,
};

/// Versions of `security.istio.io`: v1 is an alias of v1beta1.
const SECURITY: &[&str] = &["v1", "v1beta1"];
const NETWORKING: &[&str] = &["v1", "v1beta1", "v1alpha3"];

type Lower = fn(&Document, &mut Draft<'_>) -> Result<(), Vec<Problem>>;

/// Lowers a document of this family.
pub(crate) fn lower(document: &Document, draft: &mut Draft<'_>) -> Lowered {
    let (versions, lower): (&[&str], Lower) = match (document.group(), document.kind.as_str()) {
        ("security.istio.io", "AuthorizationPolicy") => (SECURITY, authorization_policy::lower),
        ("security.istio.io", "PeerAuthentication") => (SECURITY, peer_authentication::lower),
        ("security.istio.io", "RequestAuthentication") => (SECURITY, request_authentication::lower),
        ("networking.istio.io", "Gateway") => (NETWORKING, servers::lower),
        ("networking.istio.io", "DestinationRule") => (NETWORKING, destination_rule::lower),
        ("networking.istio.io", "ServiceEntry") => (NETWORKING, service_entry::lower),
        ("networking.istio.io", "Sidecar") => (NETWORKING, sidecar::lower),
        ("extensions.istio.io", "WasmPlugin" | "TrafficExtension") => {
            (&["v1alpha1"], wasm_plugin::lower)
        }
        ("networking.istio.io", "EnvoyFilter") => (&["v1alpha3"], envoy_filter::lower),
        ("networking.istio.io", "WorkloadEntry") => (NETWORKING, workload_entry::lower),
        ("gateway.networking.k8s.io", "Gateway") => (&["v1", "v1beta1"], gateway::lower),
        ("gateway.networking.k8s.io", "GatewayClass") => (&["v1", "v1beta1"], gateway::lower_class),
        ("install.istio.io", "IstioOperator") => (&["v1alpha1"], mesh_config::lower_operator),
        ("sailoperator.io" | "operator.istio.io", "Istio" | "IstioRevision") => {
            (&["v1", "v1alpha1"], mesh_config::lower_sail)
        }
        ("", "ConfigMap") if mesh_config::is_mesh(document, draft) => (&["v1"], mesh_config::lower),
        _ => return recognised::lower(document, draft),
    };
    if !versions.contains(&document.version()) {
        let known = versions.join(", ");
        let problem = Problem::new(
            ErrorCode::UnsupportedVersion,
            format!("version `{}` of `{}` is not read", document.version(), document.kind),
        );
        let help = format!("write one of {known}");
        return Some(Err(vec![problem.at(document.place).field("apiVersion").help(help)]));
    }
    if let Some(revision) = document.metadata.labels.get("istio.io/rev")
        && document.group() != "gateway.networking.k8s.io"
    {
        // "ObjectInRevision": istiod reads what has no label, or its own revision's.
        let message = format!(
            "only istiod of revision `{revision}` reads it: the workloads are taken to be of that revision"
        );
        let note = Note::new(NoteCode::Assumed, message);
        draft.note(note.about(document.title()).at(document.place));
    }
    Some(lower(document, draft))
}

pub(crate) use self::settle::{finish, settle_policy};

/// The namespace of an object; `default` where none is written.
fn namespace_of(document: &Document) -> String {
    document.metadata.namespace.clone().unwrap_or_else(|| "default".into())
}

/// Creation time as text that sorts as time; absent sorts first, as Go's zero time.
fn created(document: &Document) -> String {
    document.metadata.creation_timestamp.clone().unwrap_or_default()
}
