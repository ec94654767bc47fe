//! The JWT filter that istiod makes of RequestAuthentication, decided as Envoy decides it.
//!
//! It runs before the filters of AuthorizationPolicy DENY and ALLOW, refuses bad tokens, lets
//! requests without a token pass, and changes headers on the way.

mod claims;
mod message;
mod provider;
mod run;
mod signature;
mod status;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use self::claims::{ClaimValue, Claims};
use self::{
    message::Message,
    provider::{Provider, providers},
    run::{Facts, World, Worlds},
    status::Status,
};
use crate::{
    decision::{
        ClientSees, Layer, LayerDecision, Outcome, Reason, Step, StepKind, Verdict, resolve::Asked,
        trace::Trace,
    },
    model::{Attributes, Http, Model, PolicyId, Request, Token, Tri, jwt::RequestAuth},
};

/// What the layer decides, and what it leaves for the layers after.
#[derive(Clone, Debug)]
pub(crate) struct JwtOutcome {
    pub(crate) decision: LayerDecision,
    /// What the client sees of a denial, if that is sure.
    pub(crate) sees: Option<ClientSees>,
    pub(crate) claims: Claims,
    /// Headers whose lines are gone (lower case), such as the token's own.
    pub(crate) removed_headers: Vec<String>,
    pub(crate) removed_params: Vec<String>,
    /// The query of `:path`, if the filter wrote it anew (without `?`; empty: none).
    pub(crate) query: Option<String>,
    /// Lines that are there although the flow's headers do not list them: of claims, and of the
    /// flow's own token where it is still there.
    pub(crate) set_headers: Vec<(String, String)>,
    /// Headers that the filter alone writes: what the client sent there is gone (lower case).
    pub(crate) cleared_headers: Vec<String>,
    /// Headers (lower case) of which it depends on what the flow leaves out whether and with which
    /// value they are there.
    unsettled: Vec<(String, Attributes)>,
}

impl JwtOutcome {
    /// What is missing to know the lines of a header (lower case) after this filter.
    pub(crate) fn unsettled(&self, header: &str) -> Attributes {
        let all = self.unsettled.iter().filter(|(name, _)| name == header);
        all.fold(Attributes::NONE, |sum, (_, missing)| sum.union(*missing))
    }

    fn new(verdict: Verdict, reason: Reason) -> Self {
        Self {
            decision: LayerDecision { layer: Layer::Jwt, verdict, reason },
            sees: None,
            claims: Claims::None,
            removed_headers: Vec::new(),
            removed_params: Vec::new(),
            query: None,
            set_headers: Vec::new(),
            cleared_headers: Vec::new(),
            unsettled: Vec::new(),
        }
    }
}

/// Decides the layer. `keys` are key sets by issuer; `selected` are the policies that apply to the
/// destination, in istiod's order.
pub(crate) fn jwt(
    model: &Model,
    asked: &Asked<'_>,
    keys: &[(String, String)],
    selected: &[&RequestAuth],
    trace: &mut Trace,
) -> JwtOutcome {
    let flow = asked.flow;
    let providers = providers(selected);
    let (request, is_http) = match &flow.http {
        Http::Request(request) => (*request, Tri::Yes),
        Http::Unknown => (Request::default(), Tri::Unknown(Attributes::HTTP)),
        Http::Raw => (Request::default(), Tri::No),
    };
    let extra = message::bearer(&flow.token);
    let message = Message::new(&request, extra.as_deref());
    let Some(first) = providers.first() else {
        let mut outcome = JwtOutcome::new(Verdict::Allow, Reason::NoPolicy);
        own_token(&mut outcome, &flow.token, &message);
        return outcome;
    };
    if is_http.is_no() {
        remark(trace, "not HTTP: no filter looks at tokens");
        let reason = Reason::JwtMissing { policy: first.policy };
        return JwtOutcome::new(Verdict::Allow, reason);
    }
    let vouched = match flow.token {
        Token::Verified(payload) => Some(message::vouched(payload)),
        _ => None,
    };
    let facts = Facts { providers: &providers, now: flow.now, keys, vouched: vouched.as_deref() };
    let mut cases = Cases::new(&providers, &message);
    let bypass = preflight(&request, &message);
    if !bypass.is_yes() {
        let unseen = unseen(&providers, &request, &flow.token);
        cases.walked(run::explore(&facts, &message, trace), unseen);
    }
    cases.passed(bypass);
    cases.passed(is_http.not());
    if bypass.is_yes() {
        remark(trace, "a CORS preflight: tokens are not looked at");
    }
    cases.tell(model, trace);
    let mut outcome = cases.outcome();
    own_token(&mut outcome, &flow.token, &message);
    outcome
}

