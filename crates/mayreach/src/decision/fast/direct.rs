//! Flows of which nothing odd is said, between workloads of which nothing odd is said: everything
//! is looked up, and text is only read where a rule names a path. All else goes another way.

use super::{
    Ends, Fast, authz,
    conditions::Scene,
    doors::{Line, Proxied, Spot},
    of_cell,
    view::{self, View},
};
use crate::{
    compiled::{
        authz::{METHODS_OF_ROWS, Path, Pick, Rule, method_number},
        rows::Cell,
    },
    decision::{ClientSees, Decision, Layer, LayerDecision, Verdict, mesh::Proxy},
    model::{Flow, Http, Protocol, Request, Token, Tri, WorkloadId},
};

/// A request that filters see as it was sent, with no other headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    method: u8,
    name: &'a str,
    /// Path and query.
    target: &'a str,
    path: Path<'a>,
    host: Option<&'a str>,
}

impl<'a> Ask<'a> {
    /// `None`: it takes the long way to tell what filters see.
    #[inline]
    pub(crate) fn new(request: &Request<'a>) -> Option<Self> {
        if request.headers.is_some_and(|headers| !headers.is_empty()) {
            return None;
        }
        let name = request.method?;
        let method = method_number(name)?;
        Self::of(name, method, request.path?, request.host)
    }

    /// What [`Ask::of`] takes as the number of a method.
    pub(crate) fn method(name: &str) -> u8 {
        method_number(name).unwrap_or(u8::MAX)
    }

    #[inline]
    pub(crate) fn of(
        name: &'a str,
        method: u8,
        target: &'a str,
        host: Option<&'a str>,
    ) -> Option<Self> {
        // The common ones are taken by every codec, and change nothing of the target.
        if method >= METHODS_OF_ROWS {
            return None;
        }
        let path = Path::new(view::bare(target)?);
        Some(Self { method, name, target, path, host })
    }

    /// What the client sees when a rule denies: an answer to HEAD has no body.
    fn refused(&self) -> ClientSees {
        let body = if self.name == "HEAD" { "" } else { "RBAC: access denied" };
        ClientSees::Response { status: 403, body }
    }
}

/// Whether a flow says nothing of who sends it but its source, and brings no token.
#[inline]
fn usual(flow: &Flow<'_>) -> bool {
    flow.protocol == Protocol::Tcp
        && flow.principal.is_none()
        && flow.sni.is_none()
        && flow.mtls.is_none()
        && flow.ip_version.is_none()
        && !flow.tls_without_certificate
        && matches!(flow.token, Token::Unknown | Token::Absent)
}

/// What is known of a connection before its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held<'a> {
    line: &'a Line,
    /// `None`: no proxy stands there, and nothing is left to ask.
    rules: Option<Rules<'a>>,
    ends: Ends,
}

/// The rules that a request on it is held against.
#[derive(Clone, Copy, Debug)]
struct Rules<'a> {
    proxied: Proxied,
    pick: &'a Pick,
    found: authz::Found<'a>,
}

/// Every layer's answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'p, 'a> {
    pub(crate) held: Held<'p>,
    pub(crate) network: [Cell; 2],
    pub(crate) authorization: LayerDecision,
    pub(crate) ask: Option<Ask<'a>>,
}

impl Found<'_, '_> {
    /// All layers, put together as [`crate::decision::combine`] does it: none of them is
    /// undetermined, and JWT lets a request without a token pass.
    #[inline]
    pub(crate) fn whole(&self) -> Decision {
        let [egress, ingress] = self.network;
        let egress = of_cell(Layer::Egress, egress);
        let ingress = of_cell(Layer::Ingress, ingress);
        let (mtls, sees) = self.held.line.mtls;
        let denies = |layer: &LayerDecision| layer.verdict == Verdict::Deny;
        let (decided_by, client_sees) = if denies(&egress) {
            (Some(Layer::Egress), Some(ClientSees::Timeout))
        } else if denies(&ingress) {
            (Some(Layer::Ingress), Some(ClientSees::Timeout))
        } else if denies(&mtls) {
            (Some(Layer::Mtls), sees)
        } else if denies(&self.authorization) {
            (Some(Layer::Authorization), self.ask.as_ref().map(Ask::refused))
        } else {
            (None, None)
        };
        Decision {
            verdict: if decided_by.is_some() { Verdict::Deny } else { Verdict::Allow },
            decided_by,
            layers: [egress, ingress, mtls, self.held.line.jwt, self.authorization],
            client_sees,
            destination: Some(self.held.ends.to),
            port: Some(self.held.ends.port),
        }
    }
}

