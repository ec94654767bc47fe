//! Pod as written: what bears on verdicts. Other fields, known or not, are not read: manifests
//! from a live cluster hold hundreds.

use serde::Deserialize;

use crate::manifest::Spanned;

/// `core/v1 PodSpec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct PodSpec {
    pub(super) service_account_name: Option<String>,
    /// The old spelling of `serviceAccountName`.
    pub(super) service_account: Option<String>,
    pub(super) host_network: Option<bool>,
    pub(super) node_name: Option<String>,
    pub(super) containers: Option<Vec<Container>>,
    pub(super) init_containers: Option<Vec<Container>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    pub(super) name: Option<String>,
    pub(super) args: Option<Vec<String>>,
    pub(super) ports: Option<Vec<Spanned<DeclaredPort>>>,
    /// `Always` on an init container makes it a sidecar.
    pub(super) restart_policy: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeclaredPort {
    pub(super) name: Option<Spanned<String>>,
    pub(super) container_port: Option<Spanned<i64>>,
    pub(super) protocol: Option<Spanned<String>>,
    pub(super) host_port: Option<Spanned<i64>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodStatus {
    pub(super) phase: Option<String>,
    #[serde(rename = "podIP")]
    pub(super) pod_ip: Option<Spanned<String>>,
    #[serde(rename = "podIPs")]
    pub(super) pod_ips: Option<Vec<PodIp>>,
    #[serde(rename = "hostIP")]
    pub(super) host_ip: Option<Spanned<String>>,
    #[serde(rename = "hostIPs")]
    pub(super) host_ips: Option<Vec<PodIp>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodIp {
    pub(super) ip: Option<Spanned<String>>,
}
