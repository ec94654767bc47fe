//! The three mesh layers of one flow, for every way its port may be read.

use super::{
    Identity, Proxy,
    port::{self, Class, Declared, Reading},
    spiffe, trusted_proxies,
    waypoint::{self, Route, Through},
};
use crate::{
    compiled::authz::Pick,
    decision::{
        Body, ClientSees, Layer, LayerDecision, Marked, Reason, Step, Verdict,
        authorization::{Arrived, Authorization, RuleRef, authorization},
        jwt::{Asker, Jwt, jwt},
        lua::Scripts,
        mtls::{Connection, Mtls, at_waypoint, client::unknown_to_client, mtls, unanswered},
        request::{self, Certificates, Seen},
        resolve::{Address, Asked, End},
        trace::Trace,
        unevaluated::left_open,
    },
    model::{
        Attributes, Flow, Http, Model, PolicyId, Protocol, Request, Token,
        inventory::{Service, Workload},
    },
};

/// One layer's answer with its steps.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) decision: LayerDecision,
    pub(crate) sees: Option<ClientSees>,
    pub(crate) steps: Vec<Step>,
}

/// The three layers.
#[derive(Clone, Debug)]
pub(crate) struct MeshLayers {
    /// mTLS, JWT, authorization.
    pub(crate) answers: [Answer; 3],
    pub(crate) audited_by: Vec<Marked>,
    pub(crate) dry_run: Vec<Marked>,
    pub(crate) remarks: Vec<String>,
}

/// Asks the three mesh layers.
pub(crate) fn layers(
    model: &Model,
    asked: &Asked<'_>,
    pick: Option<&Pick>,
    like: &Trace,
) -> MeshLayers {
    let (routes, missing) = waypoint::routes(model, asked);
    let all = routes.iter().map(|route| match route {
        Route::Direct => direct(model, asked, pick, like),
        Route::Through(through) => by_waypoint(model, asked, through, pick, like),
        Route::Foreign(gateway) => unevaluated(
            *gateway,
            "the connection goes through a Gateway that is no waypoint of Istio's own",
        ),
        Route::Unread(entry) => {
            unevaluated(*entry, "a waypoint stands before the ServiceEntry's addresses")
        }
    });
    all.reduce(|one, other| either(one, other, missing)).unwrap_or_else(outside)
}

/// Something stands in the way that is not evaluated.
fn unevaluated(policy: PolicyId, why: &str) -> MeshLayers {
    let mut open = outside();
    for answer in &mut open.answers {
        answer.decision.verdict = Verdict::Undetermined;
        answer.decision.reason = Reason::NotEvaluated { policy };
    }
    open.remarks.push(why.to_owned());
    open
}

/// The client's proxy to the waypoint's, the waypoint's to the destination's.
fn by_waypoint(
    model: &Model,
    asked: &Asked<'_>,
    through: &Through<'_>,
    pick: Option<&Pick>,
    like: &Trace,
) -> MeshLayers {
    let reading = port::at_waypoint(asked, through.service, through.port);
    let way = Way {
        model,
        asked,
        proxy: Proxy::Waypoint,
        workload: through.proxy,
        service: through.service,
        port: through.port,
        reading: &reading,
        pick: None,
    };
    let first = reading.classes.iter().map(|class| way.walk(*class, like));
    let first =
        first.reduce(|one, other| either(one, other, reading.missing)).unwrap_or_else(outside);
    // "Traffic through a waypoint reaches ztunnel with the waypoint's identity".
    let flow = Flow {
        mtls: None,
        tls_without_certificate: false,
        principal: None,
        sni: None,
        ..asked.flow.clone()
    };
    let source = End {
        id: None,
        workload: Some(through.proxy),
        address: Address::Unknown,
        twins: Vec::new(),
        sets: Vec::new(),
        hosts: Vec::new(),
        maybe_hosts: Vec::new(),
        node: None,
        known_node: false,
    };
    let at_waypoint = Asked {
        destination: End { workload: Some(through.proxy), ..source.clone() },
        ..asked.clone()
    };
    let first = MeshLayers {
        answers: first.answers.map(|answer| Answer {
            decision: left_open(model, &at_waypoint, answer.decision),
            ..answer
        }),
        ..first
    };
    let onward = Asked { flow: &flow, source, ..asked.clone() };
    let mut both = after(first, direct(model, &onward, pick, like));
    let name = format!("{}/{}", through.proxy.namespace, through.proxy.name);
    both.remarks.insert(0, format!("the connection goes through the waypoint {name}"));
    both
}

