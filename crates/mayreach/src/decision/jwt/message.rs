//! The request as the JWT filter sees and changes it.

use std::collections::BTreeMap;

use crate::{
    decision::request::{Found, Seen, Shape, Target, Value},
    model::jwt::base64,
};

const AUTHORIZATION: &str = "authorization";

/// A request under way through the filter.
#[derive(Clone, Debug)]
pub(super) struct Message<'a> {
    seen: Seen,
    /// The `Authorization` line of the token that the flow vouches for; to the filters after its
    /// text is not known.
    vouched: Option<&'a str>,
}

impl<'a> Message<'a> {
    /// A request, and the line of a token that the flow gives as verified.
    pub(super) fn new(seen: &Seen, vouched: Option<&'a str>) -> Self {
        let mut seen = seen.clone();
        // A script may have taken the line away, or written another.
        let sent = match seen.headers.get(AUTHORIZATION) {
            Found::Lines(lines) => matches!(lines.as_slice(), [Value::Like(_)]),
            Found::Unknown => true,
        };
        let vouched = vouched.filter(|_| sent);
        if let Some(line) = vouched {
            seen.headers.remove(AUTHORIZATION);
            seen.headers.add(AUTHORIZATION, Ok(line));
        }
        Self { seen, vouched }
    }

    /// The request as the filters after see it.
    pub(super) fn into_seen(self) -> Seen {
        let mut seen = self.seen;
        if self.vouched.is_some() && seen.headers.first(AUTHORIZATION) == self.vouched {
            seen.headers.remove(AUTHORIZATION);
            seen.headers.add(AUTHORIZATION, Err(Shape::Any));
        }
        seen
    }

    pub(super) fn method(&self) -> Option<&str> {
        self.seen.method.as_deref()
    }

    /// Every line of a header, `None` for one whose text is not known; or `None` if it is not
    /// known which lines there are.
    pub(super) fn header(&self, name: &str) -> Option<Vec<Option<&str>>> {
        let seen = &self.seen;
        match name {
            ":authority" | "host" => Some(vec![seen.host.as_deref()]),
            ":method" => Some(vec![seen.method.as_deref()]),
            ":path" => match &seen.target {
                Target::Path(path) => Some(vec![Some(path)]),
                Target::None => Some(Vec::new()),
                Target::Unknown => None,
            },
            _ if name.starts_with(':') => Some(vec![None]),
            _ => match seen.headers.get(name) {
                Found::Lines(lines) => Some(lines.into_iter().map(text).collect()),
                Found::Unknown => None,
            },
        }
    }

    /// Takes all lines of a header away.
    pub(super) fn remove(&mut self, name: &str) {
        self.seen.headers.remove(name);
    }

    /// Writes a header line; `None` is a text that cannot be told.
    pub(super) fn add(&mut self, name: &str, value: Option<&str>) {
        self.seen.headers.add(name, value.ok_or(Shape::Any));
    }

    /// Whether another request has the same lines under a name.
    pub(super) fn agrees(&self, other: &Self, name: &str) -> bool {
        self.header(name) == other.header(name)
    }

    pub(super) fn same_target(&self, other: &Self) -> bool {
        self.seen.target == other.seen.target
    }

    /// From here on it is not known what stands under a name.
    pub(super) fn doubt(&mut self, name: &str) {
        self.seen.headers.doubt(name);
    }

    /// From here on the query is not known, and with it the path, as they are one text.
    pub(super) fn doubt_target(&mut self) {
        self.seen.target = Target::Unknown;
    }

    pub(super) fn path_is_unknown(&self) -> bool {
        self.seen.target == Target::Unknown
    }

    fn path(&self) -> Option<&str> {
        match &self.seen.target {
            Target::Path(path) => Some(path),
            Target::None | Target::Unknown => None,
        }
    }

    /// First value of a query parameter.
    pub(super) fn param(&self, name: &str) -> Option<String> {
        self.params().into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Takes a query parameter away. Envoy then writes the query anew: sorted by name, decoded
    /// (`QueryParamsMulti::replaceQueryString`).
    pub(super) fn remove_param(&mut self, name: &str) {
        let mut left: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (n, value) in self.params().into_iter().filter(|(n, _)| n != name) {
            left.entry(n).or_default().push(value);
        }
        let pairs: Vec<String> = left
            .iter()
            .flat_map(|(n, values)| values.iter().map(move |value| format!("{n}={value}")))
            .collect();
        if let Target::Path(path) = &mut self.seen.target {
            let before = path.split('?').next().unwrap_or_default();
            let mark = if pairs.is_empty() { "" } else { "?" };
            *path = format!("{before}{mark}{}", pairs.join("&"));
        }
    }

    /// Name and value, percent-decoded (`QueryParamsMulti::parseAndDecodeQueryString`).
    fn params(&self) -> Vec<(String, String)> {
        let query = self.path().and_then(|path| path.split_once('?')).map_or("", |(_, q)| q);
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

    /// Value of a cookie, the first of its name (`Http::Utility::parseCookies`).
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.header("cookie")?;
        let pairs = lines.into_iter().flatten().flat_map(|line| line.split(';'));
        let value = pairs
            .filter_map(|pair| pair.trim_start_matches(' ').split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value)?;
        let quoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        Some(quoted.unwrap_or(value).to_owned())
    }
}

fn text(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Like(_) => None,
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

/// A token for a payload that the flow vouches for: well formed, its signature looked at by nobody.
pub(super) fn vouched(payload: &str) -> String {
    let part = |text: &str| base64::encode_url(text.as_bytes());
    format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(payload), part("vouched"))
}
