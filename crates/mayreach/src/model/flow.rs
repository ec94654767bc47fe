//! The question: one attempted connection or request. Borrowed text, no allocation.

use std::net::IpAddr;

use super::{ServiceId, WorkloadId, network::IpVersion};

/// One attempted connection or request. What the asker does not know stays `Unknown`; where it
/// matters the verdict is undetermined and names it.
#[derive(Clone, Debug)]
pub struct Flow<'a> {
    /// Who asks.
    pub source: Peer<'a>,
    /// Whom.
    pub destination: Peer<'a>,
    /// On which port: the workload's own, or the Service's if the destination is a Service.
    pub port: Port<'a>,
    /// Transport protocol; TCP unless said otherwise.
    pub protocol: Protocol,
    /// Which of their addresses the two ends use, where they have both kinds; `None`: the kind
    /// that both have, the destination's first address deciding. ICMP and ICMPv6 say it themselves.
    pub ip_version: Option<IpVersion>,
    /// Type and code, for ICMP.
    pub icmp: Option<Icmp>,
    /// Port the client sends from, if that is known.
    pub source_port: Option<u16>,
    /// The HTTP request, if it is one.
    pub http: Http<'a>,
    /// TLS server name that the client sends.
    pub sni: Option<&'a str>,
    /// `Some(false)`: plaintext although in the mesh. `Some(true)`: mTLS whatever auto-mTLS chooses.
    pub mtls: Option<bool>,
    /// TLS that the client speaks without a client certificate.
    pub tls_without_certificate: bool,
    /// Identity that the client presents, instead of its workload's (`td/ns/n/sa/s`, with or
    /// without `spiffe://`).
    pub principal: Option<&'a str>,
    /// The bearer token.
    pub token: Token<'a>,
    /// Time of the request, seconds since 1970.
    pub now: Option<i64>,
    /// What external authorizers answered, by provider; `provider` is whichever is asked.
    pub ext_authz: &'a [(&'a str, AuthorizerAnswer)],
}

impl<'a> Flow<'a> {
    /// A TCP flow of which nothing else is known.
    pub const fn new(source: Peer<'a>, destination: Peer<'a>, port: Port<'a>) -> Self {
        Self {
            source,
            destination,
            port,
            protocol: Protocol::Tcp,
            ip_version: None,
            icmp: None,
            source_port: None,
            http: Http::Unknown,
            sni: None,
            mtls: None,
            tls_without_certificate: false,
            principal: None,
            token: Token::Unknown,
            now: None,
            ext_authz: &[],
        }
    }
}

/// What an external authorizer answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthorizerAnswer {
    /// It lets the request through.
    Allow,
    /// It refuses it.
    Deny,
    /// It could not be asked, or failed: the provider's `failOpen` decides.
    Error,
}

/// One end of a flow.
#[derive(Clone, Copy, Debug)]
pub enum Peer<'a> {
    /// A workload of the manifests, by name.
    Workload {
        /// Its namespace.
        namespace: &'a str,
        /// Its name: of a pod or of a controller.
        name: &'a str,
    },
    /// A workload of the manifests, by handle.
    Id(WorkloadId),
    /// An address; if it is a workload's, that workload.
    Ip(IpAddr),
    /// A Service (destination only): its backends and target port.
    Service {
        /// Its namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// A Service, by handle.
    ServiceId(ServiceId),
    /// A pod that no manifest holds.
    Inline(&'a InlineWorkload<'a>),
}

/// A pod that no manifest holds.
#[derive(Clone, Debug, Default)]
pub struct InlineWorkload<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its labels.
    pub labels: &'a [(&'a str, &'a str)],
    /// Its annotations.
    pub annotations: &'a [(&'a str, &'a str)],
    /// Its service account; `default` if none.
    pub service_account: Option<&'a str>,
    /// Its address, if known.
    pub ip: Option<IpAddr>,
    /// Its named ports: (name, number, protocol).
    pub ports: &'a [(&'a str, u16, Protocol)],
}

/// The destination port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Port<'a> {
    /// Not said.
    #[default]
    Unknown,
    /// By number, 1-65535.
    Number(u16),
    /// By name: a container port's or, to a Service, a service port's.
    Name(&'a str),
}

/// Transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Protocol {
    /// 6
    #[default]
    Tcp,
    /// 17
    Udp,
    /// 132
    Sctp,
    /// 1, IPv4 only
    Icmp,
    /// 58, IPv6 only
    Icmpv6,
    /// 136
    UdpLite,
    /// Any other, by number.
    Other(u8),
}

impl Protocol {
    /// The IANA number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
            Self::Icmp => 1,
            Self::Icmpv6 => 58,
            Self::UdpLite => 136,
            Self::Other(n) => n,
        }
    }

    /// The protocol of an IANA number.
    pub const fn from_number(number: u8) -> Self {
        match number {
            6 => Self::Tcp,
            17 => Self::Udp,
            132 => Self::Sctp,
            1 => Self::Icmp,
            58 => Self::Icmpv6,
            136 => Self::UdpLite,
            n => Self::Other(n),
        }
    }

    /// Whether packets of it carry ports.
    pub const fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::Sctp | Self::UdpLite)
    }
}

/// ICMP type and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// Type.
    pub kind: u8,
    /// Code, if known.
    pub code: Option<u8>,
}

/// What the flow carries at layer 7.
#[derive(Clone, Copy, Debug, Default)]
pub enum Http<'a> {
    /// Not said whether it is HTTP.
    #[default]
    Unknown,
    /// It is not HTTP: bytes on a connection.
    Raw,
    /// An HTTP request.
    Request(Request<'a>),
}

/// An HTTP request; `None` is "not said".
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// Method.
    pub method: Option<&'a str>,
    /// Request target as sent, query included.
    pub path: Option<&'a str>,
    /// `Host` or `:authority`, port included if sent.
    pub host: Option<&'a str>,
    /// Every other header line in order, duplicates kept; `None`: not known which are sent.
    pub headers: Option<&'a [(&'a str, &'a str)]>,
}

/// The bearer token of a request.
#[derive(Clone, Copy, Debug, Default)]
pub enum Token<'a> {
    /// Not said.
    #[default]
    Unknown,
    /// None is sent.
    Absent,
    /// Sent as `Authorization: Bearer`.
    Raw(&'a str),
    /// Already verified: the payload as JSON text.
    Verified(&'a str),
}
