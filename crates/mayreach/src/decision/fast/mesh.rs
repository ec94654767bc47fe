//! The three mesh layers of a flow that takes no unusual way: no waypoint, no script, no token, no
//! external authorizer. What is unusual is left to the reference's own code.

use super::{
    authz::{self, Found},
    conditions::Scene,
    links::{Makes, Sends},
    seats::{Class, HTTP, HTTP2, Kind, PortSeat, SNIFFED, Seat, Seats, TCP},
    view::{self, Saw, View},
};
use crate::{
    compiled::{Authz, client::Client},
    decision::{
        Body, ClientSees, Layer, LayerDecision, MtlsModeName, Reason, Verdict,
        mesh::{Proxy, after_banner, agreed},
        mtls,
        resolve::Asked,
    },
    model::{Attributes, Flow, Http, Model, Protocol, ServiceId, Token, mtls::MtlsMode},
};

/// One layer's answer.
pub(crate) type Answer = (LayerDecision, Option<ClientSees>);

/// What the mesh layers are asked with.
#[derive(Clone, Copy)]
pub(crate) struct Mesh<'a> {
    pub(crate) model: &'a Model,
    pub(crate) authz: &'a Authz,
    pub(crate) seats: &'a Seats,
    /// Rules are looked up by client and path.
    pub(crate) indexed: bool,
}

const fn plain(layer: Layer, verdict: Verdict, reason: Reason) -> Answer {
    (LayerDecision::new(layer, verdict, reason), None)
}

/// Ports of the agent, which are never redirected (tools/istio-iptables).
pub(super) const AGENT: [u16; 3] = [15020, 15021, 15090];

pub(super) const OUTSIDE: [Answer; 3] = [
    plain(Layer::Mtls, Verdict::Allow, Reason::NotInMesh),
    plain(Layer::Jwt, Verdict::Allow, Reason::NotInMesh),
    plain(Layer::Authorization, Verdict::Allow, Reason::NotInMesh),
];

/// A flow on its way to one workload.
#[derive(Clone, Copy)]
pub(crate) struct Way<'w, 'a> {
    pub(crate) flow: &'w Flow<'a>,
    /// The request: the flow's, or one on the connection that it is about.
    pub(crate) http: &'w Http<'a>,
    pub(crate) source: Option<&'a Seat>,
    pub(crate) class: &'a Class,
    pub(crate) port: Option<u16>,
    pub(crate) service: Option<ServiceId>,
    /// Both ends with their addresses, if they are worked out already.
    pub(crate) asked: Option<&'w Asked<'a>>,
}

/// The connection as the proxy has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'a> {
    pub(crate) answer: Answer,
    pub(super) client: Option<Client<'a>>,
    pub(super) tls: bool,
    pub(super) opaque: bool,
    /// On a TCP chain the application is called before the client sends anything to it.
    at_once: bool,
}

impl<'a> Mesh<'a> {
    /// mTLS, JWT, authorization; `None`: the flow takes an unusual way.
    pub(crate) fn layers(&self, asked: &'a Asked<'a>) -> Option<[Answer; 3]> {
        let Some(id) = asked.destination.id else {
            // An address outside, which no proxy stands before and nobody insists on mTLS with.
            let outside = asked.destination.workload.is_none();
            return (outside && self.model.inventory.outside.is_empty()).then_some(OUTSIDE);
        };
        self.pass(&Way {
            flow: asked.flow,
            http: &asked.flow.http,
            source: asked.source.id.and_then(|id| self.seats.of(id)).map(|(seat, _)| seat),
            class: self.seats.of(id)?.1,
            port: asked.port,
            service: asked.service.map(|(id, _)| id),
            asked: Some(asked),
        })
    }

    /// The same of a flow to a known workload.
    #[inline]
    pub(crate) fn pass(&self, way: &Way<'_, 'a>) -> Option<[Answer; 3]> {
        if way.flow.protocol != Protocol::Tcp {
            return Some(OUTSIDE);
        }
        if self.proxy(way)? == Proxy::None {
            return self.unanswered_is_out(way).map(|()| OUTSIDE);
        }
        self.read(way, way.class.port(way.port?))
    }

