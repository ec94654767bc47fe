//! Gateway of the Gateway API: its class tells a waypoint, its HBONE listener who may use it.

use serde::Deserialize;

use super::namespace_of;
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, LabelSelector, Path, Whose},
    },
    manifest::Document,
    model::inventory::{Gateway, GatewayClass, GatewayUsers, Server},
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
    selector: Option<LabelSelector>,
}

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Spec { gateway_class_name, listeners } = checks.required("spec").unwrap_or_default();
    let listeners = listeners.unwrap_or_default();
    let users = users(&listeners, &mut checks);
    checks.done()?;
    let namespace = namespace_of(document);
    let servers = listeners.iter().filter_map(|l| l.server(&namespace, &document.metadata.name));
    draft.model.inventory.servers.extend(servers);
    let id = draft.policy("Gateway", document, Some(namespace.clone()), Vec::new(), Vec::new());
    draft.model.inventory.gateways.push(Gateway {
        id,
        namespace,
        name: document.metadata.name.clone(),
        class: gateway_class_name.unwrap_or_default(),
        labels: document.metadata.labels.clone(),
        users,
    });
    Ok(())
}

/// "use the default HBONE listener", else Same (serviceregistry/ambient/waypoints.go
/// `makeAllowedRoutes`).
fn users(listeners: &[Listener], checks: &mut Checks<'_>) -> GatewayUsers {
    let hbone = |l: &&Listener| l.protocol.as_deref() == Some("HBONE") && l.port == Some(15008);
    let routes = listeners.iter().find(hbone).and_then(|l| l.allowed_routes.as_ref());
    let Some(Namespaces { from, selector }) = routes.and_then(|r| r.namespaces.as_ref()) else {
        return GatewayUsers::Same;
    };
    match (from.as_deref(), selector) {
        (Some("All"), _) => GatewayUsers::All,
        (Some("Selector"), Some(selector)) => {
            let path = Path::Root("spec.listeners.allowedRoutes.namespaces.selector");
            GatewayUsers::Labels(selector.lower(Whose::Node, &path, checks))
        }
        // `LabelSelectorAsSelector` of nothing selects nothing.
        (Some("Selector"), None) => GatewayUsers::Nobody,
        _ => GatewayUsers::Same,
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClassSpec {
    controller_name: Option<String>,
}

/// A `GatewayClass`: its label `istio.io/waypoint-for` is its Gateways' default.
pub(super) fn lower_class(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let ClassSpec { controller_name } = checks.required("spec").unwrap_or_default();
    checks.done()?;
    let class = GatewayClass {
        labels: document.metadata.labels.clone(),
        controller: controller_name.unwrap_or_default(),
    };
    draft.model.inventory.gateway_classes.insert(document.metadata.name.clone(), class);
    Ok(())
}
