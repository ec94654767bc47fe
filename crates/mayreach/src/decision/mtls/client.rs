//! What the client's side sends: plaintext, TLS, or mTLS with an identity.

use super::{mode::Scopes, rules};
use crate::{
    decision::{
        mesh::{port, sidecar, spiffe, with_scheme},
        resolve::Asked,
    },
    model::{
        Attributes, Model, PolicyId,
        inventory::{Enrolment, Service, Workload},
        mtls::{ClientTls, MtlsMode},
    },
};

/// What arrives at the destination's proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Plaintext,
    /// TLS of the application's own: no certificate of the mesh, no ALPN of Istio.
    OneWayTls,
    /// TLS with a certificate that a DestinationRule names by file.
    OwnCertificate,
    /// Istio mTLS with this identity.
    Mutual(String),
    /// The same through ztunnel's tunnel.
    Tunnel(String),
}

/// Everything that may arrive, and what would tell which.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals {
    pub(crate) all: Vec<Arrival>,
    pub(crate) missing: Attributes,
}

impl Arrivals {
    fn sure(one: Arrival) -> Self {
        Self { all: vec![one], missing: Attributes::NONE }
    }
}

/// What the client sends to a port whose effective mode is `mode`.
pub(crate) fn arrivals(model: &Model, asked: &Asked<'_>, mode: MtlsMode) -> Arrivals {
    let flow = asked.flow;
    // The flow says it.
    if let Some(principal) = flow.principal {
        return Arrivals::sure(Arrival::Mutual(with_scheme(principal)));
    }
    if flow.tls_without_certificate {
        return Arrivals::sure(Arrival::OneWayTls);
    }
    let Some(source) = asked.source.workload.filter(|_| flow.mtls != Some(false)) else {
        return outside(asked);
    };
    let id = spiffe(&model.inventory.mesh, source);
    if flow.mtls == Some(true) {
        return Arrivals::sure(match source.mesh {
            Enrolment::Ambient { .. } => Arrival::Tunnel(id),
            _ => Arrival::Mutual(id),
        });
    }
    let to = asked.destination.workload;
    match source.mesh {
        Enrolment::None => outside(asked),
        // ztunnel tunnels to whatever can take a tunnel; PeerAuthentication is not asked.
        Enrolment::Ambient { .. } => match to.map(|w| &w.mesh) {
            Some(Enrolment::Gateway { .. } | Enrolment::None) | None => outside(asked),
            _ => Arrivals::sure(Arrival::Tunnel(id)),
        },
        Enrolment::Sidecar | Enrolment::Gateway { .. } | Enrolment::Waypoint => {
            sidecar(model, asked, source, &id, mode)
        }
    }
}

/// A client without a proxy sends what its application sends.
fn outside(asked: &Asked<'_>) -> Arrivals {
    let flow = asked.flow;
    if flow.mtls == Some(true) {
        // It insists on mTLS, and nothing says who it is.
        return Arrivals { all: vec![Arrival::OwnCertificate], missing: Attributes::PRINCIPAL };
    }
    // A server name is sent in TLS only.
    let tls = flow.sni.is_some_and(|name| !name.is_empty());
    Arrivals::sure(if tls { Arrival::OneWayTls } else { Arrival::Plaintext })
}

/// A client's Envoy: DestinationRule first, else auto-mTLS.
fn sidecar(
    model: &Model,
    asked: &Asked<'_>,
    source: &Workload,
    id: &str,
    mode: MtlsMode,
) -> Arrivals {
    let Some(to) = asked.destination.workload else { return outside(asked) };
    if excluded(source, asked.service.map_or(asked.port, |(_, port)| Some(port))) {
        return outside(asked);
    }
    let passes_by = sidecar::passes_by(model, asked);
    if passes_by && !model.routes {
        return outside(asked);
    }
    let auto = || automatic(model, to, id, mode);
    let mut all: Vec<Arrival> = Vec::new();
    let mut missing = Attributes::NONE;
    if narrowed(source) {
        // Whether the address that is called is captured is not known.
        all.push(Arrival::Plaintext);
        missing = missing.union(Attributes::DESTINATION_ADDRESS);
    }
    if passes_by {
        // The destination of a route is known too.
        all.push(Arrival::Plaintext);
        missing = missing.union(Attributes::UNEVALUATED);
    }
    let targets = targets(model, asked);
    for (service, port) in &targets {
        let rule = rules::of(model, source, service);
        let sent = |tls: Option<ClientTls>| match tls {
            None => auto(),
            Some(ClientTls::Disable) => Arrival::Plaintext,
            Some(ClientTls::Simple) => Arrival::OneWayTls,
            Some(ClientTls::Mutual) => Arrival::OwnCertificate,
            Some(ClientTls::IstioMutual) => Arrival::Mutual(id.to_owned()),
        };
        let one = sent(rule.as_ref().and_then(|r| r.on(*port)));
        for other in rule.iter().flat_map(|r| r.in_subsets(*port)).map(sent) {
            if other != one {
                // Which subset a request takes is routing, which is not evaluated.
                missing = missing.union(Attributes::UNEVALUATED);
                all.push(other);
            }
        }
        all.push(one);
    }
    if targets.is_empty() {
        all.push(auto());
    }
    let mut once: Vec<Arrival> = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    if once.len() > 1 && missing.is_empty() {
        missing = Attributes::SERVICE;
    }
    Arrivals { all: once, missing }
}

