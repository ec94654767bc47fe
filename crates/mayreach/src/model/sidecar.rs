//! Istio's Sidecar, lowered: which Services a client's proxy knows, which ports it reads otherwise.

use super::PolicyId;

/// One Sidecar.
#[derive(Clone, Debug)]
pub(crate) struct SidecarScope {
    pub(crate) id: PolicyId,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Creation time as text; empty sorts last.
    pub(crate) created: String,
    /// `None`: every workload of the namespace (in the root namespace: of the mesh).
    pub(crate) selector: Option<Vec<(String, String)>>,
    /// `namespace/host` of every egress listener; `None`: all of the mesh.
    pub(crate) egress: Option<Vec<(String, String)>>,
    /// Ports of the inbound listeners that it writes out; `None`: they follow from Services.
    pub(crate) ingress: Option<Vec<IngressPort>>,
    /// It lets nothing out that the mesh does not know.
    pub(crate) registry_only: Option<bool>,
}

/// One inbound listener.
#[derive(Clone, Debug)]
pub(crate) struct IngressPort {
    pub(crate) port: u16,
    /// The protocol as it is written.
    pub(crate) protocol: String,
    /// TLS of its own, or an address of its own.
    pub(crate) odd: bool,
}
