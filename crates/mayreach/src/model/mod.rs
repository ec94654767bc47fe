//! Stage 2: checked values. What kinds lower to; knows no kind, no text format.

pub(crate) mod authz;
mod enrolment;
mod flow;
mod gateways;
mod id;
pub(crate) mod inventory;
pub(crate) mod jwt;
pub(crate) mod lua;
pub(crate) mod mtls;
pub(crate) mod network;
pub(crate) mod selector;
pub(crate) mod sidecar;
pub(crate) mod tri;

pub(crate) use self::tri::Tri;
pub use self::{
    flow::{
        AuthorizerAnswer, Flow, Http, Icmp, InlineWorkload, Peer, Port, Protocol, Request, Token,
    },
    id::{PolicyId, ServiceId, TierId, WorkloadId},
    network::IpVersion,
    tri::Attributes,
};

use crate::{
    error::{Note, Place},
    shared::{List, Shared},
};

/// Everything that manifests say, checked: what the reference evaluator reads and what the
/// compiler turns into a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) inventory: Shared<inventory::Inventory>,
    /// Every policy of every kind, by [`PolicyId`]: what reasons name.
    pub(crate) policies: List<PolicyMeta>,
    pub(crate) network: Shared<network::Network>,
    pub(crate) authz: List<authz::AuthzPolicy>,
    pub(crate) peer_auth: Shared<Vec<mtls::PeerAuth>>,
    pub(crate) request_auth: Shared<Vec<jwt::RequestAuth>>,
    pub(crate) destination_rules: Shared<Vec<mtls::DestinationTls>>,
    /// Some object leads requests from one Service to another.
    pub(crate) routes: bool,
    /// What Istio's Sidecars change.
    pub(crate) sidecars: Shared<Vec<sidecar::SidecarScope>>,
    pub(crate) lua: Shared<lua::Lua>,
    /// Objects that bear on verdicts and are not evaluated.
    pub(crate) unevaluated: Shared<Vec<Unevaluated>>,
    pub(crate) notes: Shared<Vec<Note>>,
}

/// Who a policy is, for reasons and reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyMeta {
    pub(crate) kind: &'static str,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Line of each rule, in manifest order. For network kinds: ingress rules here.
    pub(crate) rules: Vec<Place>,
    /// Lines of egress rules (network kinds only).
    pub(crate) egress_rules: Vec<Place>,
}

impl Model {
    /// Registers a policy and gives it its id.
    pub(crate) fn add_policy(&mut self, meta: PolicyMeta) -> PolicyId {
        let id = PolicyId(u32::try_from(self.policies.len()).unwrap_or(u32::MAX));
        self.policies.push(meta);
        id
    }

    /// Whether host endpoints are asked about what hosts forward.
    pub(crate) fn forwards(&self) -> bool {
        !self.inventory.host_endpoints.is_empty() && self.network.forwards()
    }

    pub(crate) fn policy(&self, id: PolicyId) -> Option<&PolicyMeta> {
        self.policies.get(usize::try_from(id.0).ok()?)
    }
}

/// An object whose meaning is not evaluated: flows it can touch are undetermined, by its name.
#[derive(Clone, Debug)]
pub(crate) struct Unevaluated {
    pub(crate) policy: PolicyId,
    pub(crate) layers: LayerSet,
    pub(crate) scope: Scope,
    pub(crate) proxies: Proxies,
}

/// Which proxies an unevaluated object can touch.
#[derive(Clone, Debug, Default)]
pub(crate) enum Proxies {
    /// Any, or it is about no proxy.
    #[default]
    Any,
    Sidecars,
    Gateways,
    SidecarsAndGateways,
    /// Those of the Gateway API that it targets.
    Targets(Vec<authz::Target>),
}

/// Which workloads an unevaluated object can touch (as destination; as source for `egress`).
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// Every workload.
    Cluster,
    /// Workloads of one namespace whose labels hold these pairs (empty: all of them).
    Namespace(String, Vec<(String, String)>),
    /// The same of an object of Istio: in the root namespace it is about every namespace.
    Istio(String, Vec<(String, String)>),
}

/// A set of layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LayerSet {
    pub(crate) egress: bool,
    pub(crate) ingress: bool,
    pub(crate) mtls: bool,
    pub(crate) jwt: bool,
    pub(crate) authorization: bool,
}