/// Both proxies are passed one after the other: either may stop the connection.
fn after(first: MeshLayers, second: MeshLayers) -> MeshLayers {
    let [m1, j1, a1] = first.answers;
    let [m2, j2, a2] = second.answers;
    MeshLayers {
        answers: [worse(m1, m2), worse(j1, j2), worse(a1, a2)],
        audited_by: [first.audited_by, second.audited_by].concat(),
        dry_run: [first.dry_run, second.dry_run].concat(),
        remarks: [first.remarks, second.remarks].concat(),
    }
}

/// The answer that stops more; of two alike, the one that a policy gave.
fn worse(first: Answer, second: Answer) -> Answer {
    let rank = |answer: &Answer| match answer.decision.verdict {
        Verdict::Deny => 2,
        Verdict::Undetermined => 1,
        Verdict::Allow => 0,
    };
    let (mine, theirs) = (rank(&first), rank(&second));
    let silent = matches!(first.decision.reason, Reason::NoPolicy | Reason::NotInMesh);
    let later = theirs > mine || (theirs == mine && silent);
    let (decision, sees) =
        if later { (second.decision, second.sees) } else { (first.decision, first.sees) };
    Answer { decision, sees, steps: [first.steps, second.steps].concat() }
}

/// The destination's own proxy.
fn direct(model: &Model, asked: &Asked<'_>, pick: Option<&Pick>, like: &Trace) -> MeshLayers {
    let proxy = match asked.flow.protocol {
        Protocol::Tcp => Proxy::of(asked.destination.workload, asked.port),
        // Proxies capture TCP only.
        _ => Proxy::None,
    };
    let (Some(workload), true) = (asked.destination.workload, proxy != Proxy::None) else {
        let mut free = outside();
        let tcp = asked.flow.protocol == Protocol::Tcp;
        if let Some((decision, sees)) = tcp.then(|| unanswered(model, asked)).flatten() {
            let [mtls, ..] = &mut free.answers;
            *mtls = Answer { decision, sees: Some(sees), steps: Vec::new() };
        }
        return free;
    };
    let reading = port::reading(model, asked);
    let (service, port) = (None, asked.port);
    let way = Way { model, asked, proxy, workload, service, port, reading: &reading, pick };
    let all = reading.classes.iter().map(|class| way.walk(*class, like));
    all.reduce(|one, other| either(one, other, reading.missing)).unwrap_or_else(outside)
}

fn outside() -> MeshLayers {
    let free = |layer| Answer {
        decision: LayerDecision::new(layer, Verdict::Allow, Reason::NotInMesh),
        sees: None,
        steps: Vec::new(),
    };
    MeshLayers {
        answers: [Layer::Mtls, Layer::Jwt, Layer::Authorization].map(free),
        audited_by: Vec::new(),
        dry_run: Vec::new(),
        remarks: Vec::new(),
    }
}

/// Two readings of one connection: sure only where both agree.
fn either(one: MeshLayers, other: MeshLayers, missing: Attributes) -> MeshLayers {
    let [m1, j1, a1] = one.answers;
    let [m2, j2, a2] = other.answers;
    let shared = |a: Vec<Marked>, b: &[Marked]| a.into_iter().filter(|m| b.contains(m)).collect();
    let mut remarks = one.remarks;
    remarks.push("how the proxy reads the connection is not sure: both ways are asked".to_owned());
    MeshLayers {
        answers: [agree(m1, m2, missing), agree(j1, j2, missing), agree(a1, a2, missing)],
        audited_by: shared(one.audited_by, &other.audited_by),
        dry_run: shared(one.dry_run, &other.dry_run),
        remarks,
    }
}

fn agree(a: Answer, b: Answer, missing: Attributes) -> Answer {
    let decision = agreed(a.decision, b.decision, missing);
    if a.decision.verdict == b.decision.verdict {
        let sees = if a.sees == b.sees { a.sees } else { None };
        return Answer { sees, ..a };
    }
    let steps = a.steps.into_iter().chain(b.steps).collect();
    Answer { decision, sees: None, steps }
}

/// A TCP denial where the application is called before the client's first bytes.
pub(crate) fn after_banner(sees: ClientSees) -> ClientSees {
    if sees == ClientSees::Closed { ClientSees::ClosedAfterBanner } else { sees }
}

