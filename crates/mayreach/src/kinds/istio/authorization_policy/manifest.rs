//! AuthorizationPolicy as written (istio.io/api security/v1beta1).

use serde::Deserialize;

use crate::{
    kinds::istio::attach::{Selector, TargetRef},
    manifest::Spanned,
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) selector: Option<Spanned<Selector>>,
    pub(super) target_ref: Option<Spanned<TargetRef>>,
    pub(super) target_refs: Option<Vec<Spanned<TargetRef>>>,
    pub(super) rules: Option<Vec<Spanned<Rule>>>,
    pub(super) action: Option<Spanned<String>>,
    pub(super) provider: Option<Spanned<Provider>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provider {
    pub(super) name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) from: Option<Spanned<Vec<Spanned<From>>>>,
    pub(super) to: Option<Spanned<Vec<Spanned<To>>>>,
    pub(super) when: Option<Vec<Spanned<When>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    pub(super) source: Option<Spanned<Source>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct To {
    pub(super) operation: Option<Spanned<Operation>>,
}

/// Texts with their lines.
pub(super) type Texts = Option<Vec<Spanned<String>>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Source {
    pub(super) principals: Texts,
    pub(super) not_principals: Texts,
    pub(super) request_principals: Texts,
    pub(super) not_request_principals: Texts,
    pub(super) namespaces: Texts,
    pub(super) not_namespaces: Texts,
    pub(super) service_accounts: Texts,
    pub(super) not_service_accounts: Texts,
    pub(super) ip_blocks: Texts,
    pub(super) not_ip_blocks: Texts,
    pub(super) remote_ip_blocks: Texts,
    pub(super) not_remote_ip_blocks: Texts,
    pub(super) trust_domains: Texts,
    pub(super) not_trust_domains: Texts,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Operation {
    pub(super) hosts: Texts,
    pub(super) not_hosts: Texts,
    pub(super) ports: Texts,
    pub(super) not_ports: Texts,
    pub(super) methods: Texts,
    pub(super) not_methods: Texts,
    pub(super) paths: Texts,
    pub(super) not_paths: Texts,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct When {
    pub(super) key: Option<Spanned<String>>,
    pub(super) values: Texts,
    pub(super) not_values: Texts,
}
