//! The answer as data: small, copyable, made of ids; text is made elsewhere.

use super::Body;
use crate::model::{Attributes, PolicyId, TierId, WorkloadId};

/// Whether a flow goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It goes through.
    Allow,
    /// It is stopped.
    Deny,
    /// It depends on what the question, or the manifests, leave out.
    Undetermined,
}

impl Verdict {
    /// The spelling in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Undetermined => "undetermined",
        }
    }
}

/// One of the places where a flow can be stopped, in the order a packet meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Network policy of the source.
    Egress,
    /// Network policy of the destination.
    Ingress,
    /// Whether the destination's proxy takes the connection.
    Mtls,
    /// Whether the request's tokens verify.
    Jwt,
    /// AuthorizationPolicy.
    Authorization,
}

impl Layer {
    /// Every layer, in order.
    pub const ALL: [Self; 5] =
        [Self::Egress, Self::Ingress, Self::Mtls, Self::Jwt, Self::Authorization];

    /// The spelling in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Egress => "egress",
            Self::Ingress => "ingress",
            Self::Mtls => "mtls",
            Self::Jwt => "jwt",
            Self::Authorization => "authorization",
        }
    }
}

/// What decided in one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A rule of a policy matched (0-based, in its direction's list as written).
    Rule {
        /// The policy.
        policy: PolicyId,
        /// The rule.
        rule: u32,
    },
    /// Kubernetes NetworkPolicies select the workload and none of their rules matched.
    Isolated {
        /// The first of them, in the order they are asked.
        policy: PolicyId,
    },
    /// Policies of a tier govern the workload, none decided, and the tier's default is Deny.
    EndOfTier {
        /// The tier.
        tier: TierId,
        /// The last policy of it that was asked.
        policy: PolicyId,
    },
    /// No policy decided, and what is not decided is allowed.
    DefaultAllow,
    /// Calico knows no profile for a namespace that does not exist: denied.
    UndefinedNamespace,
    /// A host endpoint without a profile: what no policy decides is dropped.
    NoProfile,
    /// A failsafe port of Calico's host endpoints is open whatever policies say.
    Failsafe,
    /// Calico's `defaultEndpointToHostAction` drops what a pod sends to its own node.
    EndpointToHost,
    /// This end has no network policy: it is outside the cluster, or on the host's network.
    NotPoliced,
    /// Traffic of a node to its own pods, or of a pod to itself, is not policed.
    LocalTraffic,
    /// The destination takes no part in the mesh.
    NotInMesh,
    /// The connection is accepted under this mode.
    MtlsAccepted {
        /// `None`: the mesh default, PERMISSIVE.
        policy: Option<PolicyId>,
        /// The effective mode.
        mode: MtlsModeName,
        /// Whether the peer's identity is known to the layers after.
        identity: bool,
    },
    /// The connection is refused under this mode.
    MtlsRefused {
        /// Which PeerAuthentication set the mode.
        policy: Option<PolicyId>,
        /// The effective mode.
        mode: MtlsModeName,
        /// What the client did wrong.
        client: ClientFault,
    },
    /// No policy of this layer selects the workload.
    NoPolicy,
    /// ALLOW policies select the workload and none matched.
    NoAllowMatch {
        /// One of them (the first by name).
        policy: PolicyId,
    },
    /// A CUSTOM rule matched and its provider answered, or must.
    Provider {
        /// The policy.
        policy: PolicyId,
        /// The rule.
        rule: u32,
    },
    /// A CUSTOM rule matched and its provider could not answer: `failOpen` decided.
    ProviderFailed {
        /// The policy.
        policy: PolicyId,
        /// The rule.
        rule: u32,
        /// HTTP status of the denial: `statusOnError`, else 403.
        status: u16,
    },
    /// A CUSTOM rule matched whose provider istiod refuses: everything it matches is denied.
    BadProvider {
        /// The policy.
        policy: PolicyId,
        /// The rule.
        rule: u32,
    },
    /// A token was there and verified.
    JwtVerified {
        /// The RequestAuthentication.
        policy: PolicyId,
        /// Its `jwtRules` entry.
        rule: u32,
    },
    /// No token was there; that alone passes.
    JwtMissing {
        /// One RequestAuthentication that would have verified it.
        policy: PolicyId,
    },
    /// A token was there and did not verify.
    JwtRejected {
        /// The RequestAuthentication whose answer is reported.
        policy: PolicyId,
        /// HTTP status: 401, or 403 for a wrong audience.
        status: u16,
        /// Envoy's text.
        body: Body,
    },
    /// The request is no HTTP that the proxy takes: it answers 400 before any policy is asked.
    BadRequest,
    /// A script of an EnvoyFilter answers the request itself.
    Script {
        /// The EnvoyFilter.
        policy: PolicyId,
        /// HTTP status.
        status: u16,
    },
    /// An object that is recognised and not evaluated may change this layer.
    NotEvaluated {
        /// The object.
        policy: PolicyId,
    },
    /// The verdict depends on what the flow leaves out.
    Missing {
        /// What is missing.
        attributes: Attributes,
        /// A policy and rule whose match depends on it.
        policy: Option<PolicyId>,
    },
    /// The flow names something that no manifest holds.
    UnknownPeer,
    /// An earlier layer refused the connection, so this one sees no request.
    NotReached,
}

