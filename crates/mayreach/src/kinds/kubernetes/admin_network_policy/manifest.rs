//! `policy.networking.k8s.io/v1alpha1` `AdminNetworkPolicy` as written.

use serde::Deserialize;

use crate::{
    kinds::kubernetes::sig_network::{AdminPort, EgressPeer, IngressPeer, Subject},
    manifest::Spanned,
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AdminNetworkPolicySpec {
    pub(super) priority: Spanned<i64>,
    pub(super) subject: Spanned<Subject>,
    pub(super) ingress: Option<Vec<Spanned<IngressRule>>>,
    pub(super) egress: Option<Vec<Spanned<EgressRule>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct IngressRule {
    pub(super) name: Option<Spanned<String>>,
    pub(super) action: Spanned<String>,
    pub(super) from: Spanned<Vec<Spanned<IngressPeer>>>,
    pub(super) ports: Option<Spanned<Vec<Spanned<AdminPort>>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EgressRule {
    pub(super) name: Option<Spanned<String>>,
    pub(super) action: Spanned<String>,
    pub(super) to: Spanned<Vec<Spanned<EgressPeer>>>,
    pub(super) ports: Option<Spanned<Vec<Spanned<AdminPort>>>>,
}
