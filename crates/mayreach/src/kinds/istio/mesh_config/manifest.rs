//! The part of MeshConfig that bears on verdicts; all else is accepted unread.

use serde::Deserialize;

use crate::{
    kinds::{istio::sidecar::Outbound, kubernetes::LabelSelector},
    manifest::Spanned,
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MeshConfig {
    pub(super) trust_domain: Option<String>,
    pub(super) trust_domain_aliases: Option<Vec<String>>,
    pub(super) ca_certificates: Option<Vec<CaCertificate>>,
    pub(super) root_namespace: Option<String>,
    pub(super) path_normalization: Option<PathNormalization>,
    pub(super) extension_providers: Option<Vec<Provider>>,
    pub(super) enable_auto_mtls: Option<bool>,
    pub(super) default_config: Option<DefaultConfig>,
    pub(super) outbound_traffic_policy: Option<Outbound>,
    pub(super) default_service_export_to: Option<Vec<String>>,
    pub(super) default_destination_rule_export_to: Option<Vec<String>>,
    pub(super) discovery_selectors: Option<Vec<LabelSelector>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaCertificate {
    pub(super) trust_domains: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PathNormalization {
    pub(super) normalization: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DefaultConfig {
    pub(super) gateway_topology: Option<GatewayTopology>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GatewayTopology {
    pub(super) num_trusted_proxies: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    pub(super) name: Option<String>,
    pub(super) envoy_ext_authz_http: Option<ExtAuthz>,
    pub(super) envoy_ext_authz_grpc: Option<ExtAuthz>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExtAuthz {
    pub(super) service: Option<String>,
    pub(super) port: Option<i64>,
    pub(super) fail_open: Option<bool>,
    pub(super) path_prefix: Option<String>,
    pub(super) status_on_error: Option<String>,
}

/// `IstioOperator`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operator {
    pub(super) namespace: Option<String>,
    pub(super) mesh_config: Option<MeshConfig>,
    pub(super) values: Option<Values>,
}

/// What Helm's values say of the mesh.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Values {
    pub(super) mesh_config: Option<MeshConfig>,
}
