//! The usual flow in a few words: what keyword arguments and the columns of most tables say.

use mayreach::{Flow, Http, Port, Request, Token};

use super::{FlowIn, HttpIn, PeerIn, PortIn, Said, peer};
use crate::ProblemOut;

/// Who asks whom, on which port, and with what request. The same as a [`FlowIn`] of these fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words<'a> {
    /// `namespace/workload` or an address.
    pub source: &'a str,
    /// The same, or `service:namespace/name`.
    pub destination: &'a str,
    /// The port that is called, from 1.
    pub port: Option<u16>,
    /// Method of the request.
    pub method: Option<&'a str>,
    /// Path of the request.
    pub path: Option<&'a str>,
    /// Host of the request.
    pub host: Option<&'a str>,
}

impl<'a> Words<'a> {
    /// The words of a flow that says nothing else.
    pub(crate) fn of(flow: &'a FlowIn) -> Option<Self> {
        // Every field by name: none is passed over.
        let FlowIn {
            id: _,
            source,
            destination,
            port,
            protocol: None,
            ip_version: None,
            icmp: None,
            source_port: None,
            http,
            tls: None,
            token: Said::Unknown,
            claims: None,
            now: None,
            ext_authz: None,
        } = flow
        else {
            return None;
        };
        let port = match port {
            None => None,
            Some(PortIn::Number(number)) => Some(*number),
            Some(PortIn::Name(_)) => return None,
        };
        let (method, path, host) = match http {
            Said::Unknown => (None, None, None),
            Said::Is(HttpIn { method, path, host, headers: None }) => {
                (method.as_deref(), path.as_deref(), host.as_deref())
            }
            _ => return None,
        };
        // An empty request is still one.
        let same = matches!(http, Said::Unknown) || method.or(path).or(host).is_some();
        let (source, destination) = (source.word()?, destination.word()?);
        same.then_some(Self { source, destination, port, method, path, host })
    }

    /// The flow; nothing for one that [`FlowIn`] has to look at.
    pub(crate) fn flow(&self) -> Option<Flow<'a>> {
        let (source, destination) = (peer(self.source).ok()?, peer(self.destination).ok()?);
        if matches!(source, mayreach::Peer::Service { .. }) || self.port == Some(0) {
            return None;
        }
        let port = self.port.map_or(Port::Unknown, Port::Number);
        let mut flow = Flow::new(source, destination, port);
        request(&mut flow, self.method, self.path, self.host);
        Some(flow)
    }

    /// The flow with text of its own.
    ///
    /// # Errors
    /// An end that is none, with its field.
    pub fn own(&self) -> Result<FlowIn, ProblemOut> {
        let end = |text: &str, field: &str| {
            PeerIn::parse(text).map_err(|help| {
                ProblemOut::invalid(field, format!("`{text}` names nobody")).help(help)
            })
        };
        let own = |text: Option<&str>| text.map(str::to_owned);
        let said = self.method.or(self.path).or(self.host).is_some();
        let http = HttpIn {
            method: own(self.method),
            path: own(self.path),
            host: own(self.host),
            headers: None,
        };
        Ok(FlowIn {
            source: end(self.source, "source")?,
            destination: end(self.destination, "destination")?,
            port: self.port.map(PortIn::Number),
            http: if said { Said::Is(http) } else { Said::Unknown },
            ..FlowIn::default()
        })
    }
}

/// Puts a request without headers into a flow.
#[inline]
pub(crate) fn request<'a>(
    flow: &mut Flow<'a>,
    method: Option<&'a str>,
    path: Option<&'a str>,
    host: Option<&'a str>,
) {
    flow.http = match method.or(path).or(host) {
        None => Http::Unknown,
        Some(_) => Http::Request(Request { method, path, host, headers: None }),
    };
    // Who writes down a whole request and no token says that none is sent.
    flow.token = if method.is_some() && path.is_some() { Token::Absent } else { Token::Unknown };
}
