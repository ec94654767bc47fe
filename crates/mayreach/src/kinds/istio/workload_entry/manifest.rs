//! WorkloadEntry as written.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::manifest::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) address: Option<String>,
    pub(super) ports: Option<BTreeMap<String, Spanned<i64>>>,
    pub(super) labels: Option<BTreeMap<String, String>>,
    pub(super) service_account: Option<String>,
}
