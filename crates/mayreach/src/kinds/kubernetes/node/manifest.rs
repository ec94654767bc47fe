//! Node as written: what bears on verdicts. Other fields, known or not, are not read.

use serde::Deserialize;

use crate::manifest::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeStatus {
    pub(super) addresses: Option<Vec<NodeAddress>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeAddress {
    pub(super) r#type: Option<String>,
    pub(super) address: Option<Spanned<String>>,
}
