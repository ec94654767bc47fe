//! How a proxy reads a port: declared HTTP, declared TCP, or by looking at the bytes.

use super::sidecar;
use crate::{
    compiled::index::target_number,
    decision::resolve::Asked,
    model::{
        Attributes, Http, Model, Protocol,
        inventory::{Enrolment, Server, ServerAsks, Service, ServicePort, Workload},
    },
};

/// Which of the proxy's filter chains a connection takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Http,
    Tcp,
}

/// What a Service says of a port (pkg/config/kube/conversion.go, model `ListenerProtocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Declared {
    Http,
    /// HTTP/2 and gRPC: frames, not lines.
    Http2,
    Tcp,
    /// Undeclared: the proxy looks at the first bytes.
    Sniffed,
}

/// How a connection may be read, and what would tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// One, or both.
    pub(crate) classes: Vec<Class>,
    pub(crate) missing: Attributes,
    /// Every Service that declares the port says HTTP/2.
    pub(crate) http2: bool,
    /// The port is declared; by bytes otherwise.
    pub(crate) declared: Vec<Declared>,
}

/// Every Service port that leads to the asked port of the destination.
pub(crate) fn service_ports<'m>(
    model: &'m Model,
    asked: &Asked<'_>,
) -> Vec<(&'m Service, &'m ServicePort)> {
    let (Some(port), Some(workload)) = (asked.port, asked.destination.workload) else {
        return Vec::new();
    };
    // A pod that only the flow describes is selected by its labels all the same.
    let services: Vec<&Service> = if asked.destination.id.is_some() {
        asked.services.iter().filter_map(|id| model.inventory.service(*id)).collect()
    } else {
        let selects = |s: &&Service| {
            s.namespace == workload.namespace
                && !s.selector.is_empty()
                && s.selector.iter().all(|(k, v)| workload.labels.get(k) == Some(v))
        };
        model.inventory.services.iter().filter(selects).collect()
    };
    let mut found = Vec::new();
    for service in services {
        for candidate in &service.ports {
            let number = target_number(&candidate.target, candidate.protocol, workload);
            if candidate.protocol == Protocol::Tcp && number == Some(port) {
                found.push((service, candidate));
            }
        }
    }
    found
}

/// Which chains the connection may take.
pub(crate) fn reading(model: &Model, asked: &Asked<'_>) -> Reading {
    read(asked, declarations(model, asked))
}

/// The same at a waypoint: its chains are those of the Service's ports; a pod's own address is
/// always read by its bytes (`core/listener_waypoint.go` buildWaypointInternal).
pub(crate) fn at_waypoint(
    asked: &Asked<'_>,
    called: Option<&Service>,
    number: Option<u16>,
) -> Reading {
    let called = called.zip(number);
    let declared = called.map_or(Declared::Sniffed, |(service, port)| of_service(service, port));
    read(asked, vec![declared])
}

/// What a Service, or a ServiceEntry, says of one of its ports.
pub(crate) fn of_service(service: &Service, number: u16) -> Declared {
    let tcp = |p: &&ServicePort| p.protocol == Protocol::Tcp && p.port == number;
    match service.ports.iter().find(tcp) {
        Some(port) if service.entry => parsed(port.app_protocol.as_deref().unwrap_or_default()),
        Some(port) => declared(port),
        None => Declared::Sniffed,
    }
}

fn read(asked: &Asked<'_>, declared: Vec<Declared>) -> Reading {
    let mut classes = Vec::new();
    let mut missing = Attributes::NONE;
    for one in &declared {
        let (mine, lacks) = classes_of(*one, &asked.flow.http);
        classes.extend(mine);
        missing = missing.union(lacks);
    }
    classes.sort_unstable();
    classes.dedup();
    if declared.len() > 1 {
        missing = missing.union(Attributes::SERVICE);
    }
    if asked.port.is_none() {
        missing = missing.union(Attributes::PORT);
    }
    let http2 = declared.iter().all(|d| *d == Declared::Http2);
    Reading { classes, missing, http2, declared }
}

/// What the Services declare, each thing once. Of several that disagree the oldest wins, which
/// manifests do not say.
fn declarations(model: &Model, asked: &Asked<'_>) -> Vec<Declared> {
    let gateway = |w: &&Workload| matches!(w.mesh, Enrolment::Gateway { .. });
    if let (Some(workload), Some(port)) = (asked.destination.workload.filter(gateway), asked.port) {
        return at_gateway(model, asked, workload, port);
    }
    if let Some(listener) = sidecar::ingress(model, asked) {
        // What it does not write out takes the passthrough chains, whatever Services say.
        return vec![listener.map_or(Declared::Sniffed, |l| parsed(&l.protocol))];
    }
    let mut all: Vec<Declared> = match asked.port {
        Some(port) => {
            let services = service_ports(model, asked);
            let entries = asked.destination.workload.into_iter().flat_map(|workload| {
                model.inventory.entries.iter().filter(|e| e.selects(workload))
            });
            let written = entries.flat_map(|e| &e.ports).filter(|(target, _)| *target == port);
            let written = written.map(|(_, protocol)| parsed(protocol));
            services.iter().map(|(_, p)| declared(p)).chain(written).collect()
        }
        // Any port may be meant.
        None => vec![Declared::Http, Declared::Tcp, Declared::Sniffed],
    };
    all.dedup();
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    if once.is_empty() {
        // "also honoured for ports not declared in any Service": the passthrough chains sniff.
        once.push(Declared::Sniffed);
    }
    once
}

