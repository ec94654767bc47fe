//! The part of MeshConfig that bears on verdicts; all else is accepted unread. Protobuf's JSON reads it
//! in the cluster: fields by either name, numbers in quotes too.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, Unexpected, Visitor},
};

use crate::{
    kinds::{istio::sidecar::Outbound, kubernetes::LabelSelector},
    manifest::Spanned,
    model::Proxies,
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MeshConfig {
    #[serde(alias = "trust_domain")]
    pub(super) trust_domain: Option<String>,
    #[serde(alias = "trust_domain_aliases")]
    pub(super) trust_domain_aliases: Option<Vec<String>>,
    #[serde(alias = "ca_certificates")]
    pub(super) ca_certificates: Option<Vec<CaCertificate>>,
    #[serde(alias = "root_namespace")]
    pub(super) root_namespace: Option<String>,
    #[serde(alias = "path_normalization")]
    pub(super) path_normalization: Option<PathNormalization>,
    #[serde(alias = "extension_providers")]
    pub(super) extension_providers: Option<Vec<Provider>>,
    #[serde(alias = "enable_auto_mtls")]
    pub(super) enable_auto_mtls: Option<bool>,
    #[serde(alias = "default_config")]
    pub(super) default_config: Option<DefaultConfig>,
    #[serde(alias = "outbound_traffic_policy")]
    pub(super) outbound_traffic_policy: Option<Outbound>,
    #[serde(alias = "default_service_export_to")]
    pub(super) default_service_export_to: Option<Vec<String>>,
    #[serde(alias = "default_destination_rule_export_to")]
    pub(super) default_destination_rule_export_to: Option<Vec<String>>,
    #[serde(alias = "discovery_selectors")]
    pub(super) discovery_selectors: Option<Vec<LabelSelector>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaCertificate {
    #[serde(alias = "trust_domains")]
    pub(super) trust_domains: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PathNormalization {
    pub(super) normalization: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DefaultConfig {
    #[serde(alias = "connection_settings")]
    pub(super) connection_settings: Option<ConnectionSettings>,
    #[serde(alias = "gateway_topology")]
    pub(super) gateway_topology: Option<GatewayTopology>,
}

/// What of it changes the request that policies see; the rest is time and size.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionSettings {
    pub(super) profile: Option<String>,
    #[serde(alias = "http_merge_slashes")]
    pub(super) http_merge_slashes: Option<IgnoredAny>,
    #[serde(alias = "http_path_with_escaped_slashes_action")]
    pub(super) http_path_with_escaped_slashes_action: Option<IgnoredAny>,
    #[serde(alias = "http_headers_with_underscores_action")]
    pub(super) http_headers_with_underscores_action: Option<IgnoredAny>,
}

impl ConnectionSettings {
    /// Whose requests it changes; the profile EDGE is for gateways alone (`connection_settings.go`).
    pub(super) fn touched(&self) -> Option<Proxies> {
        let Self {
            profile,
            http_merge_slashes: slashes,
            http_path_with_escaped_slashes_action: escaped,
            http_headers_with_underscores_action: underscores,
        } = self;
        if slashes.is_some() || escaped.is_some() || underscores.is_some() {
            return Some(Proxies::Any);
        }
        (profile.as_deref() == Some("EDGE")).then_some(Proxies::Gateways)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GatewayTopology {
    #[serde(alias = "num_trusted_proxies")]
    pub(super) num_trusted_proxies: Option<Number>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    pub(super) name: Option<String>,
    #[serde(alias = "envoy_ext_authz_http")]
    pub(super) envoy_ext_authz_http: Option<ExtAuthz>,
    #[serde(alias = "envoy_ext_authz_grpc")]
    pub(super) envoy_ext_authz_grpc: Option<ExtAuthz>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExtAuthz {
    pub(super) service: Option<String>,
    pub(super) port: Option<Number>,
    #[serde(alias = "fail_open")]
    pub(super) fail_open: Option<bool>,
    #[serde(alias = "path_prefix")]
    pub(super) path_prefix: Option<String>,
    #[serde(alias = "status_on_error")]
    pub(super) status_on_error: Option<String>,
}

/// `IstioOperator`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operator {
    pub(super) namespace: Option<String>,
    #[serde(alias = "mesh_config")]
    pub(super) mesh_config: Option<MeshConfig>,
    pub(super) values: Option<Values>,
}

/// What Helm's values say of the mesh.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Values {
    #[serde(alias = "mesh_config")]
    pub(super) mesh_config: Option<MeshConfig>,
}

/// A number, or one in quotes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Number(pub(super) i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Digits;

        impl Visitor<'_> for Digits {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                let out_of_range = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
                i64::try_from(number).map(Number).map_err(out_of_range)
            }

            #[expect(
                clippy::cast_possible_truncation,
                reason = "checked to be whole, and cast with bounds"
            )]
            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                if number.fract() == 0.0 {
                    return Ok(Number(number as i64));
                }
                Err(E::invalid_value(Unexpected::Float(number), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                text.parse().map(Number).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        from.deserialize_any(Digits)
    }
}
