//! Service as written: what bears on verdicts. Other fields, known or not, are not read.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::manifest::{IntOrString, Spanned};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceSpec {
    pub(super) r#type: Option<Spanned<String>>,
    pub(super) selector: Option<BTreeMap<String, Spanned<String>>>,
    pub(super) ports: Option<Vec<Spanned<ServicePort>>>,
    #[serde(rename = "clusterIP")]
    pub(super) cluster_ip: Option<Spanned<String>>,
    #[serde(rename = "clusterIPs")]
    pub(super) cluster_ips: Option<Vec<Spanned<String>>>,
    pub(super) external_name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServicePort {
    pub(super) name: Option<Spanned<String>>,
    pub(super) port: Option<Spanned<i64>>,
    pub(super) protocol: Option<Spanned<String>>,
    pub(super) target_port: Option<Spanned<IntOrString>>,
    pub(super) app_protocol: Option<String>,
}
