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

/// One DestinationRule. One that says nothing of TLS still stands before others of its host.
#[derive(Clone, Debug)]
pub(crate) struct DestinationTls {
    pub(crate) id: PolicyId,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Creation time as text; empty sorts last.
    pub(crate) created: String,
    pub(crate) host: String,
    pub(crate) export_to: Vec<String>,
    pub(crate) workload_selector: Vec<(String, String)>,
    /// Its `trafficPolicy`, if it has one.
    pub(crate) policy: Option<TrafficTls>,
    /// Which one a request takes is routing.
    pub(crate) subsets: Vec<SubsetTls>,
}

impl DestinationTls {
    /// Whether it may change what clients send.
    pub(crate) fn speaks(&self) -> bool {
        let says = |p: &TrafficTls| p.mode.is_some() || !p.ports.is_empty();
        self.policy.iter().any(says) || self.subsets.iter().any(|s| s.policy.iter().any(says))
    }
}

/// What a `trafficPolicy` says of TLS.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrafficTls {
    pub(crate) mode: Option<ClientTls>,
    /// By service port.
    pub(crate) ports: BTreeMap<u16, Option<ClientTls>>,
}

impl TrafficTls {
    /// "Traffic settings specified at the destination-level will not be inherited when overridden
    /// by port-level settings".
    pub(crate) fn on(&self, port: u16) -> Option<ClientTls> {
        self.ports.get(&port).copied().unwrap_or(self.mode)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct SubsetTls {
    pub(crate) name: String,
    pub(crate) policy: Option<TrafficTls>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientTls {
    Disable,
    Simple,
    Mutual,
    IstioMutual,
}
