//! `StagedKubernetesNetworkPolicy` as written: a NetworkPolicy of Kubernetes with a proposal.
//! Only what it adds is read here; the Kubernetes family reads the rest, and refuses what is unknown.

use serde::Deserialize;

use crate::manifest::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Proposal {
    pub(super) staged_action: Option<Spanned<String>>,
}
