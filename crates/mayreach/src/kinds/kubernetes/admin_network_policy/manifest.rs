//! `policy.networking.k8s.io/v1alpha1` `AdminNetworkPolicy` as written.

use serde::Deserialize;

use crate::{
    kinds::kubernetes::sig_network::{AdminEgressRule, AdminIngressRule, EgressPeer, Subject},
    manifest::Spanned,
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AdminNetworkPolicySpec {
    pub(super) priority: Spanned<i64>,
    pub(super) subject: Spanned<Subject>,
    pub(super) ingress: Option<Vec<Spanned<AdminIngressRule>>>,
    pub(super) egress: Option<Vec<Spanned<AdminEgressRule<EgressPeer>>>>,
}
