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
    #[serde(rename = "externalIPs")]
    pub(super) external_ips: Option<Vec<Spanned<String>>>,
    pub(super) internal_traffic_policy: Option<Spanned<String>>,
    pub(super) external_traffic_policy: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServicePort {
    pub(super) name: Option<Spanned<String>>,
    pub(super) port: Option<Spanned<i64>>,
    pub(super) protocol: Option<Spanned<String>>,
    pub(super) node_port: Option<Spanned<i64>>,
    pub(super) target_port: Option<Spanned<IntOrString>>,
    pub(super) app_protocol: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ServiceStatus {
    pub(super) load_balancer: LoadBalancer,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LoadBalancer {
    pub(super) ingress: Vec<Ingress>,
}

/// One address of a load balancer; those known by a host name only are not known here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Ingress {
    pub(super) ip: Option<String>,
    pub(super) ip_mode: Option<String>,
}
