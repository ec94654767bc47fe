//! The part of a DestinationRule that says what clients send; load balancing and the like are
//! accepted unread.

use serde::Deserialize;

use crate::{kinds::istio::attach::Selector, manifest::Spanned};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) host: Option<Spanned<String>>,
    pub(super) traffic_policy: Option<TrafficPolicy>,
    pub(super) subsets: Option<Vec<Subset>>,
    pub(super) export_to: Option<Vec<String>>,
    pub(super) workload_selector: Option<Spanned<Selector>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrafficPolicy {
    pub(super) tls: Option<Tls>,
    pub(super) port_level_settings: Option<Vec<PortSettings>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PortSettings {
    pub(super) port: Option<PortSelector>,
    pub(super) tls: Option<Tls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PortSelector {
    pub(super) number: Option<Spanned<i64>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Tls {
    pub(super) mode: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subset {
    pub(super) name: Option<String>,
    pub(super) traffic_policy: Option<TrafficPolicy>,
}
