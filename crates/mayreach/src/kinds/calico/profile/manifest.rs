//! Profile as written.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{kinds::calico::rule::Rule, manifest::Spanned};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct ProfileSpec {
    pub(super) ingress: Vec<Spanned<Rule>>,
    pub(super) egress: Vec<Spanned<Rule>>,
    pub(super) labels_to_apply: BTreeMap<String, String>,
}
