//! `NetworkSet` and `GlobalNetworkSet` as written.

use serde::Deserialize;

use crate::manifest::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NetworkSetSpec {
    pub(super) nets: Vec<Spanned<String>>,
}
