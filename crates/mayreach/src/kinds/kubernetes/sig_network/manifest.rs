//! Fields that the cluster-wide policies share, as written.

use serde::Deserialize;

use super::{AdminPort, Rule};
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

/// A rule of an `AdminNetworkPolicy` or its baseline.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct AdminIngressRule {
    name: Option<Spanned<String>>,
    action: Spanned<String>,
    from: Spanned<Vec<Spanned<IngressPeer>>>,
    ports: Option<Spanned<Vec<Spanned<AdminPort>>>>,
}

/// The same for egress, to peers of either kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct AdminEgressRule<P> {
    name: Option<Spanned<String>>,
    action: Spanned<String>,
    to: Spanned<Vec<Spanned<P>>>,
    ports: Option<Spanned<Vec<Spanned<AdminPort>>>>,
}

/// The rules of one direction.
pub(in crate::kinds::kubernetes) fn from(
    written: &[Spanned<AdminIngressRule>],
) -> Vec<Rule<'_, IngressPeer, AdminPort>> {
    let rules = written.iter().map(|Spanned { value, line }| {
        let AdminIngressRule { name, action, from, ports } = value;
        Rule { line: *line, name: name.as_ref(), action, peers: from, ports: ports.as_ref() }
    });
    rules.collect()
}

/// The rules of the other.
pub(in crate::kinds::kubernetes) fn to<P>(
    written: &[Spanned<AdminEgressRule<P>>],
) -> Vec<Rule<'_, P, AdminPort>> {
    let rules = written.iter().map(|Spanned { value, line }| {
        let AdminEgressRule { name, action, to, ports } = value;
        Rule { line: *line, name: name.as_ref(), action, peers: to, ports: ports.as_ref() }
    });
    rules.collect()
}