/// Auto-mTLS: "if the endpoint has no sidecar or explicitly tls disabled by the
/// security.istio.io/tlsMode label" plaintext, else mTLS unless the port's mode is DISABLE
/// (`endpoints/mtls_checker.go`) or the whole namespace's is (`BestEffortInferServiceMTLSMode`).
fn automatic(model: &Model, to: &Workload, id: &str, mode: MtlsMode) -> Arrival {
    let scopes = Scopes::of(model, &to.namespace, &to.labels);
    if chooses_mutual(model, to, scopes.seen_by_clients(), mode) {
        Arrival::Mutual(id.to_owned())
    } else {
        Arrival::Plaintext
    }
}

/// Whether auto-mTLS chooses mTLS: `seen` is the mode of the whole namespace, `mode` the port's.
pub(crate) fn chooses_mutual(model: &Model, to: &Workload, seen: MtlsMode, mode: MtlsMode) -> bool {
    let label = to.labels.get("security.istio.io/tlsMode").map(String::as_str);
    let capable = match to.mesh {
        Enrolment::Sidecar => label.is_none_or(|l| l == "istio"),
        Enrolment::Ambient { .. } | Enrolment::Waypoint => true,
        // A gateway's listeners terminate what its Gateway says, not mesh mTLS.
        Enrolment::Gateway { .. } | Enrolment::None => false,
    };
    let wanted = mode != MtlsMode::Disable && seen != MtlsMode::Disable;
    // Ambient destinations take tunnels whatever the mode says.
    let ambient = matches!(to.mesh, Enrolment::Ambient { .. });
    model.inventory.mesh.auto_mtls && capable && (wanted || ambient)
}

/// Whether the client's proxy lets a port pass by.
fn excluded(source: &Workload, port: Option<u16>) -> bool {
    let list = source.annotations.get("traffic.sidecar.istio.io/excludeOutboundPorts");
    let Some((list, port)) = list.zip(port) else { return false };
    list.split(',').any(|item| item.trim() == port.to_string())
}

/// Whether the client's proxy lets some addresses pass by.
fn narrowed(source: &Workload) -> bool {
    let annotation =
        |name: &str| source.annotations.get(&format!("traffic.sidecar.istio.io/{name}"));
    let set = |name: &str| annotation(name).is_some_and(|list| !list.trim().is_empty());
    set("excludeOutboundIPRanges")
        || annotation("includeOutboundIPRanges").is_some_and(|list| list.trim() != "*")
        || set("includeOutboundPorts")
}

/// Who makes a client speak mTLS where nobody answers it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Insists {
    Flow,
    Rule(PolicyId),
}

/// Whether the client's proxy speaks mTLS to a workload that has no proxy to answer it: a
/// DestinationRule tells it to, or the flow insists.
pub(crate) fn mutual_to_nobody(model: &Model, asked: &Asked<'_>) -> Option<Insists> {
    let source = asked.source.workload?;
    asked.destination.workload?;
    if asked.flow.principal.is_some() || asked.flow.mtls == Some(false) {
        return None;
    }
    if asked.flow.mtls == Some(true) {
        return source.mesh.in_mesh().then_some(Insists::Flow);
    }
    if source.mesh != Enrolment::Sidecar {
        return None;
    }
    let mut rules = targets(model, asked).into_iter().map(|(service, port)| {
        let rule = rules::of(model, source, service)?;
        let mutual = |tls: Option<ClientTls>| tls == Some(ClientTls::IstioMutual);
        (mutual(rule.on(port)) && rule.in_subsets(port).all(mutual)).then_some(rule.id)
    });
    let first = rules.next()??;
    rules.all(|other| other.is_some()).then_some(Insists::Rule(first))
}

/// The Services, with their ports, through which the destination may be called.
fn targets<'m>(model: &'m Model, asked: &Asked<'_>) -> Vec<(&'m Service, u16)> {
    match asked.service {
        Some((id, port)) => model.inventory.service(id).map(|s| (s, port)).into_iter().collect(),
        None => port::service_ports(model, asked).into_iter().map(|(s, p)| (s, p.port)).collect(),
    }
}

/// Whether the client's proxy knows no Service that leads to the port: it would then pass the
/// connection on as it comes.
pub(crate) fn unknown_to_client(model: &Model, asked: &Asked<'_>) -> bool {
    let sidecar = asked.source.workload.is_some_and(|w| w.mesh == Enrolment::Sidecar);
    let said = asked.flow.mtls.is_some() || asked.flow.principal.is_some();
    sidecar && !said && asked.port.is_some() && targets(model, asked).is_empty()
}

/// The server names of auto-mTLS, `outbound_.<port>_._.<host>`, if the client's own proxy sends
/// it and no DestinationRule can have another.
pub(crate) fn server_names(model: &Model, asked: &Asked<'_>) -> Vec<String> {
    let Some(source) = asked.source.workload else { return Vec::new() };
    let sidecar = matches!(source.mesh, Enrolment::Sidecar);
    if !sidecar {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (service, port) in targets(model, asked) {
        let rule = rules::of(model, source, service);
        if rule
            .as_ref()
            .is_some_and(|r| r.on(port).is_some() || r.in_subsets(port).any(|t| t.is_some()))
        {
            return Vec::new();
        }
        let host = format!("{}.{}.svc.cluster.local", service.name, service.namespace);
        all.push(format!("outbound_.{port}_._.{host}"));
        let subsets = rule.iter().flat_map(rules::Ruled::subset_names);
        all.extend(subsets.map(|subset| format!("outbound_.{port}_.{subset}_.{host}")));
    }
    all
}
