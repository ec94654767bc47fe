//! `networking.k8s.io/v1` NetworkPolicy as written.

use serde::Deserialize;

use crate::{
    kinds::kubernetes::selector::LabelSelector,
    manifest::{IntOrString, Spanned},
};

/// Which pods, which directions, and what is allowed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NetworkPolicySpec {
    pub(super) pod_selector: Option<LabelSelector>,
    pub(super) ingress: Option<Spanned<Vec<Spanned<IngressRule>>>>,
    pub(super) egress: Option<Spanned<Vec<Spanned<EgressRule>>>>,
    pub(super) policy_types: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct IngressRule {
    pub(super) from: Option<Vec<Spanned<Peer>>>,
    pub(super) ports: Option<Vec<Spanned<RulePort>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EgressRule {
    pub(super) to: Option<Vec<Spanned<Peer>>>,
    pub(super) ports: Option<Vec<Spanned<RulePort>>>,
}

/// Pods by label, or a block of addresses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Peer {
    pub(super) pod_selector: Option<LabelSelector>,
    pub(super) namespace_selector: Option<LabelSelector>,
    pub(super) ip_block: Option<Spanned<IpBlock>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct IpBlock {
    pub(super) cidr: Option<Spanned<String>>,
    pub(super) except: Option<Vec<Spanned<String>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RulePort {
    pub(super) protocol: Option<Spanned<String>>,
    pub(super) port: Option<Spanned<IntOrString>>,
    pub(super) end_port: Option<Spanned<i64>>,
}
