//! The header lines of a request as filters see them.

#[cfg(feature = "lua")]
mod edit;

use crate::model::authz::TextMatch;

/// Headers that Envoy keeps as one comma-joined value (tried one by one on Envoy 1.40; the rest
/// are matched line by line since CVE-2026-26308).
pub(crate) const JOINED: &[&str] = &[
    "accept",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "authentication",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "expect",
    "grpc-accept-encoding",
    "grpc-timeout",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "origin",
    "pragma",
    "referer",
    "user-agent",
    "via",
    "x-client-trace-id",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-external-address",
    "x-envoy-is-timeout-retry",
    "x-envoy-original-host",
    "x-envoy-original-path",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
];

/// Gone before any filter runs: hop-by-hop headers (`conn_manager_utility.cc`), and Envoy's own that
/// only internal requests may carry, of which Istio configures none.
const STRIPPED: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-max-retries",
    "x-envoy-original-url",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-rq-timeout-ms",
];

/// Whether filters see lines of that (lower-cased) name just as they are sent.
pub(crate) fn is_plain(name: &str) -> bool {
    const WRITTEN: &[&str] = &["te", "content-length", "cookie", "host", "x-forwarded-client-cert"];
    !JOINED.contains(&name)
        && !STRIPPED.contains(&name)
        && !WRITTEN.contains(&name)
        && !name.starts_with(':')
        && !name.starts_with("x-envoy-")
        && !name.starts_with("x-forwarded-")
}

/// One line; the value of a line that is surely there may still be unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    /// Lower case.
    name: String,
    value: Result<String, Shape>,
}

/// What a value that is not known looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Any,
    /// A random UUID (`x-request-id`).
    Uuid,
    /// This beginning and end, and something between.
    Between(String, String),
}

impl Shape {
    /// Whether the value matches: yes, no, or (`None`) perhaps.
    pub(crate) fn matches(&self, text: &TextMatch) -> Option<bool> {
        let (part, plain) = match text {
            TextMatch::Present => return Some(true),
            TextMatch::NonEmpty => ("", true),
            TextMatch::Exact(t) | TextMatch::Prefix(t) | TextMatch::Suffix(t) => (t.as_str(), true),
            TextMatch::ExactFold(t) | TextMatch::PrefixFold(t) | TextMatch::SuffixFold(t) => {
                (t.as_str(), false)
            }
        };
        match self {
            Self::Uuid => {
                let fits = |b: u8| b.is_ascii_hexdigit() || b == b'-';
                let possible = part.len() <= 36 && part.bytes().all(fits);
                if *text == TextMatch::NonEmpty { Some(true) } else { (!possible).then_some(false) }
            }
            Self::Between(head, tail) if plain => match text {
                TextMatch::NonEmpty => Some(true),
                TextMatch::Prefix(t) if head.starts_with(t) => Some(true),
                TextMatch::Suffix(t) if tail.ends_with(t) => Some(true),
                TextMatch::Prefix(t) => (!t.starts_with(head.as_str())).then_some(false),
                TextMatch::Suffix(t) => (!t.ends_with(tail.as_str())).then_some(false),
                _ => (!(part.starts_with(head.as_str()) && part.ends_with(tail.as_str())))
                    .then_some(false),
            },
            Self::Any | Self::Between(..) => None,
        }
    }
}

/// A value as conditions read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'s> {
    Text(&'s str),
    Like(&'s Shape),
}

/// What filters find under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<'s> {
    /// These lines, possibly none.
    Lines(Vec<Value<'s>>),
    /// Perhaps lines, perhaps none.
    Unknown,
}

/// Every header line that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    lines: Vec<Line>,
    /// No other line is sent.
    complete: bool,
    /// Names whose presence is unknown whatever else is known.
    unsure: Vec<String>,
    /// Names that are certainly not there, although others may be.
    absent: Vec<String>,
}

impl Headers {
    pub(crate) fn new(sent: &[(&str, &str)], complete: bool) -> Self {
        let mut headers = Self { complete, ..Self::default() };
        for (name, value) in sent {
            headers.add(name, Ok(value));
        }
        headers
    }

    /// Adds a line, joined to the one before where Envoy joins.
    pub(crate) fn add(&mut self, name: &str, value: Result<&str, Shape>) {
        let name = name.to_ascii_lowercase();
        let value = value.map(|v| v.trim_matches([' ', '\t']).to_owned());
        // `te: trailers` is the one hop-by-hop header that stays.
        let te = name == "te" && value.as_deref() != Ok("trailers");
        if te || STRIPPED.contains(&name.as_str()) {
            return;
        }
        // Whether the codec keeps it depends on the body.
        if name == "content-length" {
            self.doubt(&name);
            return;
        }
        if JOINED.contains(&name.as_str())
            && let Some(line) = self.lines.iter_mut().find(|l| l.name == name)
        {
            line.value = match (&line.value, value) {
                // HeaderMapImpl::appendToHeader: nothing is joined to nothing.
                (Ok(a), Ok(b)) if a.is_empty() || b.is_empty() => Ok(format!("{a}{b}")),
                (Ok(a), Ok(b)) => Ok(format!("{a},{b}")),
                _ => Err(Shape::Any),
            };
            // Two URLs in one value are none: an invalid referer is dropped.
            let invalid = |v: &String| name == "referer" && v.contains("://");
            if line.value.as_ref().is_ok_and(invalid) {
                self.remove("referer");
            }
            return;
        }
        self.lines.push(Line { name, value });
    }

    /// HTTP/2 lets a client split its cookies over several lines, and Envoy's codec puts them
    /// together again (RFC 9113 section 8.2.3).
    pub(crate) fn join_cookies(&mut self) {
        let cookies = self.lines.iter().filter(|line| line.name == "cookie");
        let all: Vec<&str> = cookies.filter_map(|line| line.value.as_deref().ok()).collect();
        if all.len() > 1 {
            let joined = all.join("; ");
            self.lines.retain(|line| line.name != "cookie");
            self.add("cookie", Ok(&joined));
        }
    }

    /// Whether a line of that name is there is unknown from here on.
    pub(crate) fn doubt(&mut self, name: &str) {
        self.remove(name);
        self.unsure.push(name.to_owned());
    }

    /// Removes every line of a name.
    pub(crate) fn remove(&mut self, name: &str) {
        self.lines.retain(|l| l.name != name);
        self.unsure.retain(|n| n != name);
        self.absent.push(name.to_owned());
    }

    /// What filters find under a lower-cased name.
    pub(crate) fn get(&self, name: &str) -> Found<'_> {
        let lines: Vec<Value<'_>> = self
            .lines
            .iter()
            .filter(|l| l.name == name)
            .map(|l| match &l.value {
                Ok(text) => Value::Text(text),
                Err(shape) => Value::Like(shape),
            })
            .collect();
        let gone = || self.absent.iter().any(|n| n == name);
        if self.unsure.iter().any(|n| n == name) {
            return Found::Unknown;
        }
        if lines.is_empty() && !self.complete && !gone() {
            return Found::Unknown;
        }
        Found::Lines(lines)
    }

    /// The value of the first line, if that is known.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Found::Lines(lines) => match lines.first() {
                Some(Value::Text(text)) => Some(text),
                _ => None,
            },
            Found::Unknown => None,
        }
    }
}
