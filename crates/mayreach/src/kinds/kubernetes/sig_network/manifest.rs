//! Fields that the cluster-wide policies share, as written.

use serde::Deserialize;

use crate::{kinds::kubernetes::selector::LabelSelector, manifest::Spanned};

/// Exactly one field is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct Subject {
    pub(super) namespaces: Option<LabelSelector>,
    pub(super) pods: Option<NamespacedPod>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct NamespacedPod {
    /// Required in v1alpha1, optional since v1alpha2.
    pub(super) namespace_selector: Option<LabelSelector>,
    pub(super) pod_selector: LabelSelector,
}

/// Exactly one field is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct IngressPeer {
    pub(super) namespaces: Option<LabelSelector>,
    pub(super) pods: Option<NamespacedPod>,
}

/// Exactly one field is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct EgressPeer {
    pub(super) namespaces: Option<LabelSelector>,
    pub(super) pods: Option<NamespacedPod>,
    pub(super) nodes: Option<LabelSelector>,
    pub(super) networks: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) domain_names: Option<Spanned<Vec<Spanned<String>>>>,
}

/// Exactly one field is set; a `BaselineAdminNetworkPolicy` has no domain names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct BaselineEgressPeer {
    pub(super) namespaces: Option<LabelSelector>,
    pub(super) pods: Option<NamespacedPod>,
    pub(super) nodes: Option<LabelSelector>,
    pub(super) networks: Option<Spanned<Vec<Spanned<String>>>>,
}
