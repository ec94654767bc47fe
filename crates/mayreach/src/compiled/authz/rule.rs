//! One rule of a pick: what can be told at once from a method and a path, and where the rest is
//! written.

use crate::model::{
    PolicyId,
    authz::{Attribute, AuthzRule, Condition, Matcher, TextMatch},
};

/// One rule, by place in the model.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Index into the model's policies.
    pub(crate) policy: u32,
    pub(crate) id: PolicyId,
    pub(crate) rule: u32,
    /// Known methods that some operation takes, by [`method_number`].
    pub(crate) methods: u64,
    /// It names an attribute that TCP connections lack.
    pub(crate) http: bool,
    /// Every source is nothing but a list of exact principals, or of exact namespaces: whoever
    /// finds the rule under one of these is one of its sources. Also where it has no source.
    pub(crate) sources_by_key: bool,
    /// Methods and `paths` are all that it asks beside its sources.
    pub(crate) plain: bool,
    /// The paths of its one operation, in the pick's list; none: any.
    pub(crate) paths: (u32, u32),
}

/// A path value that needs no template; its text lies in the pick's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathTest {
    pub(super) how: How,
    pub(super) at: u32,
    pub(super) len: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Exact,
    Prefix,
    Suffix,
    NonEmpty,
}

impl PathTest {
    /// `None`: it is none of a path.
    fn new(text: &TextMatch, all: &mut String) -> Option<Self> {
        let (how, value) = match text {
            TextMatch::Exact(value) => (How::Exact, value.as_str()),
            TextMatch::Prefix(value) => (How::Prefix, value.as_str()),
            TextMatch::Suffix(value) => (How::Suffix, value.as_str()),
            TextMatch::NonEmpty => (How::NonEmpty, ""),
            TextMatch::Present
            | TextMatch::ExactFold(_)
            | TextMatch::PrefixFold(_)
            | TextMatch::SuffixFold(_) => return None,
        };
        let at = u32::try_from(all.len()).ok()?;
        all.push_str(value);
        Some(Self { how, at, len: u32::try_from(value.len()).ok()? })
    }

    pub(super) fn text(self, all: &str) -> Option<&[u8]> {
        all.as_bytes().get(self.at as usize..(self.at + self.len) as usize)
    }

    /// Whether a path matches; its text lies in `all`.
    #[inline]
    pub(crate) fn matches(self, path: &str, all: &str) -> bool {
        let path = path.as_bytes();
        let Some(text) = self.text(all) else { return false };
        match self.how {
            How::Exact => path == text,
            How::Prefix => path.starts_with(text),
            How::Suffix => path.ends_with(text),
            How::NonEmpty => !path.is_empty() && !path.contains(&b'\n'),
        }
    }
}

/// Methods that have a bit of their own, the common ones first.
const METHODS: [&str; 36] = [
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "HEAD",
    "OPTIONS",
    "CONNECT",
    "TRACE",
    "ACL",
    "BIND",
    "CHECKOUT",
    "COPY",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MOVE",
    "MSEARCH",
    "NOTIFY",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "REBIND",
    "REPORT",
    "SEARCH",
    "SOURCE",
    "SUBSCRIBE",
    "UNBIND",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
    "QUERY",
    "PRI",
];

/// The bit of the method whose answers have no body.
pub(crate) const HEAD: u8 = 5;

/// The bit of a method; `None`: it has none.
#[inline]
pub(crate) fn method_number(method: &str) -> Option<u8> {
    match method.as_bytes() {
        b"GET" => Some(0),
        b"POST" => Some(1),
        b"PUT" => Some(2),
        b"DELETE" => Some(3),
        b"PATCH" => Some(4),
        b"HEAD" => Some(HEAD),
        b"OPTIONS" => Some(6),
        _ => uncommon(method),
    }
}

#[inline(never)]
fn uncommon(method: &str) -> Option<u8> {
    METHODS.iter().zip(0..).find(|(name, _)| **name == method).map(|(_, n)| n)
}

impl Rule {
    /// `tests` and `text` are the pick's, to which its paths are added.
    pub(super) fn new(
        (policy, id): (u32, PolicyId),
        number: u32,
        rule: &AuthzRule,
        tests: &mut Vec<PathTest>,
        text: &mut String,
    ) -> Self {
        let conditions = rule.from.iter().chain(&rule.to).flatten().chain(&rule.when);
        let start = tests.len();
        let plain = rule.when.is_empty() && plain_paths(rule, tests, text).is_some();
        if !plain {
            tests.truncate(start);
        }
        let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            policy,
            id,
            rule: number,
            methods: methods(&rule.to),
            http: conditions.clone().any(|c| c.attribute.http_only()),
            sources_by_key: rule.from.iter().all(|one| keyed(one)),
            plain,
            paths: (place(start), place(tests.len())),
        }
    }
}

