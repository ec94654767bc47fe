//! `policy.networking.k8s.io/v1alpha1` `BaselineAdminNetworkPolicy` as written.

use serde::Deserialize;

use crate::{
    kinds::kubernetes::sig_network::{
        AdminEgressRule, AdminIngressRule, BaselineEgressPeer, Subject,
    },
    manifest::Spanned,
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct BaselineAdminNetworkPolicySpec {
    pub(super) subject: Spanned<Subject>,
    pub(super) ingress: Option<Vec<Spanned<AdminIngressRule>>>,
    pub(super) egress: Option<Vec<Spanned<AdminEgressRule<BaselineEgressPeer>>>>,
}