/// OPTIONS with an origin and a method to ask for (filter.cc isCorsPreflightRequest).
fn preflight(request: &Request<'_>, message: &Message) -> Tri {
    let options = match request.method {
        Some(method) => Tri::of(method == "OPTIONS"),
        None => Tri::Unknown(Attributes::METHOD),
    };
    let header = |name| match request.headers {
        Some(_) => Tri::of(message.has(name)),
        None => Tri::Unknown(Attributes::HEADERS),
    };
    Tri::all([options, header("origin"), header("access-control-request-method")])
}

/// What is missing to see every token: places that the flow does not show. A flow that speaks of
/// its token has told of all of them.
fn unseen(providers: &[Provider<'_>], request: &Request<'_>, token: &Token<'_>) -> Attributes {
    if providers.iter().any(Provider::reads_proxy_headers) {
        return Attributes::HEADERS;
    }
    let told = !matches!(token, Token::Unknown);
    let headers = request.headers.is_none() && providers.iter().any(Provider::reads_headers);
    let params = request.path.is_none() && providers.iter().any(Provider::reads_params);
    if !told && (headers || params) { Attributes::TOKEN } else { Attributes::NONE }
}

/// The token that the flow carries beside its headers is a header to the layers after.
fn own_token(outcome: &mut JwtOutcome, token: &Token<'_>, message: &Message) {
    const NAME: &str = "authorization";
    let gone = |names: &[String]| names.iter().any(|name| name == NAME);
    if gone(&outcome.removed_headers) || gone(&outcome.cleared_headers) {
        return;
    }
    match token {
        Token::Raw(_) => {
            // A line of the flow's own headers is joined with it, so what the flow lists is gone.
            outcome.removed_headers.push(NAME.to_owned());
            let line = message.header(NAME).map(|line| (NAME.to_owned(), line.to_owned()));
            outcome.set_headers.extend(line);
        }
        Token::Verified(_) => outcome.unsettled.push((NAME.to_owned(), Attributes::TOKEN)),
        Token::Unknown | Token::Absent => {}
    }
}

fn remark(trace: &mut Trace, text: &str) {
    trace.step(|| Step {
        kind: StepKind::Remark,
        outcome: Outcome::Info,
        text: text.to_owned(),
        policy: None,
        rule: None,
        place: None,
    });
}

/// Everything that can happen to a request as far as the flow tells.
struct Cases<'a> {
    providers: &'a [Provider<'a>],
    /// The request as it comes, for the cases in which the filter does nothing.
    before: &'a Message,
    worlds: Vec<World>,
    /// What would settle which of them happens.
    missing: Attributes,
    /// Something that is not among `worlds` can happen too.
    anything: bool,
}

