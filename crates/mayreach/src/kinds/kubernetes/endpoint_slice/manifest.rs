//! EndpointSlice as written: what bears on verdicts. Other fields, known or not, are not read.

use serde::Deserialize;

use crate::manifest::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoint {
    pub(super) addresses: Option<Vec<Spanned<String>>>,
}

/// Also of core/v1 Endpoints.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct EndpointPort {
    pub(super) name: Option<String>,
    pub(super) port: Option<Spanned<i64>>,
    pub(super) protocol: Option<Spanned<String>>,
}
