//! Flows of which nothing odd is said, between workloads of which nothing odd is said: everything
//! is looked up, and text is only read where a rule names a path. All else goes another way.

use super::{
    Ends, Fast, authz,
    conditions::Scene,
    doors::{Line, Next, Proxied, Spot, TokenIn},
    mesh::OUTSIDE,
    of_cells,
    view::{self, View},
};
use crate::{
    compiled::{
        authz::{Desk, Group, HEAD, METHODS_OF_ROWS, Path, Row, Rule, method_number},
        rows::Cell,
        table::same,
    },
    decision::{
        Body, ClientSees, Decision, Layer, LayerDecision, Reason, Verdict,
        jwt::{ACCESS_TOKEN, may_name},
        mesh::Proxy,
    },
    model::{Flow, Http, Protocol, Request, Token, Tri, WorkloadId},
};

/// A request that filters see as it was sent, with no other headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    method: u8,
    /// Something stands behind the question mark.
    query: bool,
    path: Path<'a>,
}

impl<'a> Ask<'a> {
    /// `None`: it takes the long way to tell what filters see.
    #[inline]
    pub(crate) fn new(request: &Request<'a>) -> Option<Self> {
        if request.headers.is_some_and(|headers| !headers.is_empty()) {
            return None;
        }
        Self::of(method_number(request.method?)?, request.path?)
    }

    /// What [`Ask::of`] takes as the number of a method.
    pub(crate) fn method(name: &str) -> u8 {
        method_number(name).unwrap_or(u8::MAX)
    }

    #[inline]
    pub(crate) fn of(method: u8, target: &'a str) -> Option<Self> {
        // The common ones are taken by every codec, and change nothing of the target.
        if method >= METHODS_OF_ROWS {
            return None;
        }
        let path = view::bare(target)?;
        Some(Self { method, query: target.len() > path.len() + 1, path: Path::new(path) })
    }

    /// What the client sees when a rule denies: an answer to HEAD has no body.
    fn refused(&self) -> ClientSees {
        let body = if self.method == HEAD { Body::EMPTY } else { Body::DENIED };
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
    /// What a request on it is held against; `None`: no proxy stands there, and nothing is left to ask.
    rules: Option<Rules<'a>>,
    ends: Ends,
}

/// A pick, and what the client finds in it.
#[derive(Clone, Copy, Debug)]
struct Rules<'a> {
    desk: Desk<'a>,
    /// All rules that may mean the client; `None`: other groups than its own have some, or they are found
    /// by path.
    rows: Option<&'a [Row]>,
    query: TokenIn,
}

impl<'a> Rules<'a> {
    /// Of a pick in which only identities have rules, the client's among them its own.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    fn of_identities(desk: Desk<'a>, own: &Group, proxied: Proxied) -> Self {
        let rows = match proxied.identity {
            true if own.has_paths() => None,
            true => Some(desk.rows(own)),
            false => Some(&[][..]),
        };
        Self { desk, rows, query: proxied.query }
    }
}

/// Every layer's answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'p, 'a> {
    pub(crate) held: Held<'p>,
    pub(crate) network: [&'p Cell; 2],
    pub(crate) authorization: LayerDecision,
    pub(crate) ask: Option<Ask<'a>>,
}

impl Found<'_, '_> {
    /// All layers, put together as [`crate::decision::combine`] does it: none of them is undetermined,
    /// and JWT lets a request without a token pass.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "an answer is written where it is wanted")]
    pub(crate) fn whole(&self) -> Decision {
        let Self { held, network, authorization, ask } = self;
        let [egress, ingress] = of_cells(*network);
        let (mtls, sees) = held.line.mtls;
        let denies = |layer: &LayerDecision| layer.verdict == Verdict::Deny;
        let (decided_by, client_sees) = if denies(&egress) {
            (Some(Layer::Egress), Some(ClientSees::Timeout))
        } else if denies(&ingress) {
            (Some(Layer::Ingress), Some(ClientSees::Timeout))
        } else if denies(&mtls) {
            (Some(Layer::Mtls), sees)
        } else if denies(authorization) {
            (Some(Layer::Authorization), ask.as_ref().map(Ask::refused))
        } else {
            (None, None)
        };
        Decision {
            verdict: if decided_by.is_some() { Verdict::Deny } else { Verdict::Allow },
            decided_by,
            layers: [egress, ingress, mtls, held.line.jwt, *authorization],
            client_sees,
            destination: Some(held.ends.to),
            port: Some(held.ends.port),
        }
    }
}

