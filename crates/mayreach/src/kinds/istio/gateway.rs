//! Gateway of the Gateway API: its class tells a waypoint, its HBONE listener who may use it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::namespace_of;
use crate::{
    error::Problem,
    kinds::{Draft, kubernetes::Checks},
    manifest::Document,
    model::inventory::{Gateway, GatewayUsers, Server},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    gateway_class_name: Option<String>,
    listeners: Option<Vec<Listener>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listener {
    port: Option<i64>,
    protocol: Option<String>,
    allowed_routes: Option<AllowedRoutes>,
}

impl Listener {
    /// Only HTTP and terminated HTTPS are read; TLSRoutes and TCPRoutes get bytes.
    fn server(&self, namespace: &str, gateway: &str) -> Option<Server> {
        Some(Server {
            selector: vec![(GATEWAY_NAME.to_owned(), gateway.to_owned())],
            namespace: Some(namespace.to_owned()),
            port: u16::try_from(self.port?).ok()?,
            http: matches!(self.protocol.as_deref(), Some("HTTP" | "HTTPS")),
        })
    }
}

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

#[derive(Clone, Debug, Default, Deserialize)]
struct AllowedRoutes {
    namespaces: Option<Namespaces>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Namespaces {
    from: Option<String>,
    selector: Option<Selector>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    match_labels: Option<BTreeMap<String, String>>,
    match_expressions: Option<Vec<serde::de::IgnoredAny>>,
}

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Spec { gateway_class_name, listeners } = checks.required("spec").unwrap_or_default();
    checks.done()?;
    let namespace = namespace_of(document);
    let listeners = listeners.unwrap_or_default();
    let servers = listeners.iter().filter_map(|l| l.server(&namespace, &document.metadata.name));
    draft.model.inventory.servers.extend(servers);
    draft.model.inventory.gateways.push(Gateway {
        namespace,
        name: document.metadata.name.clone(),
        class: gateway_class_name.unwrap_or_default(),
        labels: document.metadata.labels.clone(),
        users: users(listeners),
    });
    Ok(())
}

/// "use the default HBONE listener", else Same (serviceregistry/ambient/waypoints.go
/// `makeAllowedRoutes`).
fn users(listeners: Vec<Listener>) -> GatewayUsers {
    let hbone = listeners
        .into_iter()
        .find(|l| l.protocol.as_deref() == Some("HBONE") && l.port == Some(15008));
    let Some(Listener { port: _, protocol: _, allowed_routes }) = hbone else {
        return GatewayUsers::Same;
    };
    let Namespaces { from, selector } =
        allowed_routes.and_then(|routes| routes.namespaces).unwrap_or_default();
    match from.as_deref() {
        Some("All") => GatewayUsers::All,
        Some("Selector") => {
            let Selector { match_labels, match_expressions } = selector.unwrap_or_default();
            if match_expressions.is_some_and(|e| !e.is_empty()) {
                return GatewayUsers::Unknown;
            }
            GatewayUsers::Labels(match_labels.unwrap_or_default().into_iter().collect())
        }
        _ => GatewayUsers::Same,
    }
}
