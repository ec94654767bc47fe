//! Endpoints as written: what bears on verdicts. Other fields, known or not, are not read.

use serde::Deserialize;

use crate::{kinds::kubernetes::endpoint_slice::EndpointPort, manifest::Spanned};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subset {
    pub(super) addresses: Option<Vec<Address>>,
    pub(super) not_ready_addresses: Option<Vec<Address>>,
    pub(super) ports: Option<Vec<EndpointPort>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    pub(super) ip: Option<Spanned<String>>,
}
