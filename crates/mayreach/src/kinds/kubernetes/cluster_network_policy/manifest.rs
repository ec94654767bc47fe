//! `policy.networking.k8s.io/v1alpha2` `ClusterNetworkPolicy` as written; v1beta1 has the same
//! fields.

use serde::Deserialize;

use crate::{
    kinds::kubernetes::sig_network::{EgressPeer, IngressPeer, Subject},
    manifest::Spanned,
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClusterNetworkPolicySpec {
    pub(super) tier: Spanned<String>,
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
    pub(super) protocols: Option<Spanned<Vec<Spanned<Protocol>>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EgressRule {
    pub(super) name: Option<Spanned<String>>,
    pub(super) action: Spanned<String>,
    pub(super) to: Spanned<Vec<Spanned<EgressPeer>>>,
    pub(super) protocols: Option<Spanned<Vec<Spanned<Protocol>>>>,
}

/// Exactly one field is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Protocol {
    pub(super) tcp: Option<Spanned<Transport>>,
    pub(super) udp: Option<Spanned<Transport>>,
    pub(super) sctp: Option<Spanned<Transport>>,
    pub(super) destination_named_port: Option<Spanned<String>>,
}

/// At least one field is set, and there is only this one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Transport {
    pub(super) destination_port: Option<Spanned<Port>>,
}

/// Exactly one field is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Port {
    pub(super) number: Option<Spanned<i64>>,
    pub(super) range: Option<PortRange>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct PortRange {
    pub(super) start: Spanned<i64>,
    pub(super) end: Spanned<i64>,
}