    /// The proxy that takes the connection: none, a sidecar, a gateway.
    #[inline]
    pub(super) fn proxy(&self, way: &Way<'_, 'a>) -> Option<Proxy> {
        self.waypoints_are_out(way)?;
        let agents = way.port.is_some_and(|port| AGENT.contains(&port));
        let unread = matches!(way.class.proxy, Proxy::Ztunnel | Proxy::Waypoint);
        match way.class.proxy {
            Proxy::Sidecar if agents && !way.class.odd => Some(Proxy::None),
            Proxy::None => Some(Proxy::None),
            proxy => (!way.class.odd && !unread).then_some(proxy),
        }
    }

    /// Only ambient clients and gateways send through waypoints.
    fn waypoints_are_out(&self, way: &Way<'_, '_>) -> Option<()> {
        let may = way.source.is_some_and(|s| matches!(s.kind, Kind::Ambient | Kind::Gateway))
            && way.flow.mtls != Some(false)
            && !way.flow.tls_without_certificate
            && !self.model.inventory.gateways.is_empty();
        (!may).then_some(())
    }

    /// Whether surely nobody insists on mTLS with a workload that cannot answer it.
    fn unanswered_is_out(&self, way: &Way<'_, '_>) -> Option<()> {
        let Some(source) = way.source else { return Some(()) };
        let insists = way.flow.mtls == Some(true);
        let ruled = || match (way.service, way.port) {
            (Some(service), _) => self.seats.ruled(service),
            (None, Some(port)) => way.class.port(port).ruled,
            (None, None) => false,
        };
        (!insists && (source.kind != Kind::Sidecar || !ruled())).then_some(())
    }

    /// Every way in which the proxy may read the port.
    #[inline]
    fn read(&self, way: &Way<'_, 'a>, port: &PortSeat) -> Option<[Answer; 3]> {
        let sniffed = port.declared & SNIFFED != 0;
        let (by_http, by_tcp, lacks) = match way.http {
            _ if !sniffed => (false, false, Attributes::NONE),
            Http::Raw => (false, true, Attributes::NONE),
            Http::Request(_) => (true, false, Attributes::NONE),
            Http::Unknown => (true, true, Attributes::HTTP),
        };
        let http = by_http || port.declared & (HTTP | HTTP2) != 0;
        let tcp = by_tcp || port.declared & TCP != 0;
        let one = self.walk(way, port, http)?;
        if !(http && tcp) {
            return Some(one);
        }
        let several = port.declared.count_ones() > 1;
        let missing = if several { lacks.union(Attributes::SERVICE) } else { lacks };
        self.or_as_tcp(way, port, one, missing)
    }

    /// What is sure where the proxy may read bytes too.
    #[cold]
    #[inline(never)]
    fn or_as_tcp(
        &self,
        way: &Way<'_, 'a>,
        port: &PortSeat,
        [m1, j1, a1]: [Answer; 3],
        missing: Attributes,
    ) -> Option<[Answer; 3]> {
        let [m2, j2, a2] = self.walk(way, port, false)?;
        let both = |a: Answer, b: Answer| {
            let same = a.0.verdict == b.0.verdict && a.1 == b.1;
            (agreed(a.0, b.0, missing), a.1.filter(|_| same))
        };
        Some([both(m1, m2), both(j1, j2), both(a1, a2)])
    }

    #[inline]
    fn walk(&self, way: &Way<'_, 'a>, port: &PortSeat, http: bool) -> Option<[Answer; 3]> {
        let link = self.link(way, port, http)?;
        let [jwt, authz] = self.request(way, port, http, &link, None)?;
        Some([link.answer, jwt, authz])
    }

