//! Whether traffic goes through a waypoint, and which (serviceregistry/ambient/waypoints.go).

use ipnet::IpNet;

use crate::{
    decision::{
        mesh::port,
        resolve::{Address, Asked},
    },
    model::{
        Attributes, Model, PolicyId, Protocol,
        inventory::{Enrolment, Gateway, GatewayUsers, Labels, Outside, Service, Workload},
    },
};

/// One way from the client to the destination.
#[derive(Clone, Debug)]
pub(crate) enum Route<'m> {
    /// To the destination's own proxy.
    Direct,
    /// Through the waypoint's proxy first.
    Through(Box<Through<'m>>),
    /// Through a Gateway that is no waypoint of Istio's own (another class, another proxy): istiod's
    /// index takes any Gateway that has an address, and what it does is not evaluated.
    Foreign(PolicyId),
    /// Through a waypoint to a ServiceEntry's workloads, in a way that is not evaluated.
    Unread(PolicyId),
}

/// A waypoint and what was called through it.
#[derive(Clone, Debug)]
pub(crate) struct Through<'m> {
    pub(crate) gateway: &'m Gateway,
    /// The pod that runs the waypoint, or one as istiod would make it.
    pub(crate) proxy: &'m Workload,
    /// The Service that was called; `None`: the pod itself.
    pub(crate) service: Option<&'m Service>,
    /// The ServiceEntry that was called.
    pub(crate) entry: Option<&'m Outside>,
    /// "service-addressed traffic shows VIP:service port; pod-addressed podIP:workload port".
    pub(crate) port: Option<u16>,
}

/// Every way the flow may take; more than one where the flow does not say how the workload is
/// called.
pub(crate) fn routes<'m>(model: &'m Model, asked: &Asked<'m>) -> (Vec<Route<'m>>, Attributes) {
    let direct = (vec![Route::Direct], Attributes::NONE);
    let Some(source) = asked.source.workload else { return direct };
    // Traffic of the waypoint itself has passed it; plaintext passes it by, and so does all but TCP.
    if asked.flow.protocol != Protocol::Tcp
        || asked.flow.mtls == Some(false)
        || asked.flow.tls_without_certificate
    {
        return direct;
    }
    let Some(to) = asked.destination.workload else {
        return (vec![to_outside(model, asked, source)], Attributes::NONE);
    };
    let uses = |service: Option<&Service>| match source.mesh {
        Enrolment::Ambient { .. } => true,
        // "They need to explicitly opt-in on the service to send from ingress -> waypoint";
        // sidecars do not use waypoints (endpoint_builder.go `findServiceWaypoint`).
        Enrolment::Gateway { .. } => {
            service.is_some_and(|s| opted_in(model, &s.namespace, &s.labels))
        }
        Enrolment::None | Enrolment::Sidecar | Enrolment::Waypoint => false,
    };
    let called = |service: &'m Service, port: u16| -> Vec<Route<'m>> {
        let found = if uses(Some(service)) { of_service(model, service) } else { Vec::new() };
        let through = |gateway| through(model, gateway, (Some(service), None), Some(port));
        let mut all: Vec<Route<'m>> = found.into_iter().map(through).collect();
        if all.is_empty() {
            all.push(Route::Direct);
        }
        all
    };
    if let Some((id, port)) = asked.service {
        let Some(service) = model.inventory.service(id) else { return direct };
        // Of two weighted ones, any connection takes either.
        return settled(called(service, port), Attributes::UNEVALUATED);
    }
    let own = uses(None).then(|| of_workload(model, to)).flatten();
    let mut all =
        vec![own.map_or(Route::Direct, |found| through(model, found, (None, None), asked.port))];
    // A workload is mostly called by one of its Services.
    for (service, port) in port::service_ports(model, asked) {
        for route in called(service, port.port) {
            if !all.iter().any(|other| same(other, &route)) {
                all.push(route);
            }
        }
    }
    settled(all, Attributes::SERVICE)
}

fn through<'m>(
    model: &'m Model,
    gateway: &'m Gateway,
    (service, entry): (Option<&'m Service>, Option<&'m Outside>),
    port: Option<u16>,
) -> Route<'m> {
    if !model.inventory.runs_waypoints(&gateway.class) {
        return Route::Foreign(gateway.id);
    }
    let proxy = proxy(model, gateway);
    Route::Through(Box::new(Through { gateway, proxy, service, entry, port }))
}

