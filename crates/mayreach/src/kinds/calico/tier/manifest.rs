//! Tier as written.

use serde::Deserialize;

use crate::manifest::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct TierSpec {
    pub(super) order: Option<Spanned<f64>>,
    pub(super) default_action: Option<Spanned<String>>,
}