    /// JWT and authorization, on a connection as it was sent. `found`: the groups of rules that
    /// its client has, if they are known already.
    #[inline]
    pub(crate) fn request(
        &self,
        way: &Way<'_, 'a>,
        port: &PortSeat,
        http: bool,
        link: &Link<'a>,
        found: Option<&Found>,
    ) -> Option<[Answer; 2]> {
        let seen = if http && !link.opaque {
            match view::see(way.http, way.flow.token, port.declared == HTTP2) {
                Saw::Request(view) => Some(view),
                Saw::Unusual => return None,
                Saw::Refused => {
                    let jwt = plain(Layer::Jwt, Verdict::Allow, Reason::NotReached);
                    let (refused, _) =
                        plain(Layer::Authorization, Verdict::Deny, Reason::BadRequest);
                    let sees = ClientSees::Response { status: 400, body: Body::BAD_REQUEST };
                    return Some([jwt, (refused, Some(sees))]);
                }
            }
        } else {
            None
        };
        let jwt = self.jwt(way.class, seen.as_ref())?;
        let (authz, mut sees) = self.authorization(way, seen.as_ref(), link, found)?;
        if !http && link.at_once {
            sees = sees.map(after_banner);
        }
        Some([jwt, (authz, sees)])
    }

    /// A connection that is kept for the HTTP requests on it; `None`: it takes an unusual way.
    pub(crate) fn keep(&self, way: &Way<'_, 'a>) -> Option<(Link<'a>, PortSeat, Found)> {
        let class = way.class;
        let agents = AGENT.contains(&way.port?);
        self.waypoints_are_out(way)?;
        let port = *class.port(way.port?);
        let proxied = matches!(class.proxy, Proxy::Sidecar | Proxy::Gateway) && !agents;
        if !proxied || class.odd || way.flow.protocol != Protocol::Tcp || port.declared & TCP != 0 {
            return None;
        }
        let link = self.link(way, &port, true)?;
        let found = Found::new(self.authz.pick(class.pick?)?, link.client);
        Some((link, port, found))
    }