impl<'p> Fast<'p> {
    /// Prepares a connection; `None`: it takes an unusual way.
    #[inline]
    pub(crate) fn hold(&self, flow: &Flow<'_>, ends: Ends) -> Option<Held<'p>> {
        if !usual(flow) {
            return None;
        }
        self.between(ends)
    }

    /// The same of a flow that is usual.
    #[inline]
    pub(crate) fn between(&self, ends: Ends) -> Option<Held<'p>> {
        let doors = &self.seats.doors;
        let (from, to): (&Spot, &Spot) = (doors.spot(ends.from)?, doors.spot(ends.to)?);
        let client = from.client.filter(|_| to.serves)?;
        let front = doors.front(to)?;
        let line = doors.line(front, ends.port, client)?;
        let Some(proxied) = line.proxied else { return Some(Held { line, rules: None, ends }) };
        let pick = self.authz.pick(front.pick?)?;
        if pick.reads_more(proxied.tls) {
            return None;
        }
        let found =
            if proxied.identity { authz::Found::of(pick, from.keys) } else { authz::Found::NONE };
        Some(Held { line, rules: Some(Rules { proxied, pick, found }), ends })
    }

    /// The authorization layer of one request; `None`: it takes the long way to tell.
    #[inline]
    pub(crate) fn ask(&self, held: &Held<'p>, ask: Option<&Ask<'_>>) -> Option<LayerDecision> {
        let Some(rules) = &held.rules else { return Some(held.line.authorization) };
        let ask = ask?;
        if rules.proxied.params && self.may_bring_a_token(held.ends.to, ask) {
            return None;
        }
        let (pick, found) = (rules.pick, &rules.found);
        let written = |rule: &Rule| self.written(held, rules, ask, rule);
        let first = authz::first(pick, found, ask.method, &ask.path, written)?;
        let (verdict, reason) = authz::settled(pick, first);
        Some(LayerDecision::new(Layer::Authorization, verdict, reason))
    }

    /// Whether a token may be in the query.
    #[inline]
    fn may_bring_a_token(&self, to: WorkloadId, ask: &Ask<'_>) -> bool {
        let query = ask.target.get(ask.path.text.len() + 1..).unwrap_or_default();
        let places = || self.seats.of(to).and_then(|(_, class)| self.seats.places(class));
        !query.is_empty() && places().is_none_or(|places| places.may_be_in(query))
    }

    /// A rule that asks for more than methods and paths.
    #[cold]
    #[inline(never)]
    fn written(&self, held: &Held<'p>, rules: &Rules<'p>, ask: &Ask<'_>, rule: &Rule) -> Tri {
        let Some(written) = authz::written(self.model, rule) else { return Tri::No };
        let view = View {
            method: Some(ask.name),
            bit: Some(ask.method),
            target: Some(ask.target),
            path: Some(ask.path.text),
            host: ask.host,
            headers: &[],
            complete: true,
            token: Token::Absent,
        };
        let seat = self.seats.of(held.ends.from).filter(|_| rules.proxied.identity);
        let scene = Scene {
            sni: None,
            asked: None,
            port: Some(held.ends.port),
            proxy: Proxy::Sidecar,
            view: Some(&view),
            client: seat.map(|(seat, _)| self.seats.client(seat)),
            tls: rules.proxied.tls,
            trusted_proxies: self.model.inventory.mesh.trusted_proxies,
        };
        scene.matches(written)
    }

    /// A usual flow between two known workloads.
    #[inline]
    pub(crate) fn direct<'a>(&self, flow: &Flow<'a>, ends: Ends) -> Option<Found<'p, 'a>> {
        let held = self.hold(flow, ends)?;
        let network = self.cells(ends, Protocol::Tcp)?;
        let ask = self::ask(&flow.http);
        let authorization = self.ask(&held, ask.as_ref())?;
        Some(Found { held, network, authorization, ask })
    }

    /// Its authorization layer, alone.
    #[inline]
    pub(crate) fn direct_authorization(
        &self,
        flow: &Flow<'_>,
        ends: Ends,
    ) -> Option<LayerDecision> {
        let held = self.hold(flow, ends)?;
        self.ask(&held, self::ask(&flow.http).as_ref())
    }
}

#[inline]
fn ask<'a>(http: &Http<'a>) -> Option<Ask<'a>> {
    match http {
        Http::Request(request) => Ask::new(request),
        Http::Raw | Http::Unknown => None,
    }
}
