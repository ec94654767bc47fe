//! The mTLS layer: whether the destination's proxy takes the connection, and whom it sees.

pub(crate) mod accept;
pub(crate) mod ambient;
pub(crate) mod client;
pub(crate) mod mode;
pub(crate) mod rules;
#[cfg(test)]
mod tests;

use self::{
    accept::Outcome,
    client::{Arrival, Arrivals},
    mode::Effective,
};
use crate::{
    decision::{
        ClientFault, ClientSees, Layer, LayerDecision, MtlsModeName, Outcome as StepOutcome,
        Reason, Step, StepKind, Verdict,
        mesh::{
            Identity, Proxy,
            port::{Class, Declared, Reading, asks},
            spiffe, with_scheme,
        },
        resolve::Asked,
        trace::Trace,
    },
    model::{
        Attributes, Model, PolicyId,
        inventory::{ServerAsks, Workload},
        mtls::MtlsMode,
    },
};

/// What the layers after this one know of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) identity: Identity,
    /// The proxy sees encrypted bytes and no request.
    pub(crate) opaque: bool,
    /// The client speaks some TLS; `None`: not known.
    pub(crate) tls: Option<bool>,
    /// Server names that the client's proxy may have sent; empty: not known.
    pub(crate) names: Vec<String>,
    /// On a TCP chain the application is called before the client sends anything to it.
    pub(crate) called_at_once: bool,
}

/// The layer's answer.
#[derive(Clone, Debug)]
pub(crate) struct Mtls {
    pub(crate) decision: LayerDecision,
    pub(crate) connection: Connection,
    pub(crate) sees: Option<ClientSees>,
}

/// One way the connection can go.
struct Way {
    effective: Effective,
    arrival: Arrival,
    outcome: Outcome,
}

/// Asks the layer for one reading of the port.
pub(crate) fn mtls(
    model: &Model,
    asked: &Asked<'_>,
    proxy: Proxy,
    class: Class,
    reading: &Reading,
    trace: &mut Trace,
) -> Mtls {
    let (Some(workload), true) = (asked.destination.workload, proxy != Proxy::None) else {
        return outside(asked, trace);
    };
    let http = class == Class::Http && !reading.declared.contains(&Declared::Sniffed);
    let (ways, missing) = ways(model, asked, proxy, http, workload);
    tell(&ways, trace);
    let mut connection = connection(&ways, missing);
    if ways.iter().all(|w| matches!(w.arrival, Arrival::Mutual(_))) {
        connection.names = client::server_names(model, asked);
    }
    let inspected = |w: &Way| accept::inspected(proxy, w.effective.mode, &reading.declared);
    let at_once = |w: &Way| match (&w.outcome, &w.arrival) {
        (Outcome::Accepted { opaque: false, .. }, Arrival::Plaintext) => !inspected(w),
        (Outcome::Accepted { opaque, .. }, _) => !opaque,
        _ => false,
    };
    connection.called_at_once =
        matches!(proxy, Proxy::Sidecar | Proxy::Gateway) && ways.iter().all(at_once);
    let (verdict, reason) = settle(&ways, missing, &connection, proxy);
    Mtls {
        decision: LayerDecision::new(Layer::Mtls, verdict, reason),
        connection,
        sees: (verdict == Verdict::Deny).then(|| match proxy {
            // "plaintext: close"; and a gateway's handshake fails.
            Proxy::Ztunnel | Proxy::Gateway => ClientSees::Closed,
            _ => sees(&reason),
        }),
    }
}

/// Observed: a handshake that fails, or TLS where plaintext is read, ends in a close; plaintext to
/// TLS, or no filter chain at all, in a reset.
pub(crate) fn sees(reason: &Reason) -> ClientSees {
    match reason {
        Reason::MtlsRefused { client: ClientFault::Plaintext, .. }
        | Reason::MtlsRefused {
            client: ClientFault::NoCertificate,
            mode: MtlsModeName::Permissive,
            ..
        } => ClientSees::Reset,
        _ => ClientSees::Closed,
    }
}

/// The client's tunnel to a waypoint: "HBONE traffic always has identity".
pub(crate) fn at_waypoint(
    model: &Model,
    asked: &Asked<'_>,
    source: &Workload,
    reading: &Reading,
    trace: &mut Trace,
) -> Mtls {
    let mesh = &model.inventory.mesh;
    let id = asked.flow.principal.map_or_else(|| spiffe(mesh, source), with_scheme);
    let arrival = Arrival::Tunnel(id);
    let outcome = accept::other(mesh, Proxy::Waypoint, &arrival);
    let effective = Effective { mode: MtlsMode::Strict, policy: None };
    let ways = [Way { effective, arrival, outcome }];
    tell(&ways, trace);
    let mut connection = connection(&ways, Attributes::NONE);
    // What comes out of the tunnel is read on an internal listener without TLS.
    connection.tls = Some(false);
    connection.called_at_once =
        !accept::inspected(Proxy::Waypoint, MtlsMode::Strict, &reading.declared);
    let (verdict, reason) = settle(&ways, Attributes::NONE, &connection, Proxy::Waypoint);
    Mtls {
        decision: LayerDecision::new(Layer::Mtls, verdict, reason),
        connection,
        sees: (verdict == Verdict::Deny).then_some(ClientSees::Closed),
    }
}

