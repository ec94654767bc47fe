//! Network policy of every kind in one form: tiers of policies of rules, as Calico's data plane
//! has it. Rules match packets by address, port and protocol against sets, never by identity.

use ipnet::IpNet;

use super::{PolicyId, Protocol, selector::Selector};

/// All network policy, and how it is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    /// In the order they are asked.
    pub(crate) tiers: Vec<Tier>,
    pub(crate) policies: Vec<NetworkPolicy>,
    /// Calico profiles that manifests write: what host endpoints ask after the last tier.
    pub(crate) profiles: Vec<Profile>,
    /// Calico's application layer policy runs beside sidecars (`policySyncPathPrefix`).
    pub(crate) application_layer: bool,
    /// The plugin that enforces: decides what happens to pods of undefined namespaces.
    pub(crate) plugin: Plugin,
}

impl Network {
    /// Whether an enforced policy asks about what hosts forward.
    pub(crate) fn forwards(&self) -> bool {
        self.policies.iter().any(|p| !p.staged && p.class != PolicyClass::Normal)
    }
}

/// Who enforces network policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plugin {
    #[default]
    Kubernetes,
    Calico,
}

#[derive(Clone, Debug)]
pub(crate) struct Tier {
    pub(crate) name: String,
    /// What happens to traffic that a tier's policies govern and none decides.
    pub(crate) default: TierDefault,
    /// Indexes into [`Network::policies`], in the order they are asked.
    pub(crate) policies: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TierDefault {
    Deny,
    Pass,
}

/// One policy, lowered.
#[derive(Clone, Debug)]
pub(crate) struct NetworkPolicy {
    pub(crate) id: PolicyId,
    /// Name of its tier; kinds without tiers name the built-in one.
    pub(crate) tier: String,
    /// Ascending; `None` is last.
    pub(crate) order: Option<f64>,
    /// Breaks ties of order, compared as bytes.
    pub(crate) tie: String,
    /// Which endpoints it governs (flat form).
    pub(crate) subject: Selector,
    pub(crate) governs_ingress: bool,
    pub(crate) governs_egress: bool,
    pub(crate) ingress: Vec<NetworkRule>,
    pub(crate) egress: Vec<NetworkRule>,
    /// Takes part in reports, never in verdicts.
    pub(crate) staged: bool,
    pub(crate) class: PolicyClass,
    /// A Kubernetes NetworkPolicy: denial by absence is "isolated".
    pub(crate) isolates: bool,
}

/// A Calico profile with rules.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) id: PolicyId,
    pub(crate) ingress: Vec<NetworkRule>,
    pub(crate) egress: Vec<NetworkRule>,
}

/// What a host endpoint asks after the last tier, one profile after the other; then it drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterTiers {
    AllowAll,
    DenyAll,
    /// An index into [`Network::profiles`].
    Profile(u32),
}

/// Which traffic of host endpoints a policy sees; pods see `Normal` (and applyOnForward) ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyClass {
    Normal,
    /// Normal, and forwarded traffic of host endpoints too.
    Forward,
    PreDnat,
    Untracked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    Deny,
    Pass,
    Log,
}

/// One lowered rule: every condition must hold. One written rule may lower to several; `index`
/// is that of the written one.
#[derive(Clone, Debug)]
pub(crate) struct NetworkRule {
    pub(crate) index: u32,
    pub(crate) action: Action,
    pub(crate) ip_version: Option<IpVersion>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) not_protocol: Option<Protocol>,
    /// Type and, if given, code.
    pub(crate) icmp: Option<(u8, Option<u8>)>,
    pub(crate) not_icmp: Option<(u8, Option<u8>)>,
    pub(crate) source: PeerMatch,
    pub(crate) destination: PeerMatch,
    /// HTTP conditions that only Calico's L7 data plane sees; at L3/L4 they do not narrow.
    pub(crate) http: Option<HttpMatch>,
}

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Conditions on one end of a packet. Fields are ANDed, values within a field ORed.
#[derive(Clone, Debug, Default)]
pub(crate) struct PeerMatch {
    /// Flat positive selector over known endpoints.
    pub(crate) selector: Option<Selector>,
    /// Without `selector`: matches every address outside the set, also unknown ones.
    /// With it, lowering has already folded `!not_selector` into `selector`.
    pub(crate) not_selector: Option<Selector>,
    /// Nodes by label (sig-network `nodes` peers).
    pub(crate) nodes: Option<Selector>,
    pub(crate) nets: Vec<IpNet>,
    pub(crate) not_nets: Vec<IpNet>,
    pub(crate) ports: Vec<PortMatch>,
    pub(crate) not_ports: Vec<PortMatch>,
    /// Endpoints of a Service, by (namespace, name); the namespace may be empty.
    pub(crate) service: Option<(String, String)>,
    /// The rule names domains that no address resolves here.
    pub(crate) domains: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortMatch {
    /// Inclusive.
    Range(u16, u16),
    /// A container (or host endpoint) port by name; resolved on the endpoint itself.
    Named(String),
}

/// HTTP match of a Calico rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpMatch {
    /// `*` is any; empty: any.
    pub(crate) methods: Vec<String>,
    /// (exact, text); empty: any.
    pub(crate) paths: Vec<(bool, String)>,
}
