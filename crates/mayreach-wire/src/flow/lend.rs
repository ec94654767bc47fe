//! A flow lent to the engine, which borrows all text.

use mayreach::{AuthorizerAnswer, Flow, Http, Request, Token};

use super::{FlowIn, Said};
use crate::problem::ProblemOut;

/// Which fields of a flow are said that only some protocols have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fits {
    pub(crate) port: bool,
    pub(crate) source_port: bool,
    pub(crate) icmp: bool,
    pub(crate) http: bool,
}

impl Fits {
    /// Ports belong to protocols that have them, ICMP's fields to ICMP.
    pub(crate) fn check(self, protocol: mayreach::Protocol) -> Result<(), ProblemOut> {
        use mayreach::Protocol::{Icmp, Icmpv6, Tcp};
        let name = || super::protocol_name(protocol);
        if !protocol.has_ports() {
            let ports = [("port", self.port), ("source_port", self.source_port)];
            if let Some((field, _)) = ports.iter().find(|(_, said)| *said) {
                return Err(ProblemOut::invalid(*field, format!("{} has no ports", name())));
            }
        }
        if self.icmp && !matches!(protocol, Icmp | Icmpv6) {
            let problem = ProblemOut::invalid("icmp", format!("{} has no type and code", name()));
            return Err(problem.help("set `protocol` to `ICMP` or `ICMPv6`"));
        }
        if self.http && protocol != Tcp {
            let problem = ProblemOut::invalid("http", format!("a request over {}", name()));
            return Err(problem.help("HTTP is evaluated over TCP"));
        }
        Ok(())
    }
}

impl FlowIn {
    /// Hands the flow to the engine, for as long as it is asked.
    ///
    /// # Errors
    /// A value that no flow can have, with its field.
    pub fn with_flow<R>(&self, ask: impl FnOnce(&Flow<'_>) -> R) -> Result<R, ProblemOut> {
        let source = self.source.check_source()?;
        let destination = self.destination.check_destination()?;
        let (source_pod, destination_pod) = (source.inline(), destination.inline());
        let port = self.port.as_ref().map(super::PortIn::port).unwrap_or_default();
        let mut flow = Flow::new(
            source.peer(source_pod.as_ref()),
            destination.peer(destination_pod.as_ref()),
            port,
        );
        if let Some(protocol) = &self.protocol {
            flow.protocol = protocol.check("protocol")?;
        }
        flow.ip_version = self.ip_version.map(|version| version.0);
        self.check_ports(&flow)?;
        flow.icmp = self.icmp.map(Into::into);
        flow.source_port = self.source_port.map(|port| port.0);
        flow.sni = self.tls.as_ref().and_then(|tls| tls.sni.as_deref());
        flow.mtls = self.source.mtls;
        flow.tls_without_certificate = self.source.tls_without_certificate.unwrap_or_default();
        flow.principal = self.source.principal.as_deref();
        flow.now = self.now.as_ref().map(super::Now::seconds).transpose()?;
        let headers = self.headers();
        flow.http = self.request(headers.as_deref());
        let claims = self.claims_text()?;
        flow.token = self.token(claims.as_deref());
        let answers: Vec<(&str, AuthorizerAnswer)> = self
            .ext_authz
            .iter()
            .flatten()
            .map(|(provider, answer)| (provider.as_str(), (*answer).into()))
            .collect();
        flow.ext_authz = &answers;
        Ok(ask(&flow))
    }

    fn check_ports(&self, flow: &Flow<'_>) -> Result<(), ProblemOut> {
        Fits {
            port: self.port.is_some(),
            source_port: self.source_port.is_some(),
            icmp: self.icmp.is_some(),
            http: matches!(self.http, Said::Is(_)),
        }
        .check(flow.protocol)
    }

    fn headers(&self) -> Option<Vec<(&str, &str)>> {
        let lines = self.http.get()?.headers.as_ref()?;
        Some(lines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
    }

    fn request<'a>(&'a self, headers: Option<&'a [(&'a str, &'a str)]>) -> Http<'a> {
        match &self.http {
            Said::Unknown => Http::Unknown,
            Said::Nothing => Http::Raw,
            Said::Is(http) => Http::Request(Request {
                method: http.method.as_deref(),
                path: http.path.as_deref(),
                host: http.host.as_deref(),
                headers,
            }),
        }
    }

    fn claims_text(&self) -> Result<Option<String>, ProblemOut> {
        let Some(claims) = &self.claims else { return Ok(None) };
        if self.token.get().is_some() {
            let problem = ProblemOut::invalid("claims", "`token` and `claims` are both given");
            return Err(
                problem.help("give the token to verify it, or the claims of a verified one")
            );
        }
        let text = serde_json::to_string(claims);
        text.map(Some).map_err(|error| ProblemOut::invalid("claims", error.to_string()))
    }

    /// Who writes down a whole request and no token says that none is sent.
    fn token<'a>(&'a self, claims: Option<&'a str>) -> Token<'a> {
        match (&self.token, claims) {
            (Said::Is(token), _) => Token::Raw(token),
            (_, Some(claims)) => Token::Verified(claims),
            (Said::Nothing, None) => Token::Absent,
            (Said::Unknown, None) => match self.http.get() {
                Some(http) if http.is_whole() => Token::Absent,
                _ => Token::Unknown,
            },
        }
    }
}