/// What is sure of two answers to one layer.
pub(crate) fn agreed(a: LayerDecision, b: LayerDecision, missing: Attributes) -> LayerDecision {
    if a.verdict == b.verdict {
        return a;
    }
    let more = |d: &LayerDecision| match d.reason {
        Reason::Missing { attributes, .. } => attributes,
        _ => Attributes::NONE,
    };
    let attributes = missing.union(more(&a)).union(more(&b));
    let policy = policy_of(&b.reason).or(policy_of(&a.reason));
    let reason = Reason::Missing { attributes, policy };
    LayerDecision { verdict: Verdict::Undetermined, reason, ..a }
}

fn policy_of(reason: &Reason) -> Option<PolicyId> {
    match reason {
        Reason::Rule { policy, .. }
        | Reason::NoAllowMatch { policy }
        | Reason::Script { policy, .. }
        | Reason::Provider { policy, .. }
        | Reason::ProviderFailed { policy, .. }
        | Reason::BadProvider { policy, .. } => Some(*policy),
        Reason::Missing { policy, .. }
        | Reason::MtlsAccepted { policy, .. }
        | Reason::MtlsRefused { policy, .. } => *policy,
        _ => None,
    }
}

/// One flow at one proxy.
struct Way<'a> {
    model: &'a Model,
    asked: &'a Asked<'a>,
    proxy: Proxy,
    workload: &'a Workload,
    /// At a waypoint: the Service that was called.
    service: Option<&'a Service>,
    port: Option<u16>,
    reading: &'a Reading,
    pick: Option<&'a Pick>,
}