impl<'a> Cases<'a> {
    fn new(providers: &'a [Provider<'a>], before: &'a Message) -> Self {
        Self { providers, before, worlds: Vec::new(), missing: Attributes::NONE, anything: false }
    }

    /// Adds the walks through the requirement. Tokens that are not seen can only add failures
    /// where there is one provider; where there are more, one of them may accept the request.
    fn walked(&mut self, worlds: Worlds, unseen: Attributes) {
        let refused = worlds.all.iter().all(|world| world.status != Status::Good);
        let settled = unseen.is_empty() || self.providers.len() == 1 && refused && !worlds.cut;
        self.missing = self.missing.union(worlds.missing);
        self.anything = worlds.cut || !settled;
        if !settled {
            self.missing = self.missing.union(unseen);
        }
        let exact = unseen.is_empty();
        self.worlds.extend(
            worlds.all.into_iter().map(|world| World { exact: world.exact && exact, ..world }),
        );
    }

    /// Adds the case that the filter does nothing, if it can be.
    fn passed(&mut self, can: Tri) {
        if can.is_no() {
            return;
        }
        self.missing = self.missing.union(can.missing());
        self.worlds.push(World {
            status: Status::Good,
            provider: 0,
            exact: true,
            verified: None,
            message: self.before.clone(),
            untold: Vec::new(),
            trace: Trace::off(),
        });
    }

    fn tell(&mut self, model: &Model, trace: &mut Trace) {
        let Some(world) = self.worlds.first_mut() else { return };
        let mut told = std::mem::take(&mut world.trace);
        for step in &mut told.steps {
            let meta = step.policy.and_then(|id| model.policy(id));
            let rule = step.rule.and_then(|rule| usize::try_from(rule).ok());
            step.place = meta.zip(rule).and_then(|(meta, rule)| meta.rules.get(rule).copied());
        }
        trace.extend(told);
    }

    fn outcome(&self) -> JwtOutcome {
        let good = |world: &&World| world.status == Status::Good;
        let (passes, refusal) =
            (self.worlds.iter().find(good), self.worlds.iter().find(|world| !good(world)));
        let outcome = match (passes, refusal, self.anything) {
            (Some(world), None, false) => self.allowed(world),
            (None, Some(world), false) => return self.refused(world),
            _ => self.open(),
        };
        self.changed(outcome)
    }

    fn policy(&self, index: usize) -> PolicyId {
        let provider = self.providers.get(index).or(self.providers.first());
        provider.map_or(PolicyId(0), |provider| provider.policy)
    }

    fn allowed(&self, world: &World) -> JwtOutcome {
        let verified = world.verified.as_ref().and_then(|(index, _)| self.providers.get(*index));
        let reason = match verified {
            Some(Provider { policy, rule, .. }) => {
                Reason::JwtVerified { policy: *policy, rule: *rule }
            }
            None => Reason::JwtMissing { policy: self.policy(0) },
        };
        JwtOutcome::new(Verdict::Allow, reason)
    }

    fn refused(&self, world: &World) -> JwtOutcome {
        let (status, body) = (world.status.code(), world.status.text());
        let policy = self.policy(world.provider);
        let reason = Reason::JwtRejected { policy, status, body };
        let mut outcome = JwtOutcome::new(Verdict::Deny, reason);
        let same = |other: &World| other.exact && other.status == world.status;
        if self.worlds.iter().all(same) {
            outcome.sees = Some(ClientSees::Response { status, body });
        }
        outcome
    }

    fn open(&self) -> JwtOutcome {
        let policy = Some(self.policy(0));
        let reason = Reason::Missing { attributes: self.missing, policy };
        JwtOutcome::new(Verdict::Undetermined, reason)
    }

    /// Claims and headers after the filter, of the cases in which the request goes on.
    fn changed(&self, mut outcome: JwtOutcome) -> JwtOutcome {
        let mut passing = self.worlds.iter().filter(|world| world.status == Status::Good);
        let touched = || self.providers.iter().flat_map(Provider::touches);
        let Some(first) = passing.next() else {
            // Only what is not seen could let it pass.
            outcome.claims = Claims::Unknown(self.missing);
            outcome.unsettled = touched().map(|name| (name, self.missing)).collect();
            return outcome;
        };
        let payload = |world: &World| world.verified.as_ref().map(|(_, payload)| payload.clone());
        let same =
            |world: &World| payload(world) == payload(first) && world.message == first.message;
        let untold = first.untold.iter().map(|name| (name.clone(), Attributes::METADATA));
        outcome.unsettled = untold.collect();
        if self.anything || !passing.all(same) {
            outcome.claims = Claims::Unknown(self.missing);
            outcome.unsettled.extend(touched().map(|name| (name, self.missing)));
            return outcome;
        }
        outcome.claims = match payload(first) {
            Some(payload) => Claims::Known(serde_json::Value::Object(payload)),
            None => Claims::None,
        };
        outcome.removed_headers.clone_from(&first.message.removed);
        outcome.removed_params.clone_from(&first.message.removed_params);
        outcome.query = first.message.new_query();
        outcome.set_headers.clone_from(&first.message.added);
        outcome.cleared_headers.clone_from(&first.message.cleared);
        outcome
    }
}