impl<'p> Held<'p> {
    /// The authorization layer where no proxy stands.
    fn unasked(&self) -> Option<LayerDecision> {
        match self.line.next {
            Next::Nobody(answer) => Some(answer),
            Next::Proxied(_) | Next::Longer => None,
        }
    }

    /// Reads the first row of its rules.
    #[inline]
    pub(crate) fn touch_rows(&self) -> u32 {
        self.first_row().map_or(0, |(row, _)| row.hit.number)
    }

    /// Reads what that row is held against.
    #[inline]
    pub(crate) fn touch_text(&self) -> u32 {
        self.first_row().map_or(0, |(row, text)| row.touch(text))
    }

    #[inline]
    fn first_row(&self) -> Option<(&'p Row, &'p str)> {
        let rules = self.rules.as_ref()?;
        Some((rules.rows?.first()?, &rules.desk.shelf.text))
    }

    /// All layers but authorization, of which [`with`] tells.
    pub(crate) fn before(self, network: [&'p Cell; 2]) -> Decision {
        let authorization = self.unasked().unwrap_or(OUTSIDE[2].0);
        Found { held: self, network, authorization, ask: None }.whole()
    }
}

impl<'p> Fast<'p> {
    /// Prepares a connection; `None`: it takes an unusual way.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    pub(crate) fn hold(self, flow: &Flow<'_>, ends: Ends) -> Option<Held<'p>> {
        if !usual(flow) {
            return None;
        }
        self.between(ends)
    }

