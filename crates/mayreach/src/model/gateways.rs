//! Gateways, waypoints and ServiceEntries, as part of what exists.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    PolicyId, Protocol, WorkloadId,
    inventory::{Labels, Service, Workload},
    selector::Selector,
};

/// A Gateway API `Gateway` (a waypoint when its class is `istio-waypoint`).
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) id: PolicyId,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) labels: Labels,
    /// Namespaces that may use it as a waypoint (`allowedRoutes` of the HBONE listener).
    pub(crate) users: GatewayUsers,
    /// The pod that istiod makes for it.
    pub(crate) made: Workload,
    /// `parametersRef`: what istiod makes is changed by something that is not read.
    pub(crate) customised: bool,
    /// Workloads of the manifests that run it.
    pub(crate) pods: Vec<WorkloadId>,
}

/// Which namespaces a Gateway's listener takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum GatewayUsers {
    /// Its own.
    #[default]
    Same,
    All,
    /// Namespaces whose labels hold all of these.
    Labels(Vec<Selector>),
    Nobody,
}

/// A class of Gateways, as its GatewayClass says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GatewayClass {
    pub(crate) labels: Labels,
    pub(crate) controller: String,
}

/// A ServiceEntry with addresses: what is called there may go through a waypoint.
#[derive(Clone, Debug)]
pub(crate) struct Outside {
    pub(crate) id: PolicyId,
    /// What its waypoint takes policies, ports and addresses from.
    pub(crate) service: Service,
    pub(crate) hosts: Vec<String>,
    /// Its own addresses: where clients call it.
    pub(crate) called: Vec<IpNet>,
    /// Those of its endpoints.
    pub(crate) endpoints: Vec<IpAddr>,
    /// Hosts of its endpoints; without endpoints its own.
    pub(crate) names: Vec<String>,
    pub(crate) onward: Onward,
    /// Its endpoints may be workloads of the mesh, which judge what arrives there.
    pub(crate) inside: bool,
}

impl Outside {
    /// Whether it is known what its waypoint does with a port.
    pub(crate) fn evaluated(&self, port: u16) -> bool {
        self.onward != Onward::Unread
            && self.service.ports.iter().any(|p| p.port == port && p.protocol == Protocol::Tcp)
    }
}

/// Where a waypoint connects to for a ServiceEntry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Onward {
    /// To the address that was called.
    Called,
    /// To its endpoints.
    Endpoints,
    /// To addresses that DNS tells.
    Dns,
    /// That is not evaluated.
    Unread,
}

/// A ServiceEntry with a `workloadSelector`: its proxies read their ports as it says.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) namespace: String,
    pub(crate) selector: Vec<(String, String)>,
    /// Port of the workload, and the protocol as it is written.
    pub(crate) ports: Vec<(u16, String)>,
}

impl Entry {
    pub(crate) fn selects(&self, workload: &Workload) -> bool {
        self.namespace == workload.namespace
            && self.selector.iter().all(|(k, v)| workload.labels.get(k) == Some(v))
    }
}

/// One port of a Gateway (of Istio's own kind, or a listener of the Gateway API).
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// Labels of the proxies that open it; empty: every gateway.
    pub(crate) selector: Vec<(String, String)>,
    /// The one namespace of those proxies, if it is said.
    pub(crate) namespace: Option<String>,
    /// Port of the proxy's Service.
    pub(crate) port: u16,
    /// Whether the proxy reads requests there; what it passes on unread is TCP to it.
    pub(crate) http: bool,
    pub(crate) asks: ServerAsks,
}

/// What a gateway's port asks of the client's TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ServerAsks {
    /// No Gateway says it.
    #[default]
    Unsaid,
    /// No TLS.
    Plaintext,
    /// TLS, which is passed on unread.
    Passed,
    /// TLS, which ends here (`SIMPLE`).
    Tls,
    /// TLS, and a certificate if there is one (`OPTIONAL_MUTUAL`).
    Optional,
    /// A certificate of an authority that the Gateway names (`MUTUAL`).
    Certificate,
    /// One of the mesh (`ISTIO_MUTUAL`).
    Mesh,
}