    /// The mTLS layer.
    #[inline]
    pub(super) fn link(&self, way: &Way<'_, 'a>, port: &PortSeat, http: bool) -> Option<Link<'a>> {
        let (sends, client) = self.sends(way, port)?;
        let class = way.class;
        let declared_http = http && port.declared & SNIFFED == 0;
        let made = self.seats.links.get(class.proxy, port.mode, declared_http, sends);
        let tls = sends != Sends::Plaintext;
        let mode = match port.mode {
            MtlsMode::Disable => MtlsModeName::Disable,
            MtlsMode::Permissive => MtlsModeName::Permissive,
            MtlsMode::Strict => MtlsModeName::Strict,
        };
        let policy = port.policy;
        let own = way.flow.principal.is_none();
        let (client, opaque, fault) = match made {
            Makes::Odd => return None,
            Makes::Plain => (None, false, None),
            Makes::Opaque => (None, true, None),
            Makes::Refused(fault) => (None, false, Some(fault)),
            Makes::Certified => {
                let known = client.filter(|c| own || self.seats.links.knows(c.rest));
                let foreign = known.is_none().then_some(crate::ClientFault::ForeignTrustDomain);
                (known, false, foreign)
            }
        };
        let answer = match fault {
            Some(client) => {
                let reason = Reason::MtlsRefused { policy, mode, client };
                let (decision, _) = plain(Layer::Mtls, Verdict::Deny, reason);
                (decision, Some(mtls::sees(&reason)))
            }
            None if class.proxy == Proxy::Gateway => {
                plain(Layer::Mtls, Verdict::Allow, Reason::NoPolicy)
            }
            None => {
                let identity = client.is_some();
                let reason = Reason::MtlsAccepted { policy, mode, identity };
                plain(Layer::Mtls, Verdict::Allow, reason)
            }
        };
        let sidecar = class.proxy == Proxy::Sidecar;
        let inspected =
            !tls && (port.declared != TCP || (sidecar && port.mode == MtlsMode::Permissive));
        let at_once = fault.is_none() && !opaque && !inspected;
        Some(Link { answer, client, tls, opaque, at_once })
    }

    /// What the client sends, and as whom (mtls/client.rs).
    #[inline]
    fn sends(&self, way: &Way<'_, 'a>, port: &PortSeat) -> Option<(Sends, Option<Client<'a>>)> {
        let flow = way.flow;
        if let Some(principal) = flow.principal {
            return Some((Sends::Mutual, Some(Client::new(principal))));
        }
        if flow.tls_without_certificate {
            return Some((Sends::OneWayTls, None));
        }
        let outside = || {
            let tls = flow.sni.is_some_and(|name| !name.is_empty());
            let sends = if tls { Sends::OneWayTls } else { Sends::Plaintext };
            // Who insists on mTLS and is nobody has a certificate of its own.
            (flow.mtls != Some(true)).then_some((sends, None))
        };
        let Some(seat) = way.source.filter(|_| flow.mtls != Some(false)) else { return outside() };
        let own = || Some(self.seats.client(seat));
        if flow.mtls == Some(true) {
            let tunnel = seat.kind == Kind::Ambient;
            return Some((if tunnel { Sends::Tunnel } else { Sends::Mutual }, own()));
        }
        match seat.kind {
            Kind::Outside => outside(),
            Kind::Ambient if way.class.proxy == Proxy::Gateway => outside(),
            Kind::Ambient => Some((Sends::Tunnel, own())),
            Kind::Sidecar | Kind::Gateway | Kind::Waypoint => {
                let called = way.service.is_some_and(|id| self.seats.ruled(id));
                if seat.odd || port.ruled || called {
                    return None;
                }
                let mutual = port.mutual;
                Some(if mutual { (Sends::Mutual, own()) } else { (Sends::Plaintext, None) })
            }
        }
    }

    /// The JWT layer, of a request that brings no token.
    pub(super) fn jwt(&self, class: &Class, view: Option<&View<'_>>) -> Option<Answer> {
        let nobody = plain(Layer::Jwt, Verdict::Allow, Reason::NoPolicy);
        let (Some(places), Some(view)) = (self.seats.places(class), view) else {
            return Some(nobody);
        };
        let named = |(name, _): &(&str, &str)| {
            places.headers.iter().any(|place| name.eq_ignore_ascii_case(place))
                || (places.cookies && name.eq_ignore_ascii_case("cookie"))
        };
        let query = view.target.and_then(|t| t.split_once('?')).map_or("", |(_, query)| query);
        let told = matches!(view.token, Token::Absent) && view.target.is_some();
        let proxied = |name: &String| {
            let token = name == "authorization";
            !token && !crate::decision::request::headers::is_plain(name)
        };
        if !told
            || !view.complete
            || view.method.is_none()
            || view.headers.iter().any(named)
            || places.may_be_in(query)
            || places.headers.iter().any(proxied)
        {
            return None;
        }
        Some(plain(Layer::Jwt, Verdict::Allow, Reason::JwtMissing { policy: places.policy }))
    }

    fn authorization(
        &self,
        way: &Way<'_, 'a>,
        view: Option<&View<'a>>,
        link: &Link<'a>,
        found: Option<&Found>,
    ) -> Option<Answer> {
        let pick = self.authz.pick(way.class.pick?)?;
        let forwarded = |view: &View<'_>| {
            view.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-forwarded-for"))
        };
        let small = |name: &str| !name.bytes().any(|b| b.is_ascii_uppercase());
        let unusual = !pick.custom.is_empty()
            || (pick.reads.sni && link.tls && !way.flow.sni.is_some_and(small))
            || (pick.reads.remote_ip && view.is_some_and(forwarded))
            || (pick.reads.addresses && way.asked.is_none());
        if unusual {
            return None;
        }
        let scene = Scene {
            sni: way.flow.sni,
            asked: way.asked,
            port: way.port,
            proxy: way.class.proxy,
            view,
            client: link.client,
            tls: link.tls,
            trusted_proxies: self.model.inventory.mesh.trusted_proxies,
        };
        let (verdict, reason, sees) =
            authz::ask(self.model, (pick, self.authz.desk_of(pick)), &scene, self.indexed, found);
        Some((LayerDecision::new(Layer::Authorization, verdict, reason), sees))
    }
}
