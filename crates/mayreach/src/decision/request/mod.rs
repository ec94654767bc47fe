//! The HTTP request as the filters of the destination's proxy see it.

pub(crate) mod headers;
pub(crate) mod path;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    headers::{Found, Headers, Shape, Value},
    path::Rejected,
};
use std::net::IpAddr;

use crate::model::{Request, Token, inventory::Mesh};

/// A request, normalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: Option<String>,
    pub(crate) target: Target,
    /// `:authority`; `None` is not known.
    pub(crate) host: Option<String>,
    pub(crate) headers: Headers,
    /// `x-forwarded-for` as the client sent it.
    pub(crate) forwarded_for: Forwarded,
}

/// What is known of a client's `x-forwarded-for`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Forwarded {
    Unknown,
    Absent,
    List(String),
}

impl Forwarded {
    fn of(headers: &Headers) -> Self {
        match headers.get("x-forwarded-for") {
            Found::Unknown => Self::Unknown,
            Found::Lines(lines) => match lines.first() {
                None => Self::Absent,
                Some(Value::Text(list)) => Self::List((*list).to_owned()),
                Some(Value::Like(_)) => Self::Unknown,
            },
        }
    }
}

/// `:path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Unknown,
    /// CONNECT has none.
    None,
    /// Path and query.
    Path(String),
}

impl Seen {
    /// A request of which nothing is known.
    pub(crate) fn unknown(token: Token<'_>) -> Self {
        let mut headers = Headers::new(&[], false);
        add_token(&mut headers, token, false);
        let forwarded_for = Forwarded::of(&headers);
        Self { method: None, target: Target::Unknown, host: None, headers, forwarded_for }
    }

    /// `paths` compares the path "after cutting at first `?` or `#`".
    pub(crate) fn bare_path(&self) -> Option<&str> {
        match &self.target {
            Target::Path(path) => Some(path::bare(path)),
            Target::Unknown | Target::None => None,
        }
    }
}

/// Normalizes a request, or says that Envoy answers 400 before any filter runs.
///
/// "When method and path are both given the request is whole": headers it does not list are not
/// sent.
pub(crate) fn see(
    request: &Request<'_>,
    token: Token<'_>,
    mesh: &Mesh,
    http2: bool,
) -> Result<Seen, Rejected> {
    let whole = request.method.is_some() && request.path.is_some();
    if let Some(method) = request.method
        && !http2
        && !METHODS.contains(&method)
    {
        return Err(Rejected::Codec);
    }
    let connect = request.method == Some("CONNECT");
    let mut override_host = None;
    let target = match request.path {
        _ if connect => Target::None,
        None => Target::Unknown,
        Some("*") if request.method == Some("OPTIONS") => return Err(Rejected::NotAPath),
        Some(raw) => {
            let target = path::target(raw, mesh.path_normalization)?;
            override_host = target.authority;
            Target::Path(target.path)
        }
    };
    let sent = request.headers.unwrap_or_default();
    let is_host = |name: &str| name.eq_ignore_ascii_case("host") || name == ":authority";
    let rest: Vec<(&str, &str)> =
        sent.iter().copied().filter(|(n, _)| !is_host(n) && !n.starts_with(':')).collect();
    let mut headers = Headers::new(&rest, whole || request.headers.is_some());
    add_token(&mut headers, token, whole || request.headers.is_some());
    if http2 {
        headers.join_cookies();
    }
    // "duplicate Host lines become a,b and pass".
    let hosts: Vec<&str> = request
        .host
        .into_iter()
        .chain(sent.iter().filter(|(n, _)| is_host(n)).map(|(_, v)| *v))
        .collect();
    let host = override_host.or_else(|| (!hosts.is_empty()).then(|| hosts.join(",")));
    let forwarded_for = Forwarded::of(&headers);
    let method = request.method.map(str::to_owned);
    Ok(Seen { method, target, host, headers, forwarded_for })
}

/// What a proxy knows of the connection, for the headers that it writes itself.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Whether the client speaks TLS to it.
    pub(crate) tls: Option<bool>,
    pub(crate) certificates: Certificates,
    /// It is an edge (`use_remote_address`) that trusts so many proxies before it, and the peer's
    /// address if that is known.
    pub(crate) edge: Option<(u32, Option<IpAddr>)>,
}

/// What is known of a client certificate.
#[derive(Clone, Debug)]
pub(crate) enum Certificates {
    Unknown,
    None,
    /// Identities of the server and the client.
    Known(String, String),
}