/// A gateway reads its ports as its Gateways say, whatever its Service's port is called: `https`
/// is mostly terminated there.
fn at_gateway(model: &Model, asked: &Asked<'_>, workload: &Workload, port: u16) -> Vec<Declared> {
    let servers = servers(model, asked, workload, port).into_iter();
    let mut found: Vec<Declared> =
        servers.map(|s| if s.http { Declared::Http } else { Declared::Tcp }).collect();
    if found.is_empty() {
        // No Gateway is given: what is sent tells, unless the port is called HTTP.
        let leading = service_ports(model, asked);
        let named = leading.iter().map(|(_, p)| declared(p));
        found.extend(named.filter(|d| matches!(d, Declared::Http | Declared::Http2)));
    }
    if found.is_empty() {
        found.push(Declared::Sniffed);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What Gateways open at a port of a gateway.
fn servers<'m>(
    model: &'m Model,
    asked: &Asked<'_>,
    workload: &Workload,
    port: u16,
) -> Vec<&'m Server> {
    let leading = service_ports(model, asked);
    let mut numbers: Vec<u16> = leading.iter().map(|(_, p)| p.port).collect();
    if numbers.is_empty() {
        numbers.push(port);
    }
    let opens = |s: &&Server| {
        numbers.contains(&s.port)
            && s.namespace.as_ref().is_none_or(|n| *n == workload.namespace)
            && s.selector.iter().all(|(k, v)| workload.labels.get(k) == Some(v))
    };
    model.inventory.servers.iter().filter(opens).collect()
}

/// What a gateway asks of the client's TLS at the asked port: of several servers, each thing once.
pub(crate) fn asks(model: &Model, asked: &Asked<'_>, workload: &Workload) -> Vec<ServerAsks> {
    let opened = asked.port.map(|port| servers(model, asked, workload, port)).unwrap_or_default();
    let mut all = Vec::new();
    for server in opened {
        if !all.contains(&server.asks) {
            all.push(server.asks);
        }
    }
    if all.is_empty() {
        all.push(ServerAsks::Unsaid);
    }
    all
}

fn classes_of(declared: Declared, http: &Http<'_>) -> (Vec<Class>, Attributes) {
    match (declared, http) {
        // "TCP ⇒ network RBAC": a request is just bytes there. And undeclared bytes that are no
        // request take the TCP chain.
        (Declared::Tcp, _) | (Declared::Sniffed, Http::Raw) => (vec![Class::Tcp], Attributes::NONE),
        (Declared::Http | Declared::Http2, _) | (Declared::Sniffed, Http::Request(_)) => {
            (vec![Class::Http], Attributes::NONE)
        }
        (Declared::Sniffed, Http::Unknown) => (vec![Class::Http, Class::Tcp], Attributes::HTTP),
    }
}

/// `appProtocol`, else the prefix of the port's name (conversion.go `ConvertProtocol`).
pub(crate) fn declared(port: &ServicePort) -> Declared {
    let name = match port.app_protocol.as_deref() {
        Some("kubernetes.io/h2c") => return Declared::Http2,
        Some("kubernetes.io/ws") => return Declared::Http,
        Some("kubernetes.io/wss") => return Declared::Tcp,
        Some(other) => other,
        None => port.name.as_deref().unwrap_or_default(),
    };
    by_name(name, port.port)
}

/// A protocol as Istio's own kinds write it (pkg/config/protocol `Parse`): no port is well known, and
/// nothing follows the word.
fn parsed(protocol: &str) -> Declared {
    if protocol.contains('-') && !protocol.eq_ignore_ascii_case("grpc-web") {
        return Declared::Sniffed;
    }
    by_name(protocol, 0)
}

fn by_name(name: &str, port: u16) -> Declared {
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("grpc-web") {
        return Declared::Http2;
    }
    match lower.split('-').next().unwrap_or_default() {
        "http" | "http_proxy" => Declared::Http,
        "http2" | "grpc" => Declared::Http2,
        "tcp" | "udp" | "https" | "tls" | "mongo" | "redis" | "mysql" => Declared::Tcp,
        // "Make TCP as default protocol for well know ports": SMTP, DNS, MySQL, MongoDB.
        _ if matches!(port, 25 | 53 | 3306 | 27017) => Declared::Tcp,
        _ => Declared::Sniffed,
    }
}
