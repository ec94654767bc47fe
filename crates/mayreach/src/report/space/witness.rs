//! A flow that owns its text: what an analysis proves its answer with.

use std::net::IpAddr;

use crate::{
    Program,
    decision::Decision,
    model::{
        AuthorizerAnswer, Flow, Http, Icmp, InlineWorkload, IpVersion, Peer, Port, Protocol,
        Request, ServiceId, Token, WorkloadId,
    },
};

/// One concrete flow. What it leaves out does not matter: the answer is the same whatever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Who asks.
    pub client: Client,
    /// Whom.
    pub target: Target,
    /// On which port; `None` where the protocol has none.
    pub port: Option<u16>,
    /// Transport protocol.
    pub protocol: Protocol,
    /// Which of their addresses the ends use, where that matters.
    pub ip_version: Option<IpVersion>,
    /// Type and code, for ICMP.
    pub icmp: Option<Icmp>,
    /// Port that the client sends from.
    pub source_port: Option<u16>,
    /// What it carries.
    pub content: Content,
    /// Server name in TLS.
    pub sni: Option<String>,
    /// `Some(false)`: plaintext although in the mesh; `Some(true)`: mTLS in any case.
    pub mtls: Option<bool>,
    /// TLS without a client certificate.
    pub tls_without_certificate: bool,
    /// Identity that the client's certificate says, if it is not its proxy's.
    pub principal: Option<String>,
    /// The bearer token.
    pub token: Bearer,
    /// What external authorizers answer.
    pub ext_authz: Vec<(String, bool)>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Client {
    /// A workload of the manifests.
    Workload(WorkloadId),
    /// A pod that does not exist yet.
    Pod(NewPod),
    /// An address that is no workload's.
    Address(IpAddr),
}

/// A pod that somebody could create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NewPod {
    /// Its namespace.
    pub namespace: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Its service account.
    pub service_account: String,
}

/// Whom a flow is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A workload, by its own address and port.
    Workload(WorkloadId),
    /// A Service.
    Service(ServiceId),
}

/// What a flow carries at layer 7.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Whatever.
    #[default]
    Any,
    /// Bytes that are not HTTP.
    Raw,
    /// An HTTP request.
    Http(HttpRequest),
}

/// An HTTP request; `None`: whatever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// Method.
    pub method: Option<String>,
    /// Request target.
    pub path: Option<String>,
    /// Host.
    pub host: Option<String>,
    /// Every other header line.
    pub headers: Option<Vec<(String, String)>>,
}

/// The bearer token of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Bearer {
    /// Whatever.
    #[default]
    Any,
    /// None.
    Absent,
    /// A token that verifies, with this payload.
    Verified(String),
}

impl Witness {
    /// A flow of which nothing more is said.
    pub(crate) fn new(client: Client, target: Target, protocol: Protocol) -> Self {
        Self {
            client,
            target,
            port: None,
            protocol,
            ip_version: None,
            icmp: None,
            source_port: None,
            content: Content::Any,
            sni: None,
            mtls: None,
            tls_without_certificate: false,
            principal: None,
            token: Bearer::Any,
            ext_authz: Vec::new(),
        }
    }

    /// The request, if it is one.
    pub fn request(&self) -> Option<&HttpRequest> {
        match &self.content {
            Content::Http(request) => Some(request),
            Content::Any | Content::Raw => None,
        }
    }

    /// Lends the flow to the engine.
    pub fn with_flow<R>(&self, ask: impl FnOnce(&Flow<'_>) -> R) -> R {
        let pod = match &self.client {
            Client::Pod(pod) => Some(pod),
            Client::Workload(_) | Client::Address(_) => None,
        };
        let labels: Vec<(&str, &str)> = pod.map(|p| lend(&p.labels)).unwrap_or_default();
        let inline = pod.map(|pod| InlineWorkload {
            namespace: &pod.namespace,
            labels: &labels,
            service_account: Some(&pod.service_account),
            ..InlineWorkload::default()
        });
        let source = match (&self.client, &inline) {
            (Client::Workload(id), _) => Peer::Id(*id),
            (Client::Address(ip), _) => Peer::Ip(*ip),
            (Client::Pod(_), Some(inline)) => Peer::Inline(inline),
            (Client::Pod(pod), None) => Peer::Workload { namespace: &pod.namespace, name: "" },
        };
        let destination = match self.target {
            Target::Workload(id) => Peer::Id(id),
            Target::Service(id) => Peer::ServiceId(id),
        };
        let port = self.port.map_or(Port::Unknown, Port::Number);
        let mut flow = Flow::new(source, destination, port);
        let headers = self.request().and_then(|r| r.headers.as_deref()).map(lend);
        // A failing authorizer does what one that says yes, or no, does.
        let answer =
            |says: bool| if says { AuthorizerAnswer::Allow } else { AuthorizerAnswer::Deny };
        let answers: Vec<(&str, AuthorizerAnswer)> =
            self.ext_authz.iter().map(|(name, says)| (name.as_str(), answer(*says))).collect();
        flow.protocol = self.protocol;
        flow.ip_version = self.ip_version;
        flow.icmp = self.icmp;
        flow.source_port = self.source_port;
        flow.sni = self.sni.as_deref();
        flow.mtls = self.mtls;
        flow.tls_without_certificate = self.tls_without_certificate;
        flow.principal = self.principal.as_deref();
        flow.ext_authz = &answers;
        flow.token = match &self.token {
            Bearer::Any => Token::Unknown,
            Bearer::Absent => Token::Absent,
            Bearer::Verified(payload) => Token::Verified(payload),
        };
        flow.http = match &self.content {
            Content::Any => Http::Unknown,
            Content::Raw => Http::Raw,
            Content::Http(request) => Http::Request(Request {
                method: request.method.as_deref(),
                path: request.path.as_deref(),
                host: request.host.as_deref(),
                headers: headers.as_deref(),
            }),
        };
        ask(&flow)
    }

    /// Asks a program.
    pub fn decide(&self, program: &Program) -> Decision {
        self.with_flow(|flow| program.decide(flow))
    }

    /// How much it says: of two flows that prove the same, the shorter is shown.
    pub(crate) fn length(&self) -> usize {
        let pod = match &self.client {
            Client::Workload(_) => 0,
            Client::Address(_) => 1,
            Client::Pod(pod) => 8 + 2 * pod.labels.len(),
        };
        let request = self.request().map_or(0, |r| {
            let text = |t: &Option<String>| t.as_ref().map_or(0, |t| 1 + t.len() / 16);
            let lines = r.headers.iter().flatten().map(|(n, v)| 2 + (n.len() + v.len()) / 16);
            text(&r.method) + text(&r.path) + text(&r.host) + lines.sum::<usize>()
        });
        let said = [
            self.icmp.is_some(),
            self.ip_version == Some(IpVersion::V6),
            self.source_port.is_some(),
            self.sni.is_some(),
            self.mtls.is_some(),
            self.tls_without_certificate,
        ];
        let said = said.into_iter().filter(|s| *s).count();
        let token = if matches!(self.token, Bearer::Verified(_)) { 12 } else { 0 };
        let principal = if self.principal.is_some() { 6 } else { 0 };
        pod + request + said + token + principal + 2 * self.ext_authz.len()
    }
}

fn lend(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
