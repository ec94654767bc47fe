//! The request of a flow, and what the client says in TLS.

use serde::Deserialize;

use super::object::objects;

/// An HTTP request; what is left out is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct HttpIn {
    /// Method.
    #[serde(default)]
    pub method: Option<String>,
    /// Request target as sent, query included.
    #[serde(default)]
    pub path: Option<String>,
    /// `Host` or `:authority`, port included if it is sent.
    #[serde(default)]
    pub host: Option<String>,
    /// Every other header line in order; an empty list says that there are none.
    #[serde(default)]
    pub headers: Option<Vec<(String, String)>>,
}

/// What the client says in its TLS handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct TlsIn {
    /// Server name.
    #[serde(default)]
    pub sni: Option<String>,
}

objects!(HttpIn, TlsIn);

impl HttpIn {
    /// Method and path are both known: what is sent is a whole request.
    pub(super) const fn is_whole(&self) -> bool {
        self.method.is_some() && self.path.is_some()
    }
}
