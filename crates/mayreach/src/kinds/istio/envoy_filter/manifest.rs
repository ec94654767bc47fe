//! EnvoyFilter as written.
//!
//! Patches are read only as far as it takes to know a script; whatever else they hold makes the
//! object one that is not evaluated, so unknown fields are no error here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) workload_selector: Option<Selector>,
    pub(super) target_refs: Option<Vec<Value>>,
    pub(super) config_patches: Option<Vec<Patch>>,
    pub(super) priority: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Selector {
    pub(super) labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Patch {
    pub(super) apply_to: Option<String>,
    #[serde(rename = "match")]
    pub(super) matching: Option<Map<String, Value>>,
    pub(super) patch: Option<Map<String, Value>>,
}