/// A call to an address that is no workload's: some ServiceEntry may hold it, and name a waypoint.
fn to_outside<'m>(model: &'m Model, asked: &Asked<'m>, source: &Workload) -> Route<'m> {
    let uses = |service: &Service| match source.mesh {
        Enrolment::Ambient { .. } => true,
        Enrolment::Gateway { .. } => opted_in(model, &service.namespace, &service.labels),
        Enrolment::None | Enrolment::Sidecar | Enrolment::Waypoint => false,
    };
    let may_be = |net: &IpNet| {
        !asked.destination.address.within(net, Attributes::DESTINATION_ADDRESS).is_no()
    };
    let outside = model.inventory.outside.iter();
    let holds = |entry: &&Outside| {
        entry.called.iter().any(may_be) || entry.endpoints.iter().any(|ip| may_be(&(*ip).into()))
    };
    let has_waypoint = |entry: &&Outside| {
        let Service { namespace, labels, .. } = &entry.service;
        uses(&entry.service) && target(model, namespace, labels).is_some()
    };
    let all: Vec<&Outside> = outside.filter(holds).collect();
    let waypoint = all.iter().copied().find(has_waypoint);
    let captured = !matches!(source.mesh, Enrolment::None | Enrolment::Waypoint);
    let Address::Exact(ip) = asked.destination.address else {
        let inside = all.iter().copied().find(|entry| captured && entry.inside);
        return waypoint.or(inside).map_or(Route::Direct, |entry| Route::Unread(entry.id));
    };
    let called = |entry: &&&Outside| entry.called.iter().any(|net| net.contains(&ip));
    // ztunnel looks for Services at the address before workloads.
    match all.iter().filter(called).collect::<Vec<_>>().as_slice() {
        [] => match waypoint.filter(|_| all.iter().any(|entry| workloads(model, entry))) {
            Some(entry) => Route::Unread(entry.id),
            None => Route::Direct,
        },
        [one] => {
            let gateways =
                if has_waypoint(one) { of_service(model, &one.service) } else { Vec::new() };
            match (gateways.as_slice(), asked.port) {
                // The client's proxy leads what is called there to the endpoints.
                ([], _) if captured && one.inside => Route::Unread(one.id),
                ([], _) => Route::Direct,
                ([gateway], Some(port)) if one.evaluated(port) => {
                    through(model, gateway, (Some(&one.service), Some(one)), Some(port))
                }
                _ => Route::Unread(one.id),
            }
        }
        many => {
            let odd = many.iter().find(|entry| has_waypoint(entry) || (captured && entry.inside));
            odd.map_or(Route::Direct, |entry| Route::Unread(entry.id))
        }
    }
}

/// Whether the waypoint of an entry takes what is called at the addresses of its endpoints.
fn workloads(model: &Model, entry: &Outside) -> bool {
    let Service { namespace, labels, .. } = &entry.service;
    let takes = |gateway| matches!(traffic(model, gateway), "workload" | "all");
    target(model, namespace, labels).is_some_and(takes)
}

/// The routes with what would tell which is taken.
fn settled(all: Vec<Route<'_>>, telling: Attributes) -> (Vec<Route<'_>>, Attributes) {
    let missing = if all.len() > 1 { telling } else { Attributes::NONE };
    (all, missing)
}

fn same(a: &Route<'_>, b: &Route<'_>) -> bool {
    match (a, b) {
        (Route::Direct, Route::Direct) => true,
        (Route::Foreign(a), Route::Foreign(b)) | (Route::Unread(a), Route::Unread(b)) => a == b,
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
fn opted_in(model: &Model, namespace: &str, own: &Labels) -> bool {
    let key = "istio.io/ingress-use-waypoint";
    let inherited = || model.inventory.namespaces.get(namespace)?.labels.get(key);
    own.get(key).or_else(inherited).is_some_and(|v| v == "true")
}

/// "Waypoint does not support Service traffic" unless `istio.io/waypoint-for` says `service`
/// (the default) or `all`.
fn of_service<'m>(model: &'m Model, service: &Service) -> Vec<&'m Gateway> {
    // "This is a waypoint, so it cannot have a waypoint".
    let managed = service.labels.get("gateway.istio.io/managed").map(String::as_str);
    if matches!(managed, Some("istio.io-mesh-controller" | "istio.io-eastwest-controller")) {
        return Vec::new();
    }
    let takes = |gateway: &&Gateway| matches!(traffic(model, gateway), "service" | "all");
    let found = target(model, &service.namespace, &service.labels).filter(takes);
    let canary = found.and_then(|first| canary(model, service, first).filter(takes));
    found.into_iter().chain(canary).collect()
}

/// A second waypoint that some connections take (`buildWeightedWaypoints`): of the object that names
/// the first, unless its weight is nothing.
fn canary<'m>(model: &'m Model, service: &Service, first: &Gateway) -> Option<&'m Gateway> {
    let own = service.labels.contains_key("istio.io/use-waypoint");
    let space = model.inventory.namespaces.get(&service.namespace).filter(|_| !own);
    let name = "istio.io/use-waypoint-canary";
    let inherited = || space.map(|n| &n.labels).filter(|l| l.contains_key(name));
    let has = service.labels.contains_key(name).then_some(&service.labels);
    let labels = has.or_else(inherited)?;
    let wanted = labels.get(name).filter(|n| !n.is_empty() && *n != "none")?;
    let weight = "istio.io/use-waypoint-canary-weight";
    let weight = service.annotations.get(weight).or_else(|| space?.annotations.get(weight))?;
    if !weight.parse::<u8>().is_ok_and(|n| (1..=100).contains(&n)) {
        return None;
    }
    let at = labels.get("istio.io/use-waypoint-canary-namespace").unwrap_or(&service.namespace);
    let found = taken(model, wanted, at, &service.namespace)?;
    let other = found.name != first.name || found.namespace != first.namespace;
    other.then_some(found)
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
    taken(model, name, space, namespace)
}

/// A waypoint by its name, if its listener lets the namespace in.
fn taken<'m>(model: &'m Model, name: &str, space: &str, from: &str) -> Option<&'m Gateway> {
    let inventory = &model.inventory;
    let known = |g: &&Gateway| g.name == name && g.namespace == space;
    let found = inventory.gateways.iter().find(known)?;
    let labels = inventory.namespaces.get(from).map(|n| &n.labels);
    let may = match &found.users {
        GatewayUsers::Same => found.namespace == from,
        GatewayUsers::All => true,
        GatewayUsers::Nobody => false,
        GatewayUsers::Labels(all) => {
            let label = |key: &str| labels.and_then(|l| l.get(key)).map(String::as_str);
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
