//! `HostEndpoint` as written.

use serde::Deserialize;

use crate::manifest::{IntOrString, Spanned};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct HostEndpointSpec {
    pub(super) node: String,
    pub(super) interface_name: Option<Spanned<String>>,
    #[serde(rename = "expectedIPs")]
    pub(super) expected_ips: Vec<Spanned<String>>,
    pub(super) profiles: Vec<Spanned<String>>,
    pub(super) ports: Vec<Spanned<EndpointPort>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointPort {
    pub(super) name: String,
    pub(super) protocol: IntOrString,
    pub(super) port: i64,
}
