//! A rule as written (api/pkg/apis/projectcalico/v3 `policy_common.go`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::manifest::{IntOrString, Spanned};

/// One rule of a policy or profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::calico) struct Rule {
    pub(super) action: Spanned<String>,
    pub(super) ip_version: Option<Spanned<i64>>,
    pub(super) protocol: Option<Spanned<IntOrString>>,
    pub(super) icmp: Option<Spanned<Icmp>>,
    pub(super) not_protocol: Option<Spanned<IntOrString>>,
    #[serde(rename = "notICMP")]
    pub(super) not_icmp: Option<Spanned<Icmp>>,
    #[serde(default)]
    pub(super) source: EntityRule,
    #[serde(default)]
    pub(super) destination: EntityRule,
    pub(super) http: Option<Spanned<Http>>,
    pub(super) metadata: Option<RuleMetadata>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Icmp {
    #[serde(rename = "type")]
    pub(super) kind: Option<i64>,
    pub(super) code: Option<i64>,
}

/// One side of a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct EntityRule {
    pub(super) nets: Vec<Spanned<String>>,
    pub(super) not_nets: Vec<Spanned<String>>,
    pub(super) selector: Option<Spanned<String>>,
    pub(super) not_selector: Option<Spanned<String>>,
    pub(super) namespace_selector: Option<Spanned<String>>,
    pub(super) ports: Vec<Spanned<IntOrString>>,
    pub(super) not_ports: Vec<Spanned<IntOrString>>,
    pub(super) service_accounts: Option<Spanned<ServiceAccounts>>,
    pub(super) services: Option<Spanned<Services>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServiceAccounts {
    pub(super) names: Vec<String>,
    pub(super) selector: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Services {
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Http {
    pub(super) methods: Vec<String>,
    pub(super) paths: Vec<HttpPath>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HttpPath {
    pub(super) exact: String,
    pub(super) prefix: String,
}

/// Annotations of a rule; they have no meaning for traffic.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RuleMetadata {
    pub(super) annotations: BTreeMap<String, String>,
}