impl Way<'_> {
    fn walk(&self, class: Class, like: &Trace) -> MeshLayers {
        let mut traces = [like.fresh(), like.fresh(), like.fresh()];
        let [mtls_trace, jwt_trace, authz_trace] = &mut traces;
        let found = match (self.proxy, self.asked.source.workload) {
            // Asked to go through it, not to it.
            (Proxy::Waypoint, Some(source)) if !self.is_destination() => {
                at_waypoint(self.model, self.asked, source, self.reading, mtls_trace)
            }
            _ => mtls(self.model, self.asked, self.proxy, class, self.reading, mtls_trace),
        };
        let mut remarks = Vec::new();
        if unknown_to_client(self.model, self.asked) {
            remarks.push(
                "no Service leads to this port: mTLS is assumed, but a client that calls the pod's own address sends what its application sends".to_owned(),
            );
        }
        if found.connection.opaque {
            remarks.push("the proxy passes the client's own TLS on and sees no request".to_owned());
        }
        let (jwt, mut authz) = self.after(&found, class, jwt_trace, authz_trace, &mut remarks);
        if class == Class::Tcp {
            self.first_word(&found, &mut authz, &mut remarks);
        }
        let [mtls_trace, jwt_trace, authz_trace] = traces;
        MeshLayers {
            audited_by: authz.audited_by.iter().map(|at| marked(*at, None)).collect(),
            dry_run: authz.dry_run.iter().map(|(at, v)| marked(*at, Some(*v))).collect(),
            answers: [
                answer(found.decision, found.sees, mtls_trace),
                answer(jwt.decision, jwt.sees, jwt_trace),
                answer(authz.decision, authz.sees, authz_trace),
            ],
            remarks,
        }
    }

    /// "Network RBAC decides on the first client bytes": whether the application spoke before.
    fn first_word(&self, found: &Mtls, authz: &mut Authorization, remarks: &mut Vec<String>) {
        if found.connection.called_at_once {
            authz.sees = authz.sees.map(after_banner);
        } else if matches!(self.proxy, Proxy::Sidecar | Proxy::Waypoint)
            && found.connection.tls == Some(false)
            && found.decision.verdict == Verdict::Allow
        {
            remarks.push(
                "the proxy calls the application when the client has sent something: a client that waits for it to speak first waits in vain".to_owned(),
            );
        }
    }

    /// JWT and authorization, on the connection as it was sent.
    fn after(
        &self,
        found: &Mtls,
        class: Class,
        jwt_trace: &mut Trace,
        authz_trace: &mut Trace,
        remarks: &mut Vec<String>,
    ) -> (Jwt, Authorization) {
        let mut seen = match self.seen(class, &found.connection) {
            Ok(seen) => seen,
            Err(why) => {
                let answer = |status, body| ClientSees::Response { status, body };
                let asks = matches!(self.asked.flow.http, Http::Request(_));
                let sees = match why {
                    // A fault of the protocol ends the whole connection.
                    request::Rejected::Codec if self.http2() && asks => ClientSees::Closed,
                    request::Rejected::Codec => answer(400, Body::BAD_REQUEST),
                    request::Rejected::Normalization => answer(400, Body::EMPTY),
                    request::Rejected::NotAPath => answer(404, Body::EMPTY),
                };
                remarks.push(match sees {
                    ClientSees::Response { status, .. } => {
                        format!("Envoy answers {status} before any filter runs")
                    }
                    _ => "Envoy ends the connection before any filter runs".to_owned(),
                });
                let mut refused = Authorization::plain(Verdict::Deny, Reason::BadRequest);
                refused.sees = Some(sees);
                return (Jwt::plain(Verdict::Allow, Reason::NotReached), refused);
            }
        };
        let sni = self.asked.flow.sni;
        let (proxy, connection) = (self.proxy, &found.connection);
        let mut scripts = Scripts::of(self.model, proxy, self.workload, connection, sni);
        if let (Some(scripts), Some(seen)) = (&mut scripts, &mut seen)
            && let Some(ended) = scripts.front(seen, authz_trace)
        {
            remarks.append(&mut scripts.remarks);
            return ended.layers();
        }
        let service = self.service;
        let asker = Asker { proxy: self.proxy, workload: self.workload, service };
        let mut jwt = jwt(self.model, self.asked, asker, seen.as_ref(), jwt_trace);
        let arrived = Arrived {
            proxy: self.proxy,
            workload: self.workload,
            service,
            port: self.port,
            connection: &found.connection,
            before: seen.as_ref(),
            jwt: &jwt,
            pick: self.pick,
        };
        let mut authz = authorization(self.model, self.asked, &arrived, authz_trace);
        if let (Some(scripts), Some(seen)) = (&mut scripts, jwt.seen.as_ref().or(seen.as_ref())) {
            authz = scripts.back(seen, authz, authz_trace);
            remarks.append(&mut scripts.remarks);
            jwt.sees = jwt.sees.filter(|_| !scripts.answers);
        }
        (jwt, authz)
    }

    /// The request as the first filter sees it; `None` on a TCP chain.
    fn seen(
        &self,
        class: Class,
        connection: &Connection,
    ) -> Result<Option<Seen>, request::Rejected> {
        // ztunnel forwards bytes.
        if class == Class::Tcp || connection.opaque || self.proxy == Proxy::Ztunnel {
            return Ok(None);
        }
        let flow = self.asked.flow;
        let mut seen = match &flow.http {
            Http::Request(request) => {
                let mesh = &self.model.inventory.mesh;
                request::see(request, token(flow.token, request), mesh, self.http2())?
            }
            // "declared HTTP ⇒ HCM chain only": other bytes are no request.
            Http::Raw => return Err(request::Rejected::Codec),
            Http::Unknown => Seen::unknown(flow.token),
        };
        request::add_proxy_headers(&mut seen.headers, &self.written(connection));
        Ok(Some(seen))
    }

    fn written(&self, connection: &Connection) -> request::Written {
        let mesh = &self.model.inventory.mesh;
        let certificates = match &connection.identity {
            // Its identity is that of the tunnel: the inner connection has no certificates.
            _ if self.proxy == Proxy::Waypoint => Certificates::None,
            Identity::None => Certificates::None,
            Identity::Known(id) => Certificates::Known(spiffe(mesh, self.workload), id.clone()),
            Identity::Perhaps(..) | Identity::Unknown(_) => Certificates::Unknown,
        };
        let peer = match &self.asked.source.address {
            Address::Exact(ip) => Some(*ip),
            _ => None,
        };
        let trusted = || trusted_proxies(mesh, Some(self.workload));
        let edge = (self.proxy == Proxy::Gateway).then(|| (trusted(), peer));
        request::Written { tls: connection.tls, certificates, edge }
    }

    fn is_destination(&self) -> bool {
        self.asked.destination.workload.is_some_and(|to| std::ptr::eq(to, self.workload))
    }

    fn http2(&self) -> bool {
        !self.reading.declared.is_empty()
            && self.reading.declared.iter().all(|d| *d == Declared::Http2)
    }
}

fn marked(at: RuleRef, would: Option<Verdict>) -> Marked {
    Marked { policy: at.policy, rule: Some(at.rule), layer: Layer::Authorization, would }
}

/// "Token unknown when the request is whole: as if absent".
fn token<'f>(token: Token<'f>, request: &Request<'_>) -> Token<'f> {
    let whole = request.method.is_some() && request.path.is_some();
    match token {
        Token::Unknown if whole => Token::Absent,
        other => other,
    }
}

fn answer(decision: LayerDecision, sees: Option<ClientSees>, trace: Trace) -> Answer {
    Answer { decision, sees, steps: trace.steps }
}
