//! Gateway of the Gateway API: its class tells a waypoint, its HBONE listener who may use it.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use super::namespace_of;
use crate::{
    error::{Note, NoteCode, Problem},
    kinds::{
        Draft,
        kubernetes::{Checks, LabelSelector, Path, Whose},
    },
    manifest::Document,
    model::{
        LayerSet, PolicyId, Protocol, Proxies, Scope, Unevaluated,
        inventory::{
            Addresses, ContainerPort, Enrolment, Gateway, GatewayClass, GatewayUsers, Labels,
            Server, ServerAsks, Workload, WorkloadKind,
        },
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    gateway_class_name: Option<String>,
    listeners: Option<Vec<Listener>>,
    infrastructure: Option<Infrastructure>,
    tls: Option<GatewayTls>,
}

/// What the Gateway as a whole asks of TLS; `backend` is about what it calls.
#[derive(Clone, Debug, Default, Deserialize)]
struct GatewayTls {
    frontend: Option<IgnoredAny>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Infrastructure {
    labels: Option<BTreeMap<String, String>>,
    parameters_ref: Option<IgnoredAny>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listener {
    port: Option<i64>,
    protocol: Option<String>,
    allowed_routes: Option<AllowedRoutes>,
    tls: Option<Tls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tls {
    mode: Option<String>,
    frontend_validation: Option<IgnoredAny>,
    options: Option<BTreeMap<String, String>>,
}

impl Tls {
    /// A listener that validates its clients (`gateway/conversion.go` buildTLS).
    fn asks(&self) -> ServerAsks {
        let Self { mode, frontend_validation, options } = self;
        if mode.as_deref() == Some("Passthrough") {
            return ServerAsks::Passed;
        }
        let option = options.as_ref().and_then(|o| o.get("gateway.istio.io/tls-terminate-mode"));
        match option.map(String::as_str) {
            Some("ISTIO_MUTUAL") => ServerAsks::Mesh,
            Some("MUTUAL") => ServerAsks::Certificate,
            Some("OPTIONAL_MUTUAL") => ServerAsks::Optional,
            _ if frontend_validation.is_some() => ServerAsks::Certificate,
            _ => ServerAsks::Tls,
        }
    }
}

impl Listener {
    /// Only HTTP and terminated HTTPS are read; TLSRoutes and TCPRoutes get bytes.
    fn server(&self, namespace: &str, gateway: &str) -> Option<Server> {
        Some(Server {
            selector: vec![(GATEWAY_NAME.to_owned(), gateway.to_owned())],
            namespace: Some(namespace.to_owned()),
            port: u16::try_from(self.port?).ok()?,
            http: matches!(self.protocol.as_deref(), Some("HTTP" | "HTTPS")),
            asks: match (self.protocol.as_deref(), &self.tls) {
                (Some("HTTPS" | "TLS"), Some(tls)) => tls.asks(),
                (Some("HTTPS" | "TLS"), None) => ServerAsks::Unsaid,
                _ => ServerAsks::Plaintext,
            },
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
    let Spec { gateway_class_name, listeners, infrastructure, tls } =
        checks.required("spec").unwrap_or_default();
    let listeners = listeners.unwrap_or_default();
    let users = users(&listeners, &mut checks);
    checks.done()?;
    let namespace = namespace_of(document);
    let servers = listeners.iter().filter_map(|l| l.server(&namespace, &document.metadata.name));
    draft.model.inventory.servers.extend(servers);
    let class = gateway_class_name.unwrap_or_default();
    let infrastructure = infrastructure.unwrap_or_default();
    let id = draft.policy("Gateway", document, Some(namespace.clone()), Vec::new(), Vec::new());
    if tls.is_some_and(|tls| tls.frontend.is_some()) {
        frontend(document, draft, id);
    }
    draft.model.inventory.gateways.push(Gateway {
        id,
        made: made(document, &namespace, &class, infrastructure.labels),
        customised: infrastructure.parameters_ref.is_some(),
        pods: Vec::new(),
        namespace,
        name: document.metadata.name.clone(),
        class,
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

/// `spec.tls.frontend` asks clients of all HTTPS listeners for certificates, by port and with ways
/// around it: which is not evaluated.
fn frontend(document: &Document, draft: &mut Draft<'_>, policy: PolicyId) {
    let layers = LayerSet { mtls: true, jwt: true, authorization: true, ..LayerSet::default() };
    let pods = vec![(GATEWAY_NAME.to_owned(), document.metadata.name.clone())];
    let scope = Scope::Namespace(namespace_of(document), pods);
    draft.model.unevaluated.push(Unevaluated { policy, layers, scope, proxies: Proxies::Gateways });
    let why = "not evaluated: `spec.tls.frontend`; flows to this gateway are undetermined";
    let note = Note::new(NoteCode::NotEvaluated, why).about(document.title());
    draft.note(note.at(document.place));
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

/// The pod that istiod makes of a waypoint's Gateway (its chart's `files/waypoint.yaml`): its
/// service account has the Gateway's name; "default to the gateway labels and overwrite if
/// infrastructure labels are set" (gatewaycommon/deploymentcontroller.go).
fn made(
    document: &Document,
    namespace: &str,
    class: &str,
    infrastructure: Option<BTreeMap<String, String>>,
) -> Workload {
    let name = &document.metadata.name;
    let own = infrastructure.unwrap_or_else(|| document.metadata.labels.clone());
    let mut labels: Labels = [
        ("sidecar.istio.io/inject", "false"),
        ("istio.io/dataplane-mode", "none"),
        ("service.istio.io/canonical-name", name.as_str()),
        ("service.istio.io/canonical-revision", "latest"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    labels.extend(own.into_iter().filter(|(k, _)| !k.starts_with("gateway.networking.k8s.io/")));
    labels.insert(GATEWAY_NAME.to_owned(), name.clone());
    labels.insert("gateway.networking.k8s.io/gateway-class-name".to_owned(), class.to_owned());
    labels.insert("gateway.istio.io/managed".to_owned(), "istio.io-mesh-controller".to_owned());
    let port = |(name, number): (&str, u16)| ContainerPort {
        name: Some(name.to_owned()),
        number,
        protocol: Protocol::Tcp,
        host_port: None,
        init: false,
    };
    let ports = [("metrics", 15020), ("status-port", 15021), ("http-envoy-prom", 15090)];
    Workload {
        namespace: namespace.to_owned(),
        name: name.clone(),
        kind: WorkloadKind::Deployment,
        labels,
        annotations: Labels::new(),
        service_account: name.clone(),
        addresses: Addresses::Unknown,
        node: None,
        host_network: false,
        finished: false,
        ports: ports.map(port).into(),
        containers: Vec::new(),
        mesh: Enrolment::Waypoint,
        owner: None,
        place: document.place,
    }
}
