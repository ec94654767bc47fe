//! The HTTP request as the filters of the destination's proxy see it.

pub(crate) mod headers;
pub(crate) mod path;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    headers::{Found, Headers, Shape, Value},
    path::Rejected,
};
use crate::model::{Request, Token, inventory::Mesh};

/// A request, normalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: Option<String>,
    pub(crate) target: Target,
    /// `:authority`; `None` is not known.
    pub(crate) host: Option<String>,
    pub(crate) headers: Headers,
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
        Self { method: None, target: Target::Unknown, host: None, headers }
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
    // "duplicate Host lines become a,b and pass".
    let hosts: Vec<&str> = request
        .host
        .into_iter()
        .chain(sent.iter().filter(|(n, _)| is_host(n)).map(|(_, v)| *v))
        .collect();
    let host = override_host.or_else(|| (!hosts.is_empty()).then(|| hosts.join(",")));
    Ok(Seen { method: request.method.map(str::to_owned), target, host, headers })
}

/// What the proxies add to every request, after the client sent it (conn_manager_utility.cc).
/// `tls` and `certificate` are what is known of the connection.
pub(crate) fn add_proxy_headers(
    headers: &mut Headers,
    tls: Option<bool>,
    certificate: Option<bool>,
) {
    // "x-forwarded-proto is set from the connection where the client does not send it", and the
    // scheme after it.
    let by_connection = match tls {
        Some(true) => Ok("https"),
        Some(false) => Ok("http"),
        None => Err(Shape::Any),
    };
    match headers.get("x-forwarded-proto") {
        Found::Lines(lines) if lines.is_empty() => {
            headers.add("x-forwarded-proto", by_connection);
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
    // APPEND_FORWARD: written by the proxy under mTLS, removed without.
    headers.remove("x-forwarded-client-cert");
    match certificate {
        Some(true) => headers.add("x-forwarded-client-cert", Err(Shape::ClientCertificate)),
        Some(false) => {}
        None => headers.doubt("x-forwarded-client-cert"),
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
const METHODS: &[&str] = &[
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