impl Reason {
    /// The policy that it names, if it names one.
    pub const fn policy(&self) -> Option<PolicyId> {
        match self {
            Self::Rule { policy, .. }
            | Self::Isolated { policy }
            | Self::EndOfTier { policy, .. }
            | Self::NoAllowMatch { policy }
            | Self::Provider { policy, .. }
            | Self::ProviderFailed { policy, .. }
            | Self::BadProvider { policy, .. }
            | Self::JwtVerified { policy, .. }
            | Self::JwtMissing { policy }
            | Self::JwtRejected { policy, .. }
            | Self::Script { policy, .. }
            | Self::NotEvaluated { policy } => Some(*policy),
            Self::MtlsAccepted { policy, .. }
            | Self::MtlsRefused { policy, .. }
            | Self::Missing { policy, .. } => *policy,
            Self::DefaultAllow
            | Self::UndefinedNamespace
            | Self::NoProfile
            | Self::Failsafe
            | Self::EndpointToHost
            | Self::NotPoliced
            | Self::LocalTraffic
            | Self::NotInMesh
            | Self::NoPolicy
            | Self::BadRequest
            | Self::UnknownPeer
            | Self::NotReached => None,
        }
    }

    /// The rule that it names (0-based), if it names one.
    pub const fn rule(&self) -> Option<u32> {
        match self {
            Self::Rule { rule, .. }
            | Self::Provider { rule, .. }
            | Self::ProviderFailed { rule, .. }
            | Self::BadProvider { rule, .. }
            | Self::JwtVerified { rule, .. } => Some(*rule),
            _ => None,
        }
    }
}

/// A mode of mTLS, as PeerAuthentication spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MtlsModeName {
    /// `DISABLE`
    Disable,
    /// `PERMISSIVE`
    Permissive,
    /// `STRICT`
    Strict,
}

/// Why a proxy refuses a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientFault {
    /// The client speaks plaintext and mTLS is required.
    Plaintext,
    /// The client speaks TLS without a certificate of the mesh.
    NoCertificate,
    /// The client's certificate is of a trust domain that the mesh does not know.
    ForeignTrustDomain,
    /// The client speaks mTLS to a port where TLS is not terminated.
    UnexpectedTls,
}

/// What one layer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerDecision {
    /// Which layer.
    pub layer: Layer,
    /// Its verdict.
    pub verdict: Verdict,
    /// What decided.
    pub reason: Reason,
    /// Which part of the way a network layer was decided on.
    pub hop: Hop,
}

impl LayerDecision {
    /// A layer of a connection that goes straight to its destination.
    pub(crate) const fn new(layer: Layer, verdict: Verdict, reason: Reason) -> Self {
        Self { layer, verdict, reason, hop: Hop::Direct }
    }
}

/// Part of a connection's way over the network. A waypoint makes two connections of one, and
/// network policy is asked of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hop {
    /// From the client to the destination.
    #[default]
    Direct,
    /// From the client to the waypoint.
    ToWaypoint,
    /// From the waypoint to the destination.
    FromWaypoint,
}

impl Hop {
    /// The spelling in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::ToWaypoint => "to_waypoint",
            Self::FromWaypoint => "from_waypoint",
        }
    }
}

/// What the client would see of a denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientSees {
    /// An HTTP response.
    Response {
        /// Status code.
        status: u16,
        /// Body.
        body: Body,
    },
    /// A gRPC status, in an HTTP response whose own status is 200.
    Grpc {
        /// The gRPC status: 7 is PERMISSION_DENIED, 16 is UNAUTHENTICATED.
        status: u8,
        /// `grpc-message`.
        message: Body,
    },
    /// The connection is reset.
    Reset,
    /// Nothing comes back.
    Timeout,
    /// The connection is closed.
    Closed,
    /// The connection is closed when the client's first bytes come: what an application that
    /// speaks first says has reached the client by then.
    ClosedAfterBanner,
}

/// The answer to one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// Overall: denied if any layer denies, else undetermined if any is, else allowed.
    pub verdict: Verdict,
    /// The first layer, in order, that denies (or, failing that, is undetermined).
    pub decided_by: Option<Layer>,
    /// Every layer, in order.
    pub layers: [LayerDecision; 5],
    /// What the client sees of a denial.
    pub client_sees: Option<ClientSees>,
    /// The workload that answered: of a Service, the backend that this decision is about.
    pub destination: Option<WorkloadId>,
    /// The port that the network layers judged.
    pub port: Option<u16>,
}

const _: () = assert!(size_of::<LayerDecision>() == 20, "five of them are made for each answer");
