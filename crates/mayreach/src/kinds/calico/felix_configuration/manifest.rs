//! `FelixConfiguration` and `KubeControllersConfiguration` as written: only what bears on verdicts,
//! all other fields are accepted unread.

use serde::Deserialize;

use crate::manifest::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FelixConfigurationSpec {
    pub(super) default_endpoint_to_host_action: Option<String>,
    pub(super) failsafe_inbound_host_ports: Option<Vec<Spanned<ProtoPort>>>,
    pub(super) failsafe_outbound_host_ports: Option<Vec<Spanned<ProtoPort>>>,
    pub(super) chain_insert_mode: Option<String>,
    pub(super) iptables_filter_deny_action: Option<String>,
    pub(super) nftables_filter_deny_action: Option<String>,
    #[serde(rename = "allowVXLANPacketsFromWorkloads")]
    pub(super) allow_vxlan_packets_from_workloads: Option<bool>,
    #[serde(rename = "allowIPIPPacketsFromWorkloads")]
    pub(super) allow_ipip_packets_from_workloads: Option<bool>,
    pub(super) bpf_enabled: Option<bool>,
    pub(super) policy_sync_path_prefix: Option<String>,
    pub(super) nat_outgoing_exclusions: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ClusterInformationSpec {
    pub(super) calico_version: Option<String>,
}

/// A port that stays open; without a network, to and from anywhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProtoPort {
    pub(super) protocol: Option<String>,
    pub(super) port: i64,
    pub(super) net: Option<String>,
}

/// Something that is there, whatever it is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Anything {}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct KubeControllersConfigurationSpec {
    pub(super) controllers: Controllers,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Controllers {
    pub(super) node: NodeController,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct NodeController {
    pub(super) host_endpoint: AutoHostEndpoint,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AutoHostEndpoint {
    pub(super) auto_create: Option<String>,
    pub(super) create_default_host_endpoint: Option<String>,
    pub(super) templates: Vec<Anything>,
}
