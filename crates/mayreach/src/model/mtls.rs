//! PeerAuthentication and the client side of mTLS, lowered.

use std::collections::BTreeMap;

use super::PolicyId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MtlsMode {
    Disable,
    Permissive,
    Strict,
}

impl MtlsMode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "DISABLE",
            Self::Permissive => "PERMISSIVE",
            Self::Strict => "STRICT",
        }
    }
}

/// One PeerAuthentication.
#[derive(Clone, Debug)]
pub(crate) struct PeerAuth {
    pub(crate) id: PolicyId,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Creation time as text (RFC 3339 sorts as time). What has none is yet to be applied, so it
    /// sorts last.
    pub(crate) created: String,
    /// Empty: the whole namespace (or mesh, in the root namespace).
    pub(crate) selector: Vec<(String, String)>,
    /// The manifest has a `selector`, be it empty (ambient reads that differently).
    pub(crate) has_selector: bool,
    /// `None` is UNSET.
    pub(crate) mode: Option<MtlsMode>,
    pub(crate) ports: BTreeMap<u16, Option<MtlsMode>>,
}

/// What a DestinationRule makes clients of a host send.
#[derive(Clone, Debug)]
pub(crate) struct DestinationTls {
    pub(crate) id: PolicyId,
    pub(crate) namespace: String,
    pub(crate) host: String,
    pub(crate) export_to: Vec<String>,
    pub(crate) workload_selector: Vec<(String, String)>,
    pub(crate) mode: Option<ClientTls>,
    /// By service port.
    pub(crate) ports: BTreeMap<u16, Option<ClientTls>>,
    /// Subsets carry TLS settings of their own: which one a request takes is routing.
    pub(crate) subset_tls: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientTls {
    Disable,
    Simple,
    Mutual,
    IstioMutual,
}
