//! What the client sees of a denial.

use std::fmt;

use mayreach::ClientSees;
use serde::Serialize;

/// `response` (status and body), `reset`, `timeout` or `closed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeesOut {
    /// Which.
    pub kind: &'static str,
    /// HTTP status of a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Body of a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// gRPC status, of a response to a gRPC request; `body` is then its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc_status: Option<u8>,
    /// Of a closed connection: what an application that speaks first says has reached the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banner: Option<bool>,
}

impl From<ClientSees> for SeesOut {
    fn from(sees: ClientSees) -> Self {
        let kind = |kind| Self { kind, status: None, body: None, grpc_status: None, banner: None };
        match sees {
            ClientSees::Response { status, body } => Self {
                status: Some(status),
                body: Some(body.as_str().to_owned()),
                ..kind("response")
            },
            ClientSees::Grpc { status, message } => Self {
                status: Some(200),
                body: Some(message.as_str().to_owned()),
                grpc_status: Some(status),
                ..kind("response")
            },
            ClientSees::Reset => kind("reset"),
            ClientSees::Timeout => kind("timeout"),
            ClientSees::Closed => kind("closed"),
            ClientSees::ClosedAfterBanner => Self { banner: Some(true), ..kind("closed") },
        }
    }
}

impl fmt::Display for SeesOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.status) {
            ("response", Some(status)) => {
                match self.grpc_status {
                    Some(grpc) => write!(f, "gRPC status {grpc}")?,
                    None => write!(f, "HTTP {status}")?,
                }
                let body = self.body.as_deref().unwrap_or_default();
                if body.is_empty() { Ok(()) } else { write!(f, " `{body}`") }
            }
            ("reset", _) => f.write_str("the connection reset by the peer"),
            ("timeout", _) => f.write_str("nothing: the connection times out"),
            ("closed", _) if self.banner == Some(true) => f.write_str(
                "the connection closed at its first bytes, after what a server that speaks first says",
            ),
            ("closed", _) => f.write_str("the connection closed without an answer"),
            (other, _) => f.write_str(other),
        }
    }
}
