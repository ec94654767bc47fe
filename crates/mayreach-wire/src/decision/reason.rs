//! What decided in one layer: a stable code and what belongs to it.

use std::fmt;

use mayreach::{ClientFault, Flow, Layer, LayerDecision, MtlsModeName, PolicyId, Program, Reason};
use serde::Serialize;

/// What decided in one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReasonOut {
    /// The stable code.
    pub code: &'static str,
    /// The policy that decided, or one of those that did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyOut>,
    /// Its rule, from 0, in the list of its direction as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    /// `file:line` of the rule, or of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Every policy that decided by its absence of a matching rule, in the order they are asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyOut>,
    /// The tier at whose end it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// The mode of mTLS in effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    /// Whether the layers after know the client's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<bool>,
    /// What the client did that the mode refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<&'static str>,
    /// The external authorizer that is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// HTTP status of a refused token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Body of that response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'static str>,
    /// What the verdict depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
}

/// Who a policy is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct PolicyOut {
    /// Its kind, as manifests spell it.
    pub kind: String,
    /// Its namespace, unless the kind has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// `file:line`, where nothing beside says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl PolicyOut {
    pub(crate) fn new(program: &Program, id: PolicyId) -> Self {
        program.policy(id).map_or_else(Self::default, |info| Self {
            kind: info.kind().to_owned(),
            namespace: info.namespace().map(str::to_owned),
            name: info.name().to_owned(),
            at: None,
        })
    }

    /// With its place, where nothing beside says it.
    pub(crate) fn placed(program: &Program, id: PolicyId) -> Self {
        let at = program.policy(id).and_then(|info| info.at());
        Self { at: at.map(|at| at.to_string()), ..Self::new(program, id) }
    }
}

impl fmt::Display for PolicyOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

impl ReasonOut {
    pub(crate) fn new(program: &Program, flow: &Flow<'_>, decided: &LayerDecision) -> Self {
        let reason = Self { code: decided.reason.code(), ..Self::default() };
        let layer = decided.layer;
        match decided.reason {
            Reason::Rule { policy, rule }
            | Reason::Provider { policy, rule }
            | Reason::ProviderFailed { policy, rule, .. }
            | Reason::BadProvider { policy, rule }
            | Reason::JwtVerified { policy, rule } => {
                let provider = program.provider(policy).map(str::to_owned);
                Self { provider, ..reason.rule(program, layer, policy, rule) }
            }
            Reason::Isolated { policy } => {
                let policies = of_tier_of(program, flow, layer, policy);
                Self { policies, ..reason.policy(program, policy) }
            }
            Reason::EndOfTier { tier, policy } => Self {
                policies: of_tier_of(program, flow, layer, policy),
                tier: program.tier(tier).map(str::to_owned),
                ..reason.policy(program, policy)
            },
            Reason::NoAllowMatch { policy } => Self {
                policies: program
                    .allowing(flow)
                    .into_iter()
                    .map(|id| PolicyOut::placed(program, id))
                    .collect(),
                ..reason.policy(program, policy)
            },
            Reason::MtlsAccepted { policy, mode, identity } => Self {
                mode: Some(mode_name(mode)),
                identity: Some(identity),
                ..reason.maybe_policy(program, policy)
            },
            Reason::MtlsRefused { policy, mode, client } => Self {
                mode: Some(mode_name(mode)),
                client: Some(fault(client)),
                ..reason.maybe_policy(program, policy)
            },
            Reason::JwtRejected { policy, status, body } => Self {
                status: Some(status),
                body: Some(body.as_str()),
                ..reason.policy(program, policy)
            },
            Reason::Script { policy, status } => {
                Self { status: Some(status), ..reason.policy(program, policy) }
            }
            Reason::JwtMissing { policy } | Reason::NotEvaluated { policy } => {
                reason.policy(program, policy)
            }
            Reason::Missing { attributes, policy } => Self {
                missing: attributes.names().collect(),
                ..reason.maybe_policy(program, policy)
            },
            _ => reason,
        }
    }

    fn policy(self, program: &Program, id: PolicyId) -> Self {
        let at = program.policy(id).and_then(|info| info.at()).map(|at| at.to_string());
        Self { policy: Some(PolicyOut::new(program, id)), at, ..self }
    }

    fn maybe_policy(self, program: &Program, id: Option<PolicyId>) -> Self {
        match id {
            Some(id) => self.policy(program, id),
            None => self,
        }
    }

    fn rule(self, program: &Program, layer: Layer, id: PolicyId, rule: u32) -> Self {
        let info = program.policy(id);
        let at = info.and_then(|i| i.rule_at(layer, rule).or_else(|| i.at()));
        Self {
            policy: Some(PolicyOut::new(program, id)),
            rule: Some(rule),
            at: at.map(|at| at.to_string()),
            ..self
        }
    }
}

/// The same of the tier of a policy; one that governs a host on the way stands alone.
fn of_tier_of(
    program: &Program,
    flow: &Flow<'_>,
    layer: Layer,
    policy: PolicyId,
) -> Vec<PolicyOut> {
    let all = of_tier(program, flow, layer, |s| s.policy == policy);
    if all.is_empty() { vec![PolicyOut::placed(program, policy)] } else { all }
}

/// The enforced policies of the tier that `is` finds, in the order they are asked.
fn of_tier(
    program: &Program,
    flow: &Flow<'_>,
    layer: Layer,
    is: impl Fn(&mayreach::Selecting) -> bool,
) -> Vec<PolicyOut> {
    let all = program.selecting(flow, layer);
    let Some(tier) = all.iter().find(|s| is(s)).map(|s| s.tier) else { return Vec::new() };
    let enforced = all.iter().filter(|s| s.tier == tier && !s.staged);
    enforced.map(|s| PolicyOut::placed(program, s.policy)).collect()
}

const fn mode_name(mode: MtlsModeName) -> &'static str {
    match mode {
        MtlsModeName::Disable => "DISABLE",
        MtlsModeName::Permissive => "PERMISSIVE",
        MtlsModeName::Strict => "STRICT",
    }
}

const fn fault(client: ClientFault) -> &'static str {
    match client {
        ClientFault::Plaintext => "plaintext",
        ClientFault::NoCertificate => "no_certificate",
        ClientFault::ForeignTrustDomain => "foreign_trust_domain",
        ClientFault::UnexpectedTls => "unexpected_tls",
    }
}