/// mTLS that nobody answers: the application has no proxy and no certificate of the mesh.
pub(crate) fn unanswered(model: &Model, asked: &Asked<'_>) -> Option<(LayerDecision, ClientSees)> {
    let policy = match client::mutual_to_nobody(model, asked)? {
        client::Insists::Flow => None,
        client::Insists::Rule(policy) => Some(policy),
    };
    let reason = Reason::MtlsRefused {
        policy,
        mode: MtlsModeName::Disable,
        client: ClientFault::UnexpectedTls,
    };
    let decision = LayerDecision::new(Layer::Mtls, Verdict::Deny, reason);
    Some((decision, ClientSees::Closed))
}

/// Without a proxy in front, nobody asks.
fn outside(asked: &Asked<'_>, trace: &mut Trace) -> Mtls {
    let _ = asked;
    remark(trace, || "the destination takes no part in the mesh".to_owned(), None);
    Mtls {
        decision: LayerDecision::new(Layer::Mtls, Verdict::Allow, Reason::NotInMesh),
        connection: Connection {
            identity: Identity::None,
            opaque: false,
            tls: None,
            names: Vec::new(),
            called_at_once: false,
        },
        sees: None,
    }
}

fn ways(
    model: &Model,
    asked: &Asked<'_>,
    proxy: Proxy,
    http: bool,
    workload: &Workload,
) -> (Vec<Way>, Attributes) {
    let mesh = &model.inventory.mesh;
    let effective_modes = match proxy {
        Proxy::Sidecar => mode::effective(model, workload, asked.port),
        Proxy::Ztunnel => ambient::effective(model, workload, asked.port),
        // "Gateways and waypoints do not use PeerAuthentication".
        Proxy::Gateway | Proxy::Waypoint | Proxy::None => {
            vec![Effective { mode: MtlsMode::Permissive, policy: None }]
        }
    };
    let mut missing = if effective_modes.len() > 1 { Attributes::PORT } else { Attributes::NONE };
    let mut ways = Vec::new();
    if proxy == Proxy::Gateway {
        let said = (asked.flow.mtls == Some(false), http);
        let Arrivals { all, missing: lacks } = client::arrivals(model, asked, MtlsMode::Permissive);
        missing = missing.union(lacks);
        let asks = asks(model, asked, workload);
        if asks.len() > 1 {
            // Which server takes it is told by the server name.
            missing = missing.union(Attributes::SNI);
        }
        for (asks, arrival) in asks.iter().flat_map(|a| all.iter().map(move |one| (*a, one))) {
            let outcome = accept::gateway(mesh, asks, said, arrival);
            if let Outcome::Depends(lacks) = outcome {
                missing = missing.union(lacks);
            }
            let mode = match asks {
                ServerAsks::Certificate | ServerAsks::Mesh => MtlsMode::Strict,
                _ => MtlsMode::Permissive,
            };
            let effective = Effective { mode, policy: None };
            ways.push(Way { effective, arrival: arrival.clone(), outcome });
        }
        return (ways, missing);
    }
    for effective in effective_modes {
        let Arrivals { all, missing: lacks } = client::arrivals(model, asked, effective.mode);
        missing = missing.union(lacks);
        for arrival in all {
            let outcome = match proxy {
                Proxy::Sidecar => accept::sidecar(mesh, effective.mode, http, &arrival),
                Proxy::Ztunnel if effective.mode == MtlsMode::Strict => {
                    strict_ztunnel(accept::other(mesh, proxy, &arrival), &arrival)
                }
                _ => accept::other(mesh, proxy, &arrival),
            };
            if let Outcome::Depends(lacks) = outcome {
                missing = missing.union(lacks);
            }
            ways.push(Way { effective, arrival, outcome });
        }
    }
    (ways, missing)
}

/// `istio_converted_static_strict`: "DENY notPrincipals presence".
pub(crate) fn strict_ztunnel(outcome: Outcome, arrival: &Arrival) -> Outcome {
    match (&outcome, arrival) {
        (Outcome::Accepted { identity: Identity::None, .. }, Arrival::OneWayTls) => {
            Outcome::Refused(ClientFault::NoCertificate)
        }
        (Outcome::Accepted { identity: Identity::None, .. }, _) => {
            Outcome::Refused(ClientFault::Plaintext)
        }
        _ => outcome,
    }
}

