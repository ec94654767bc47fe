//! PeerAuthentication as written.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{kinds::istio::attach::Selector, manifest::Spanned};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) selector: Option<Spanned<Selector>>,
    pub(super) mtls: Option<Spanned<MutualTls>>,
    pub(super) port_level_mtls: Option<Spanned<BTreeMap<String, Spanned<MutualTls>>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MutualTls {
    pub(super) mode: Option<Spanned<String>>,
}
