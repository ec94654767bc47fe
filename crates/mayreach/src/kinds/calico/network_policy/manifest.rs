//! NetworkPolicy as written, and the staged one.

use serde::Deserialize;

use crate::{kinds::calico::rule::Rule, manifest::Spanned};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct NetworkPolicySpec {
    /// Of the staged kind alone.
    pub(super) staged_action: Option<Spanned<String>>,
    pub(super) tier: Option<Spanned<String>>,
    pub(super) order: Option<f64>,
    pub(super) selector: Option<Spanned<String>>,
    pub(super) service_account_selector: Option<Spanned<String>>,
    pub(super) types: Option<Vec<Spanned<String>>>,
    pub(super) ingress: Option<Vec<Spanned<Rule>>>,
    pub(super) egress: Option<Vec<Spanned<Rule>>>,
    pub(super) performance_hints: Vec<Spanned<String>>,
}