fn settle(
    ways: &[Way],
    missing: Attributes,
    connection: &Connection,
    proxy: Proxy,
) -> (Verdict, Reason) {
    let accepted = ways.iter().find(|w| matches!(w.outcome, Outcome::Accepted { .. }));
    let refused = ways.iter().find_map(|w| match w.outcome {
        Outcome::Refused(fault) => Some((w, fault)),
        _ => None,
    });
    let depends = ways.iter().any(|w| matches!(w.outcome, Outcome::Depends(_)));
    match (accepted, refused, depends) {
        (Some(_), None, false) if matches!(proxy, Proxy::Gateway | Proxy::Waypoint) => {
            (Verdict::Allow, Reason::NoPolicy)
        }
        (Some(way), None, false) => {
            let identity = matches!(connection.identity, Identity::Known(_));
            let (policy, mode) = named(way.effective);
            (Verdict::Allow, Reason::MtlsAccepted { policy, mode, identity })
        }
        (None, Some((way, client)), false) => {
            let (policy, mode) = named(way.effective);
            (Verdict::Deny, Reason::MtlsRefused { policy, mode, client })
        }
        _ => {
            let policy = ways.iter().find_map(|w| w.effective.policy);
            (Verdict::Undetermined, Reason::Missing { attributes: missing, policy })
        }
    }
}

pub(crate) fn named(effective: Effective) -> (Option<PolicyId>, MtlsModeName) {
    let mode = match effective.mode {
        MtlsMode::Disable => MtlsModeName::Disable,
        MtlsMode::Permissive => MtlsModeName::Permissive,
        MtlsMode::Strict => MtlsModeName::Strict,
    };
    (effective.policy, mode)
}

/// What is seen of the client, "as if the connection had been accepted as sent".
fn connection(ways: &[Way], missing: Attributes) -> Connection {
    let each = ways.iter().map(|w| match (&w.outcome, &w.arrival) {
        (Outcome::Accepted { identity, opaque }, arrival) => Connection {
            identity: identity.clone(),
            opaque: *opaque,
            tls: Some(*arrival != Arrival::Plaintext),
            names: Vec::new(),
            called_at_once: false,
        },
        (Outcome::Refused(_), arrival) => Connection {
            identity: Identity::None,
            opaque: false,
            tls: Some(*arrival != Arrival::Plaintext),
            names: Vec::new(),
            called_at_once: false,
        },
        (Outcome::Depends(lacks), _) => Connection {
            identity: Identity::Unknown(*lacks),
            opaque: false,
            tls: Some(true),
            names: Vec::new(),
            called_at_once: false,
        },
    });
    each.reduce(|a, b| Connection {
        identity: a.identity.either(&b.identity, missing),
        opaque: a.opaque && b.opaque,
        tls: if a.tls == b.tls { a.tls } else { None },
        names: Vec::new(),
        called_at_once: false,
    })
    .unwrap_or(Connection {
        identity: Identity::Unknown(missing),
        opaque: false,
        tls: None,
        names: Vec::new(),
        called_at_once: false,
    })
}

fn tell(ways: &[Way], trace: &mut Trace) {
    for way in ways {
        let text = || {
            let from = if way.effective.policy.is_some() { "" } else { " (nobody sets it)" };
            let sends = match &way.arrival {
                Arrival::Plaintext => "the client sends plaintext".to_owned(),
                Arrival::OneWayTls => "the client sends TLS without a certificate".to_owned(),
                Arrival::OwnCertificate => {
                    "the client sends TLS with a certificate of its own".to_owned()
                }
                Arrival::Mutual(id) => format!("the client sends mTLS as `{id}`"),
                Arrival::Tunnel(id) => format!("the client's tunnel sends mTLS as `{id}`"),
            };
            let end = match &way.outcome {
                Outcome::Accepted { opaque: true, .. } => "passed on as it is",
                Outcome::Accepted { .. } => "accepted",
                Outcome::Refused(_) => "refused",
                Outcome::Depends(_) => "open",
            };
            format!("mode {}{from}: {sends}, {end}", way.effective.mode.as_str())
        };
        remark(trace, text, way.effective.policy);
    }
}

fn remark(trace: &mut Trace, text: impl FnOnce() -> String, policy: Option<PolicyId>) {
    trace.step(|| Step {
        kind: StepKind::Remark,
        outcome: StepOutcome::Info,
        text: text(),
        policy,
        rule: None,
        place: None,
    });
}
