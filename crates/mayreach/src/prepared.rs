//! A request that is asked more than once.

use crate::{
    Decision, Flow, Http, LayerDecision, Peer, Port, Program, Protocol, Request, WorkloadId,
    decision::fast::{Ask, Ends, Found},
};

/// A request whose method and path are looked at once, however often it is asked: of many pairs of
/// workloads, or on many connections.
///
/// ```
/// use mayreach::{Options, PreparedRequest, Program, Request, Source, Verdict};
///
/// let manifests = r#"
/// {"apiVersion": "v1", "kind": "List", "items": [
///   {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}},
///   {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "shop"}}]}
/// "#;
/// let program = Program::compile(&[Source::new("shop.json", manifests)], &Options::default())?;
/// let ids = ["web", "db"].map(|name| program.workload("shop", name));
/// let [Some(web), Some(db)] = ids else { unreachable!() };
/// let request = Request { method: Some("GET"), path: Some("/v1"), ..Request::default() };
/// let request = PreparedRequest::new(request);
/// assert_eq!(program.decide_prepared(web, db, 8080, &request).verdict, Verdict::Allow);
/// assert_eq!(program.decide_prepared(db, web, 8080, &request).verdict, Verdict::Allow);
/// # Ok::<(), mayreach::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PreparedRequest<'a> {
    pub(crate) request: Request<'a>,
    /// `None`: what filters see of it has to be worked out each time.
    pub(crate) ask: Option<Ask<'a>>,
}

impl<'a> PreparedRequest<'a> {
    /// Looks at a request.
    pub fn new(request: Request<'a>) -> Self {
        Self { request, ask: Ask::new(&request) }
    }

    /// The request.
    pub const fn request(&self) -> &Request<'a> {
        &self.request
    }
}

impl Program {
    /// [`Program::decide`] for a request of one workload to another's port (1-65535; 0 is "not
    /// said"), of which nothing else is said.
    pub fn decide_prepared(
        &self,
        source: WorkloadId,
        destination: WorkloadId,
        port: u16,
        request: &PreparedRequest<'_>,
    ) -> Decision {
        let (fast, ask) = (self.fast(), request.ask.as_ref());
        let ends = Ends { from: source, to: destination, port };
        if port != 0
            && let Some(held) = fast.between(ends)
            && let Some(network) = fast.cells(ends, Protocol::Tcp)
            && let Some(authorization) = fast.ask(&held, ask, || request.request)
        {
            return Found { held, network, authorization, ask: request.ask }.whole();
        }
        self.decide(&flow(ends, request))
    }

    /// The authorization layer of [`Program::decide_prepared`], alone.
    pub fn authorize_prepared(
        &self,
        source: WorkloadId,
        destination: WorkloadId,
        port: u16,
        request: &PreparedRequest<'_>,
    ) -> LayerDecision {
        let fast = self.fast();
        let ends = Ends { from: source, to: destination, port };
        if port != 0
            && let Some(held) = fast.between(ends)
            && let Some(found) = fast.ask(&held, request.ask.as_ref(), || request.request)
        {
            return found;
        }
        self.authorize(&flow(ends, request))
    }
}

fn flow<'a>(ends: Ends, request: &PreparedRequest<'a>) -> Flow<'a> {
    let port = if ends.port == 0 { Port::Unknown } else { Port::Number(ends.port) };
    let mut flow = Flow::new(Peer::Id(ends.from), Peer::Id(ends.to), port);
    flow.http = Http::Request(request.request);
    flow
}
