//! Whether traffic goes through a waypoint, and which (serviceregistry/ambient/waypoints.go).

use crate::{
    decision::{mesh::port, resolve::Asked},
    model::{
        Attributes, Model, Protocol,
        inventory::{Enrolment, Gateway, GatewayUsers, Labels, Service, Workload},
    },
};

/// One way from the client to the destination.
#[derive(Clone, Debug)]
pub(crate) enum Route<'m> {
    /// To the destination's own proxy.
    Direct,
    /// Through the waypoint's proxy first.
    Through(Box<Through<'m>>),
}

/// A waypoint and what was called through it.
#[derive(Clone, Debug)]
pub(crate) struct Through<'m> {
    pub(crate) gateway: &'m Gateway,
    /// The pod that runs the waypoint, or one as istiod would make it.
    pub(crate) proxy: &'m Workload,
    /// The Service that was called; `None`: the pod itself.
    pub(crate) service: Option<&'m Service>,
    /// "service-addressed traffic shows VIP:service port; pod-addressed podIP:workload port".
    pub(crate) port: Option<u16>,
}

/// Every way the flow may take; more than one where the flow does not say how the workload is
/// called.
pub(crate) fn routes<'m>(model: &'m Model, asked: &Asked<'m>) -> (Vec<Route<'m>>, Attributes) {
    let direct = (vec![Route::Direct], Attributes::NONE);
    let (Some(source), Some(to)) = (asked.source.workload, asked.destination.workload) else {
        return direct;
    };
    // Traffic of the waypoint itself has passed it; plaintext passes it by, and so does all but TCP.
    if asked.flow.protocol != Protocol::Tcp
        || asked.flow.mtls == Some(false)
        || asked.flow.tls_without_certificate
    {
        return direct;
    }
    let uses = |service: Option<&Service>| match source.mesh {
        Enrolment::Ambient { .. } => true,
        // "They need to explicitly opt-in on the service to send from ingress -> waypoint";
        // sidecars do not use waypoints (endpoint_builder.go `findServiceWaypoint`).
        Enrolment::Gateway { .. } => service.is_some_and(|s| ingress(model, s)),
        Enrolment::None | Enrolment::Sidecar | Enrolment::Waypoint => false,
    };
    let called = |service: &'m Service, port: u16| {
        let found = uses(Some(service)).then(|| of_service(model, service)).flatten();
        found.map_or(Route::Direct, |gateway| {
            Route::Through(Box::new(Through {
                proxy: proxy(model, gateway),
                gateway,
                service: Some(service),
                port: Some(port),
            }))
        })
    };
    if let Some((id, port)) = asked.service {
        let route = model.inventory.service(id).map(|s| called(s, port));
        return settled(vec![route.unwrap_or(Route::Direct)]);
    }
    let own = uses(None).then(|| of_workload(model, to)).flatten();
    let mut all = vec![own.map_or(Route::Direct, |gateway| {
        Route::Through(Box::new(Through {
            proxy: proxy(model, gateway),
            gateway,
            service: None,
            port: asked.port,
        }))
    })];
    // A workload is mostly called by one of its Services.
    for (service, port) in port::service_ports(model, asked) {
        let route = called(service, port.port);
        let known = |other: &Route<'_>| same(other, &route);
        if !all.iter().any(known) {
            all.push(route);
        }
    }
    settled(all)
}

/// The routes with what would tell which is taken.
fn settled(all: Vec<Route<'_>>) -> (Vec<Route<'_>>, Attributes) {
    let missing = if all.len() > 1 { Attributes::SERVICE } else { Attributes::NONE };
    (all, missing)
}

fn same(a: &Route<'_>, b: &Route<'_>) -> bool {
    match (a, b) {
        (Route::Direct, Route::Direct) => true,
        (Route::Through(a), Route::Through(b)) => {
            let service =
                |t: &Through<'_>| t.service.map(|s| (s.namespace.clone(), s.name.clone()));
            a.proxy.namespace == b.proxy.namespace
                && a.proxy.name == b.proxy.name
                && service(a) == service(b)
                && a.port == b.port
        }
        _ => false,
    }
}

/// `istio.io/ingress-use-waypoint` of a Service, else of its namespace.
fn ingress(model: &Model, service: &Service) -> bool {
    let key = "istio.io/ingress-use-waypoint";
    let inherited = || model.inventory.namespaces.get(&service.namespace)?.labels.get(key);
    service.labels.get(key).or_else(inherited).is_some_and(|v| v == "true")
}

/// "Waypoint does not support Service traffic" unless `istio.io/waypoint-for` says `service`
/// (the default) or `all`.
fn of_service<'m>(model: &'m Model, service: &Service) -> Option<&'m Gateway> {
    // "This is a waypoint, so it cannot have a waypoint".
    let managed = service.labels.get("gateway.istio.io/managed").map(String::as_str);
    if matches!(managed, Some("istio.io-mesh-controller" | "istio.io-eastwest-controller")) {
        return None;
    }
    let found = target(model, &service.namespace, &service.labels)?;
    matches!(traffic(model, found), "service" | "all").then_some(found)
}

/// The same for traffic to the pod's own address.
fn of_workload<'m>(model: &'m Model, workload: &Workload) -> Option<&'m Gateway> {
    let found = target(model, &workload.namespace, &workload.labels)?;
    matches!(traffic(model, found), "workload" | "all").then_some(found)
}

/// `istio.io/waypoint-for` of the Gateway, else of its class.
fn traffic<'m>(model: &'m Model, gateway: &'m Gateway) -> &'m str {
    let key = "istio.io/waypoint-for";
    let class = || model.inventory.gateway_classes.get(&gateway.class)?.labels.get(key);
    gateway.labels.get(key).or_else(class).map_or("service", String::as_str)
}

/// `fetchWaypointForTarget`: the object's own label, else its namespace's; `none` opts out.
fn target<'m>(model: &'m Model, namespace: &str, own: &Labels) -> Option<&'m Gateway> {
    let key = "istio.io/use-waypoint";
    let inventory = &model.inventory;
    let inherited = inventory.namespaces.get(namespace).map(|n| &n.labels);
    let labels = [Some(own), inherited].into_iter().flatten().find(|l| l.contains_key(key))?;
    let name = labels.get(key).filter(|name| *name != "none")?;
    let space = labels.get("istio.io/use-waypoint-namespace").map_or(namespace, String::as_str);
    let found = inventory
        .gateways
        .iter()
        .find(|g| g.name == *name && g.namespace == space && inventory.runs_waypoints(&g.class))?;
    let may = match &found.users {
        GatewayUsers::Same => found.namespace == namespace,
        GatewayUsers::All => true,
        GatewayUsers::Nobody => false,
        GatewayUsers::Labels(all) => {
            let label = |key: &str| inherited.and_then(|l| l.get(key)).map(String::as_str);
            all.iter().all(|one| one.matches(&label))
        }
    };
    may.then_some(found)
}

/// A workload that runs the waypoint, or the one that istiod would make.
fn proxy<'m>(model: &'m Model, gateway: &'m Gateway) -> &'m Workload {
    let first = gateway.pods.first().and_then(|id| model.inventory.workload(*id));
    first.unwrap_or(&gateway.made)
}