/// Methods for which some operation can hold.
fn methods(operations: &[Vec<Condition>]) -> u64 {
    if operations.is_empty() {
        return u64::MAX;
    }
    let of = |one: &[Condition]| {
        let mut bits = u64::MAX;
        for condition in one.iter().filter(|c| c.attribute == Attribute::Method) {
            bits &= METHODS
                .iter()
                .zip(0..)
                .fold(0, |bits, (method, bit)| bits | u64::from(takes(condition, method)) << bit);
        }
        bits
    };
    operations.iter().fold(0, |bits, one| bits | of(one))
}

/// "values of one field `ORed`; notX is NOT(OR(values))".
fn takes(condition: &Condition, method: &str) -> bool {
    let any = |list: &[(Matcher, String)]| {
        list.iter().any(|(m, _)| matches!(m, Matcher::Text(text) if text.matches(method)))
    };
    (condition.values.is_empty() || any(&condition.values)) && !any(&condition.not_values)
}

/// Whether one source is only a list of exact principals or of exact namespaces.
fn keyed(source: &[Condition]) -> bool {
    matches!(source, [only] if only.not_values.is_empty() && !only.values.is_empty()
        && only.values.iter().all(|(m, _)| exact(m).is_some()))
}

/// The key under which one value is found: whether it is a namespace, and its text.
fn exact(matcher: &Matcher) -> Option<(bool, &str)> {
    match matcher {
        Matcher::Identity(TextMatch::Exact(text)) => Some((false, text)),
        Matcher::NamespacePattern(parts) => match parts.as_slice() {
            [only] => Some((true, only)),
            _ => None,
        },
        _ => None,
    }
}

/// Adds the paths of a rule that asks its operation for nothing but methods and paths; `None`: it
/// asks for more. Methods are told by their bits, as one operation is all there is.
fn plain_paths(rule: &AuthzRule, tests: &mut Vec<PathTest>, text: &mut String) -> Option<()> {
    let one: &[Condition] = match rule.to.as_slice() {
        [] => &[],
        [only] => only,
        _ => return None,
    };
    let mut seen = false;
    for condition in one {
        match condition.attribute {
            Attribute::Method => {}
            Attribute::Path if !seen && positive(condition) => {
                seen = true;
                for (matcher, _) in &condition.values {
                    let Matcher::Text(value) = matcher else { return None };
                    tests.push(PathTest::new(value, text)?);
                }
            }
            _ => return None,
        }
    }
    Some(())
}

fn positive(condition: &Condition) -> bool {
    condition.not_values.is_empty() && !condition.values.is_empty()
}

/// The paths, whole or up to a star, one of which a request must have; `None`: other paths may do.
pub(super) fn path_keys(rule: &AuthzRule) -> Option<Vec<(bool, &str)>> {
    if rule.to.is_empty() {
        return None;
    }
    let mut keys = Vec::new();
    for one in &rule.to {
        let each = one.iter().filter(|c| c.attribute == Attribute::Path && positive(c));
        let found = each.filter_map(|c| c.values.iter().map(|(m, _)| path_key(m)).collect());
        let shortest: Option<Vec<(bool, &str)>> = found.min_by_key(Vec::len);
        keys.extend(shortest?);
    }
    Some(keys)
}

/// Whether the whole path is meant, and its text.
fn path_key(matcher: &Matcher) -> Option<(bool, &str)> {
    match matcher {
        Matcher::Text(TextMatch::Exact(text)) => Some((true, text)),
        Matcher::Text(TextMatch::Prefix(text)) => Some((false, text)),
        _ => None,
    }
}

/// The keys of its sources, one of which a client must have; `None`: other clients may do.
pub(super) fn source_keys(rule: &AuthzRule) -> Option<Vec<(bool, &str)>> {
    if rule.from.is_empty() {
        return None;
    }
    let mut keys = Vec::new();
    for one in &rule.from {
        let found = one.iter().filter(|c| positive(c)).filter_map(|c| {
            c.values.iter().map(|(m, _)| exact(m)).collect::<Option<Vec<(bool, &str)>>>()
        });
        keys.extend(found.min_by_key(Vec::len)?);
    }
    Some(keys)
}
