//! One connection and the requests on it.

use crate::{
    Decision, Flow, Http, LayerDecision, PreparedRequest, Program, Protocol, Request,
    decision::fast::{Fast, Held, Kept, with},
};

/// A connection: who speaks to whom, on which port, and as whom. It keeps what all requests on it
/// share, so that each costs little more than its own method and path.
///
/// ```
/// use mayreach::{Flow, Options, Peer, Port, Program, Request, Source, Verdict};
///
/// let manifests = r#"
/// {"apiVersion": "v1", "kind": "List", "items": [
///   {"apiVersion": "v1", "kind": "Pod",
///    "metadata": {"name": "web", "namespace": "shop", "labels": {"sidecar.istio.io/inject": "true"}}},
///   {"apiVersion": "v1", "kind": "Pod",
///    "metadata": {"name": "db", "namespace": "shop", "labels": {"sidecar.istio.io/inject": "true"}}},
///   {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
///    "metadata": {"name": "read", "namespace": "shop"},
///    "spec": {"rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}}]}
/// "#;
/// let program = Program::compile(&[Source::new("shop.json", manifests)], &Options::default())?;
/// let web = Peer::Workload { namespace: "shop", name: "web" };
/// let db = Peer::Workload { namespace: "shop", name: "db" };
/// let connection = program.connect(&Flow::new(web, db, Port::Number(8080)));
/// let request = |method| Request { method: Some(method), path: Some("/v1"), ..Request::default() };
/// assert_eq!(connection.decide(&request("GET")).verdict, Verdict::Allow);
/// assert_eq!(connection.decide(&request("PUT")).verdict, Verdict::Deny);
/// # Ok::<(), mayreach::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection<'a> {
    program: &'a Program,
    fast: Fast<'a>,
    flow: Flow<'a>,
    /// With what the other layers answer. `None`: more than methods and paths has to be asked.
    held: Option<(Held<'a>, Decision)>,
    /// `None`: it takes an unusual way, and each request is asked as a flow of its own.
    kept: Option<Kept<'a>>,
}

impl Program {
    /// Prepares a connection. Its `http` counts for nothing: each request brings its own; tokens
    /// are those of the flow.
    pub fn connect<'a>(&'a self, flow: &Flow<'a>) -> Connection<'a> {
        let fast = self.fast();
        let ends = self.ends(flow);
        let held = ends.and_then(|ends| {
            let (held, network) = (fast.hold(flow, ends)?, fast.cells(ends, Protocol::Tcp)?);
            Some((held, held.before(network)))
        });
        let kept = ends.and_then(|ends| fast.keep(flow, ends));
        Connection { program: self, fast, flow: flow.clone(), held, kept }
    }
}

impl Connection<'_> {
    /// The answer for one request: the same as [`Program::decide`] gives for the whole flow.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        self.decide_prepared(&PreparedRequest::new(*request))
    }

    /// The same for a request that is asked more than once.
    pub fn decide_prepared(&self, request: &PreparedRequest<'_>) -> Decision {
        let ask = request.ask.as_ref();
        if let Some((held, before)) = &self.held
            && let Some(authorization) = self.fast.ask(held, ask, || request.request)
        {
            return with(*before, authorization, ask);
        }
        self.decide_otherwise(&request.request)
    }

    #[inline(never)]
    fn decide_otherwise(&self, request: &Request<'_>) -> Decision {
        let http = Http::Request(*request);
        let kept = self.kept.as_ref();
        let found =
            kept.and_then(|kept| Some(kept.whole(&http, self.fast.kept(kept, &self.flow, &http)?)));
        found.unwrap_or_else(|| self.program.decide(&self.with(request)))
    }

    /// The authorization layer for one request, alone.
    pub fn authorize(&self, request: &Request<'_>) -> LayerDecision {
        self.authorize_prepared(&PreparedRequest::new(*request))
    }

    /// The same for a request that is asked more than once.
    pub fn authorize_prepared(&self, request: &PreparedRequest<'_>) -> LayerDecision {
        let held = self.held.as_ref();
        match held
            .and_then(|(held, _)| self.fast.ask(held, request.ask.as_ref(), || request.request))
        {
            Some(found) => found,
            None => self.authorize_otherwise(&request.request),
        }
    }

    #[inline(never)]
    fn authorize_otherwise(&self, request: &Request<'_>) -> LayerDecision {
        let http = Http::Request(*request);
        let found = self.kept.as_ref().and_then(|kept| self.fast.kept(kept, &self.flow, &http));
        match found {
            Some([_, (authorization, _)]) => authorization,
            None => self.program.authorize(&self.with(request)),
        }
    }

    fn with<'r>(&'r self, request: &Request<'r>) -> Flow<'r> {
        Flow { http: Http::Request(*request), ..self.flow.clone() }
    }
}