    /// The same of a flow that is usual.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    pub(crate) fn between(self, ends: Ends) -> Option<Held<'p>> {
        let doors = &self.seats().doors;
        let (from, to): (&Spot, &Spot) = (doors.spot(ends.from)?, doors.spot(ends.to)?);
        if !to.serves {
            return None;
        }
        let line = doors.line(to, ends.port, from.client?)?;
        let proxied = match line.next {
            Next::Proxied(proxied) => proxied,
            Next::Nobody(_) => return Some(Held { line, rules: None, ends }),
            Next::Longer => return None,
        };
        let [identity, _] = from.keys;
        let rules = match self.authz().usual(to.pick, to.known(), identity) {
            Some((desk, own)) => Rules::of_identities(desk, &own, proxied),
            None => self.rules(to.pick, identity, proxied)?,
        };
        Some(Held { line, rules: Some(rules), ends })
    }

    /// Of any pick.
    #[inline(never)]
    fn rules(self, pick: u32, identity: u32, proxied: Proxied) -> Option<Rules<'p>> {
        let desk = self.authz().desk_of(self.authz().pick(pick)?);
        let [more, more_by_tls] = desk.head.reads_more;
        if more || (more_by_tls && proxied.tls) {
            return None;
        }
        Some(if desk.head.shared {
            Rules { desk, rows: None, query: proxied.query }
        } else {
            Rules::of_identities(desk, &desk.known(identity), proxied)
        })
    }

    /// The authorization layer of one request; `None`: it takes the long way to tell.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    pub(crate) fn ask<'r>(
        self,
        held: &Held<'p>,
        ask: Option<&Ask<'_>>,
        request: impl Fn() -> Request<'r>,
    ) -> Option<LayerDecision> {
        let Some(Rules { desk, rows, query }) = held.rules else { return held.unasked() };
        let ask = ask?;
        let may_come = query != TokenIn::Nothing && ask.query;
        if may_come && self.may_bring_a_token(held.ends.to, query, (*ask, request())) {
            return None;
        }
        let quick = rows.and_then(|rows| authz::quick(desk, rows, ask.method, &ask.path));
        let (verdict, reason) = match quick {
            Some(found) => found,
            None => self.search(*held, *ask, request())?,
        };
        Some(LayerDecision::new(Layer::Authorization, verdict, reason))
    }

    /// What rows of the client's own group do not tell. What it takes is copied here, so that nobody
    /// else has to keep it in memory.
    #[inline(never)]
    fn search(
        self,
        held: Held<'p>,
        ask: Ask<'_>,
        request: Request<'_>,
    ) -> Option<(Verdict, Reason)> {
        let (desk, doors) = (held.rules?.desk, &self.seats().doors);
        let pick = self.authz().pick(doors.spot(held.ends.to)?.pick)?;
        let found = match held.line.next {
            Next::Proxied(proxied) if proxied.identity => {
                authz::Found::of(desk, doors.spot(held.ends.from)?.keys)
            }
            _ => authz::Found::NONE,
        };
        let written = |rule: &Rule| self.written(&held, (&ask, &request), rule);
        let first = authz::first((pick, desk), &found, ask.method, &ask.path, written)?;
        Some(authz::settled(desk.head, &first))
    }

    /// Whether a token may be in the query.
    #[inline(never)]
    fn may_bring_a_token(
        self,
        to: WorkloadId,
        query: TokenIn,
        (ask, request): (Ask<'_>, Request<'_>),
    ) -> bool {
        let target = request.path.unwrap_or_default();
        let text = target.get(ask.path.text.len() + 1..).unwrap_or_default();
        if query == TokenIn::AccessToken {
            return may_name(text, |name| same(name, ACCESS_TOKEN.as_bytes()));
        }
        let places = self.seats().of(to).and_then(|(_, class)| self.seats().places(class));
        places.is_none_or(|places| places.may_be_in(text))
    }

    /// A rule that asks for more than methods and paths.
    #[cold]
    #[inline(never)]
    fn written(
        self,
        held: &Held<'_>,
        (ask, request): (&Ask<'_>, &Request<'_>),
        rule: &Rule,
    ) -> Tri {
        let written = authz::written(self.model(), rule);
        let (Some(written), Next::Proxied(proxied)) = (written, &held.line.next) else {
            return Tri::No;
        };
        let view = View {
            method: request.method,
            bit: Some(ask.method),
            target: request.path,
            path: Some(ask.path.text),
            host: request.host,
            headers: &[],
            complete: true,
            token: Token::Absent,
        };
        let seat = self.seats().of(held.ends.from).filter(|_| proxied.identity);
        let scene = Scene {
            sni: None,
            asked: None,
            port: Some(held.ends.port),
            proxy: Proxy::Sidecar,
            view: Some(&view),
            client: seat.map(|(seat, _)| self.seats().client(seat)),
            tls: proxied.tls,
            trusted_proxies: self.model().inventory.mesh.trusted_proxies,
        };
        scene.matches(written)
    }

    /// A usual flow between two known workloads.
    #[inline]
    pub(crate) fn direct(self, flow: &Flow<'_>, ends: Ends) -> Option<Decision> {
        let held = self.hold(flow, ends)?;
        let network = self.cells(ends, Protocol::Tcp)?;
        let request = request(&flow.http);
        let ask = request.and_then(Ask::new);
        let what = || request.copied().unwrap_or_default();
        let authorization = self.ask(&held, ask.as_ref(), what)?;
        Some(Found { held, network, authorization, ask }.whole())
    }

    /// Its authorization layer, alone.
    #[inline]
    pub(crate) fn direct_authorization(self, flow: &Flow<'_>, ends: Ends) -> Option<LayerDecision> {
        let held = self.hold(flow, ends)?;
        let request = request(&flow.http);
        let what = || request.copied().unwrap_or_default();
        self.ask(&held, request.and_then(Ask::new).as_ref(), what)
    }
}

/// [`Held::before`] with the authorization layer's answer to a request.
#[inline(always)]
#[expect(clippy::inline_always, reason = "an answer is written where it is wanted")]
pub(crate) fn with(
    mut before: Decision,
    authorization: LayerDecision,
    ask: Option<&Ask<'_>>,
) -> Decision {
    let [.., last] = &mut before.layers;
    *last = authorization;
    if before.decided_by.is_none() && authorization.verdict == Verdict::Deny {
        before.verdict = Verdict::Deny;
        before.decided_by = Some(Layer::Authorization);
        before.client_sees = ask.map(Ask::refused);
    }
    before
}

#[inline]
fn request<'f, 'a>(http: &'f Http<'a>) -> Option<&'f Request<'a>> {
    match http {
        Http::Request(request) => Some(request),
        Http::Raw | Http::Unknown => None,
    }
}
