//! The request as the JWT filter sees and changes it.

use std::collections::BTreeMap;

use crate::model::{Request, Token, jwt::base64};

/// Headers that Envoy keeps as one line, joining a second one with a comma
/// (header_map.h INLINE_REQ_*, RegisterCustomInlineHeader).
const INLINE: [&str; 17] = [
    "accept",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "grpc-timeout",
    "if-none-match",
    "origin",
    "user-agent",
    "via",
    "x-envoy-original-path",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

/// What is known of a request, and what the filter has done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Names in lower case, values trimmed; pseudo headers among them.
    lines: Vec<(String, String)>,
    /// Request target without fragment.
    path: Option<String>,
    /// Names of headers that are gone.
    pub(super) removed: Vec<String>,
    /// Names of headers that are the filter's to write, and gone as the client sent them.
    pub(super) cleared: Vec<String>,
    pub(super) removed_params: Vec<String>,
    /// Lines that the filter wrote.
    pub(super) added: Vec<(String, String)>,
}

impl Message {
    /// What a flow says of its request. `extra` is an `Authorization` line besides its headers.
    pub(super) fn new(request: &Request<'_>, extra: Option<&str>) -> Self {
        let mut message = Self {
            lines: Vec::new(),
            path: request.path.map(|p| p.split('#').next().unwrap_or_default().to_owned()),
            removed: Vec::new(),
            cleared: Vec::new(),
            removed_params: Vec::new(),
            added: Vec::new(),
        };
        let pseudo = [
            (":method", request.method),
            (":path", message.path.clone().as_deref()),
            (":authority", request.host),
        ]
        .map(|(name, value)| value.map(|value| (name.to_owned(), value.to_owned())));
        message.lines.extend(pseudo.into_iter().flatten());
        for (name, value) in request.headers.unwrap_or_default() {
            message.insert(name, value);
        }
        if let Some(value) = extra {
            message.insert("authorization", value);
        }
        message
    }

    fn insert(&mut self, name: &str, value: &str) {
        let (name, value) = (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']));
        let name = if name == "host" { ":authority".to_owned() } else { name };
        let first = self.lines.iter_mut().find(|(n, _)| *n == name);
        match first.filter(|_| INLINE.contains(&name.as_str())) {
            // HeaderMapImpl::appendToHeader: an empty value adds nothing.
            Some(_) if value.is_empty() => {}
            Some((_, line)) if line.is_empty() => value.clone_into(line),
            Some((_, line)) => {
                line.push(',');
                line.push_str(value);
            }
            None => self.lines.push((name, value.to_owned())),
        }
    }

    /// Every line of a header; its name in lower case.
    pub(super) fn header<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s str> {
        let name = if name == "host" { ":authority" } else { name }.to_owned();
        self.lines.iter().filter(move |(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    /// Takes all lines of a header away.
    pub(super) fn remove(&mut self, name: &str) {
        self.lines.retain(|(n, _)| n != name);
        self.added.retain(|(n, _)| n != name);
        note(&mut self.removed, name);
    }

    /// Takes away what the client sent under a name that is the filter's.
    pub(super) fn clear(&mut self, name: &str) {
        self.lines.retain(|(n, _)| n != name);
        self.added.retain(|(n, _)| n != name);
        note(&mut self.cleared, name);
    }

    /// Writes a header line.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.insert(name, value);
        self.added.push((name.to_owned(), value.to_owned()));
    }

    /// First value of a query parameter.
    pub(super) fn param(&self, name: &str) -> Option<String> {
        self.params().into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Takes a query parameter away. Envoy then writes the query anew: sorted by name, decoded.
    pub(super) fn remove_param(&mut self, name: &str) {
        let mut left: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (n, value) in self.params().into_iter().filter(|(n, _)| n != name) {
            left.entry(n).or_default().push(value);
        }
        let pairs: Vec<String> = left
            .iter()
            .flat_map(|(n, values)| values.iter().map(move |value| format!("{n}={value}")))
            .collect();
        if let Some(path) = &mut self.path {
            let before = path.split('?').next().unwrap_or_default();
            let mark = if pairs.is_empty() { "" } else { "?" };
            *path = format!("{before}{mark}{}", pairs.join("&"));
        }
        note(&mut self.removed_params, name);
    }

    /// The query, if it is not as it was sent.
    pub(super) fn new_query(&self) -> Option<String> {
        if self.removed_params.is_empty() {
            return None;
        }
        let path = self.path.as_deref().unwrap_or_default();
        Some(path.split_once('?').map_or("", |(_, query)| query).to_owned())
    }

    /// Name and value, percent-decoded (QueryParamsMulti::parseAndDecodeQueryString).
    fn params(&self) -> Vec<(String, String)> {
        let Some((_, query)) = self.path.as_deref().and_then(|p| p.split_once('?')) else {
            return Vec::new();
        };
        // What stands behind a last `&` is no parameter.
        let query = query.strip_suffix('&').unwrap_or(query);
        if query.is_empty() {
            return Vec::new();
        }
        let pair = |text: &str| {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            (percent_decode(name), percent_decode(value))
        };
        query.split('&').map(pair).collect()
    }

    /// Value of a cookie, the first of its name (Http::Utility::parseCookies).
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        let pairs = self.header("cookie").flat_map(|line| line.split(';'));
        let value = pairs
            .filter_map(|pair| pair.trim_start_matches(' ').split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value)?;
        let quoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        Some(quoted.unwrap_or(value).to_owned())
    }

    /// Whether this is a CORS preflight, as far as is known (filter.cc isCorsPreflightRequest).
    pub(super) fn has(&self, name: &str) -> bool {
        self.header(name).any(|value| !value.is_empty())
    }
}

fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|n| n == name) {
        names.push(name.to_owned());
    }
}

/// `%41` to `A`; what is no escape stays, and so does `+`.
fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = escape {
            out.push(high * 16 + low);
            rest = after.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The `Authorization` line of a flow's token. A payload that is given as verified becomes a token
/// whose signature nobody looks at.
pub(super) fn bearer(token: &Token<'_>) -> Option<String> {
    match token {
        Token::Unknown | Token::Absent => None,
        Token::Raw(text) => Some(format!("Bearer {}", text.trim())),
        Token::Verified(payload) => Some(format!("Bearer {}", vouched(payload))),
    }
}

/// A token for a payload that the flow vouches for.
pub(super) fn vouched(payload: &str) -> String {
    let part = |text: &str| base64::encode_url(text.as_bytes());
    format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(payload), part("vouched"))
}