/// What a proxy adds to every request, after the client sent it (`conn_manager_utility.cc`).
pub(crate) fn add_proxy_headers(headers: &mut Headers, written: &Written) {
    let Written { tls, certificates, edge } = written;
    if let Some((trusted, peer)) = edge {
        let before = match headers.get("x-forwarded-for") {
            Found::Lines(lines) => match lines.first() {
                None => Some(String::new()),
                Some(Value::Text(list)) => Some(format!("{list},")),
                Some(Value::Like(_)) => None,
            },
            Found::Unknown => None,
        };
        let client = before.as_deref().and_then(|sent| client_address(sent, *trusted, *peer));
        headers.remove("x-forwarded-for");
        let list = before.zip(*peer).map(|(list, peer)| format!("{list}{peer}"));
        headers.add("x-forwarded-for", list.as_deref().ok_or(Shape::Any));
        external_address(headers, client);
        if *trusted == 0 {
            headers.remove("x-forwarded-proto");
        }
    }
    // "x-forwarded-proto is set from the connection where the client does not send it", and the
    // scheme after it.
    let by_connection = match tls {
        Some(true) => Ok("https"),
        Some(false) => Ok("http"),
        None => Err(Shape::Any),
    };
    match headers.get("x-forwarded-proto") {
        Found::Lines(lines) if lines.is_empty() => {
            headers.add("x-forwarded-proto", by_connection.clone());
            headers.add(":scheme", by_connection);
        }
        _ => {
            let sent = headers.first("x-forwarded-proto").map(str::to_owned);
            let usable = sent.as_deref().filter(|s| matches!(*s, "http" | "https"));
            headers.add(":scheme", usable.ok_or(Shape::Any));
        }
    }
    if let Found::Lines(lines) = headers.get("x-request-id")
        && lines.is_empty()
    {
        headers.add("x-request-id", Err(Shape::Uuid));
    }
    client_certificate(headers, certificates, edge.is_some());
}

/// Whom an edge takes for the client: the trusted hop of what was sent, else the peer.
fn client_address(sent: &str, trusted: u32, peer: Option<IpAddr>) -> Option<IpAddr> {
    let back = usize::try_from(trusted).ok()?;
    let hop =
        back.checked_sub(1).and_then(|n| sent.strip_suffix(',').unwrap_or(sent).rsplit(',').nth(n));
    hop.and_then(|text| text.trim().parse().ok()).or(peer)
}

/// "edge_request: setEnvoyExternalAddress" to the client's address, whatever was sent. No address is
/// internal: Envoy's `explicit_internal_address_config` is on and Istio names none by default.
fn external_address(headers: &mut Headers, client: Option<IpAddr>) {
    let name = "x-envoy-external-address";
    match client {
        Some(ip) => {
            headers.remove(name);
            headers.add(name, Ok(&ip.to_string()));
        }
        None => headers.doubt(name),
    }
}

/// `x-forwarded-client-cert`: "`APPEND_FORWARD`" at a sidecar, written anew at an edge; without a
/// client certificate it is removed.
fn client_certificate(headers: &mut Headers, certificates: &Certificates, edge: bool) {
    let name = "x-forwarded-client-cert";
    let before = match headers.get(name) {
        _ if edge => Some(String::new()),
        Found::Lines(lines) if lines.is_empty() => Some(String::new()),
        Found::Lines(_) => headers.first(name).map(|sent| format!("{sent},")),
        Found::Unknown => None,
    };
    headers.remove(name);
    match certificates {
        Certificates::None => {}
        Certificates::Known(server, client) => {
            let tail = format!(";Subject=\"\";URI={client}");
            let shape = before.map_or(Shape::Any, |before| {
                Shape::Between(format!("{before}By={server};Hash="), tail)
            });
            headers.add(name, Err(shape));
        }
        Certificates::Unknown => headers.doubt(name),
    }
}

fn add_token(headers: &mut Headers, token: Token<'_>, complete: bool) {
    match token {
        Token::Raw(text) => headers.add("authorization", Ok(&format!("Bearer {text}"))),
        Token::Verified(_) => headers.add("authorization", Err(Shape::Any)),
        Token::Absent if !complete => headers.remove("authorization"),
        Token::Absent | Token::Unknown => {}
    }
}

/// Methods that the HTTP/1 codec takes; others, small letters included, are answered 400 (tried on
/// Envoy 1.40).
pub(crate) const METHODS: &[&str] = &[
    "ACL",
    "BIND",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MOVE",
    "MSEARCH",
    "NOTIFY",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "REBIND",
    "REPORT",
    "SEARCH",
    "SOURCE",
    "SUBSCRIBE",
    "TRACE",
    "UNBIND",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
];
