//! The JWT layer: RequestAuthentication as Envoy's `jwt_authn` filter enforces it.
//!
//! It runs before the filters of AUDIT, DENY and ALLOW, refuses bad tokens, lets requests without
//! a token pass, and changes headers on the way.

mod cases;
mod claims;
mod message;
mod provider;
mod run;
mod signature;
mod status;
#[cfg(test)]
#[cfg(feature = "jwt")]
mod tests;
mod token;

use self::{cases::Cases, message::Message, run::Facts};
pub(crate) use self::{
    claims::{ClaimValue, Claims},
    status::Status,
};
use crate::{
    decision::{
        ClientSees, Layer, LayerDecision, Outcome, Reason, Step, StepKind, Verdict,
        authorization::Chooser, mesh::Proxy, request::Seen, resolve::Asked, trace::Trace,
    },
    model::{
        Attributes, Http, Model, PolicyId, Token, Tri,
        inventory::{Service, Workload},
        jwt::RequestAuth,
    },
};

/// The layer's answer, and the request as the filters after it see it.
#[derive(Clone, Debug)]
pub(crate) struct Jwt {
    pub(crate) decision: LayerDecision,
    /// What the client sees of a denial, if that is sure.
    pub(crate) sees: Option<ClientSees>,
    pub(crate) claims: Claims,
    /// `None`: as before, or no request at all.
    pub(crate) seen: Option<Seen>,
}

impl Jwt {
    /// An answer that no token gives.
    pub(crate) fn plain(verdict: Verdict, reason: Reason) -> Self {
        Self {
            decision: LayerDecision::new(Layer::Jwt, verdict, reason),
            sees: None,
            claims: Claims::None,
            seen: None,
        }
    }
}

/// Who asks: one proxy, for one workload.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) proxy: Proxy,
    pub(crate) workload: &'a Workload,
    pub(crate) service: Option<&'a Service>,
}

/// Where a proxy looks for tokens, and what it may change about a request that brings none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Places {
    /// The policy that is named where there is no token.
    pub(crate) policy: PolicyId,
    pub(crate) headers: Vec<String>,
    pub(crate) params: Vec<String>,
    pub(crate) cookies: bool,
    /// Headers that it may take away or write.
    pub(crate) touched: Vec<String>,
}

impl Places {
    /// Whether a query may bring a token.
    pub(crate) fn may_be_in(&self, query: &str) -> bool {
        let listed = |name: &[u8]| self.params.iter().any(|param| param.as_bytes() == name);
        !self.params.is_empty() && may_name(query, listed)
    }
}

/// The one name of a token in a query where nothing says others.
pub(crate) const ACCESS_TOKEN: &str = "access_token";

/// Whether a query may have a name that is one of some.
#[inline]
pub(crate) fn may_name(query: &str, one: impl Fn(&[u8]) -> bool) -> bool {
    // A name may be written with escapes.
    let may = |pair: &[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.contains(&b'%') || one(name)
    };
    query.as_bytes().split(|byte| *byte == b'&').any(may)
}

/// The places of one proxy; `None`: no RequestAuthentication selects its workload.
pub(crate) fn places(model: &Model, by: Asker<'_>) -> Option<Places> {
    let providers = provider::providers(&selected(model, by));
    let policy = providers.first()?.policy;
    let mut places = Places {
        policy,
        headers: Vec::new(),
        params: Vec::new(),
        cookies: false,
        touched: Vec::new(),
    };
    for provider in &providers {
        let [headers, params, cookies] = provider.places();
        places.headers.extend(headers.into_iter().map(str::to_owned));
        places.params.extend(params.into_iter().map(str::to_owned));
        places.cookies |= !cookies.is_empty();
        places.touched.extend(provider.touches());
    }
    Some(places)
}

/// Asks the layer at one proxy. `seen` is `None` on a TCP chain, which has no such filter.
pub(crate) fn jwt(
    model: &Model,
    asked: &Asked<'_>,
    by: Asker<'_>,
    seen: Option<&Seen>,
    trace: &mut Trace,
) -> Jwt {
    let none = Jwt::plain(Verdict::Allow, Reason::NoPolicy);
    let Some(seen) = seen.filter(|_| by.proxy != Proxy::Ztunnel) else { return none };
    let providers = provider::providers(&selected(model, by));
    if providers.is_empty() {
        return none;
    }
    let vouched = vouched(asked);
    let line = vouched.as_ref().map(|token| format!("Bearer {token}"));
    let message = Message::new(seen, line.as_deref());
    let facts = Facts { providers: &providers, now: asked.flow.now, vouched: vouched.as_deref() };
    let mut cases = Cases::new(&providers, &message);
    let bypass = preflight(&message);
    if bypass.is_yes() {
        trace.step(|| Step {
            kind: StepKind::Remark,
            outcome: Outcome::Info,
            text: "a CORS preflight: tokens are not looked at".to_owned(),
            policy: None,
            rule: None,
            place: None,
        });
    } else {
        let told = !matches!(asked.flow.token, Token::Unknown);
        let unseen = providers.iter().map(|p| p.unseen(&message, told));
        let unseen = unseen.fold(Attributes::NONE, Attributes::union);
        cases.walked(run::explore(&facts, &message, trace), unseen);
    }
    cases.passed(bypass);
    cases.tell(model, trace);
    cases.answer()
}

/// The policies of one proxy, in istiod's order (pilot/pkg/model/authentication.go
/// getConfigsForWorkload): own namespace, root namespace, the Service's; within by age, then name.
fn selected<'m>(model: &'m Model, by: Asker<'_>) -> Vec<&'m RequestAuth> {
    let Asker { proxy, workload, service } = by;
    let mesh = &model.inventory.mesh;
    let chooser = Chooser { mesh, proxy, workload, service };
    let mine = model.request_auth.iter().filter(|p| chooser.takes(&p.namespace, &p.attach));
    let mut mine: Vec<&RequestAuth> = mine.collect();
    let place = |namespace: &str| {
        [workload.namespace.as_str(), mesh.root_namespace.as_str()]
            .iter()
            .position(|known| *known == namespace)
            .unwrap_or(usize::MAX)
    };
    mine.sort_by_key(|p| (place(&p.namespace), &p.created, &p.name));
    mine
}

/// The token of a payload that the flow gives as verified. Beside an `Authorization` header of the
/// flow's own it is joined with that, and nobody knows what comes of it.
fn vouched(asked: &Asked<'_>) -> Option<String> {
    let Token::Verified(payload) = asked.flow.token else { return None };
    let own = match &asked.flow.http {
        Http::Request(request) => request.headers.unwrap_or_default(),
        Http::Unknown | Http::Raw => &[],
    };
    let joined = own.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    (!joined).then(|| message::vouched(payload))
}

/// OPTIONS with an origin and a method to ask for (filter.cc isCorsPreflightRequest).
fn preflight(message: &Message<'_>) -> Tri {
    let options = match message.method() {
        Some(method) => Tri::of(method == "OPTIONS"),
        None => Tri::Unknown(Attributes::METHOD),
    };
    let header = |name| match message.header(name) {
        None => Tri::Unknown(Attributes::HEADERS),
        Some(lines) => Tri::any(lines.into_iter().map(|line| match line {
            Some(text) => Tri::of(!text.is_empty()),
            None => Tri::Unknown(Attributes::HEADERS),
        })),
    };
    Tri::all([options, header("origin"), header("access-control-request-method")])
}
