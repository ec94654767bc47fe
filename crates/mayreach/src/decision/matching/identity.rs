//! Matchers that read the peer's identity. Nothing here allocates.

use crate::model::authz::{Matcher, TextMatch};

const SPIFFE: &str = "spiffe://";

/// Whether a matcher that reads the peer's identity matches it (a full URI SAN, `spiffe://…`).
pub(crate) fn identity(matcher: &Matcher, identity: &str) -> bool {
    match (identity.strip_prefix(SPIFFE), matcher) {
        (Some(rest), _) => of_rest(matcher, rest),
        (None, Matcher::Text(text)) => text.matches(identity),
        (None, Matcher::NamespacePattern(parts)) => namespace(parts, identity.as_bytes()),
        (None, _) => false,
    }
}

/// The same of what follows `spiffe://`.
pub(crate) fn of_rest(matcher: &Matcher, rest: &str) -> bool {
    match matcher {
        Matcher::Text(text) => whole(text, rest),
        // "prefix spiffe://+x", "exact spiffe://+v", "spiffe://.*x" (StringMatcherWithPrefix).
        Matcher::Identity(text) => text.matches(rest),
        Matcher::NamespacePattern(parts) => {
            // The scheme ends with a slash, with which `/ns/` may begin.
            let first = rest.strip_prefix("ns/").is_some_and(|after| begins(parts, after));
            first || namespace(parts, rest.as_bytes())
        }
        Matcher::ServiceAccount(ns, sa) => service_account(ns, sa, rest.as_bytes()),
        Matcher::TrustDomain(text) => trust_domain(text, rest),
        Matcher::Net(_)
        | Matcher::Port(_)
        | Matcher::PathTemplate(_)
        | Matcher::RequestPrincipal { .. } => false,
    }
}

/// A plain matcher on the whole identity, scheme included.
fn whole(text: &TextMatch, rest: &str) -> bool {
    match text {
        TextMatch::Present => true,
        TextMatch::NonEmpty => !rest.contains('\n'),
        TextMatch::Exact(v) => v.strip_prefix(SPIFFE) == Some(rest),
        TextMatch::Prefix(v) => match v.strip_prefix(SPIFFE) {
            Some(v) => rest.starts_with(v),
            None => SPIFFE.starts_with(v.as_str()),
        },
        TextMatch::Suffix(v) => {
            rest.ends_with(v.as_str())
                || v.strip_suffix(rest).is_some_and(|head| SPIFFE.ends_with(head))
        }
        // Only hosts are compared without case.
        TextMatch::ExactFold(_) | TextMatch::PrefixFold(_) | TextMatch::SuffixFold(_) => false,
    }
}

/// Where the first place of two texts, one right behind the other, ends.
fn after_both(text: &[u8], one: &[u8], two: &[u8]) -> Option<usize> {
    let len = one.len() + two.len();
    let starts = 0..=text.len().checked_sub(len)?;
    let fits = |from: &usize| {
        let rest = text.get(*from..).and_then(|rest| rest.strip_prefix(one));
        rest.is_some_and(|rest| rest.starts_with(two))
    };
    starts.into_iter().find(fits).map(|from| from + len)
}

/// `.*/ns/<parts joined by .*>/.*`, anywhere in the identity (generator.go srcNamespaceGenerator).
fn namespace(parts: &[String], identity: &[u8]) -> bool {
    match parts {
        [] => false,
        [only] => {
            let mut rest = identity;
            while let Some(end) = after_both(rest, b"/ns/", only.as_bytes()) {
                let after = rest.get(end..).unwrap_or_default();
                if after.first() == Some(&b'/') {
                    return true;
                }
                rest = rest.get(end - only.len() - 3..).unwrap_or_default();
            }
            false
        }
        [first, middle @ .., last] => {
            let Some(end) = after_both(identity, b"/ns/", first.as_bytes()) else { return false };
            spread(middle, last, identity.get(end..).unwrap_or_default())
        }
    }
}

/// `/ns/` ends right before this text.
fn begins(parts: &[String], after: &str) -> bool {
    let after = after.as_bytes();
    match parts {
        [] => false,
        [only] => {
            after.strip_prefix(only.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'/'))
        }
        [first, middle @ .., last] => {
            after.strip_prefix(first.as_bytes()).is_some_and(|rest| spread(middle, last, rest))
        }
    }
}

/// The parts one after the other; "the earliest place of each leaves the most room" for the rest.
fn spread(middle: &[String], last: &str, mut rest: &[u8]) -> bool {
    for part in middle {
        let Some(end) = after_both(rest, part.as_bytes(), b"") else { return false };
        rest = rest.get(end..).unwrap_or_default();
    }
    after_both(rest, last.as_bytes(), b"/").is_some()
}

/// `spiffe://.+/ns/<ns>/(.+/|)sa/<sa>(/.+)?` (generator.go serviceAccountRegex).
fn service_account(ns: &str, sa: &str, rest: &[u8]) -> bool {
    let at = |from: usize| rest.get(from..).unwrap_or_default();
    (1..rest.len()).any(|from| {
        let space = at(from).strip_prefix(b"/ns/").and_then(|r| r.strip_prefix(ns.as_bytes()));
        space.and_then(|r| r.strip_prefix(b"/")).is_some_and(|tail| account(sa, tail))
    })
}

fn account(sa: &str, tail: &[u8]) -> bool {
    (0..tail.len()).any(|start| {
        let (before, here) = tail.split_at_checked(start).unwrap_or_default();
        let named = here.strip_prefix(b"sa/").and_then(|r| r.strip_prefix(sa.as_bytes()));
        let opens = before.is_empty() || (before.len() > 1 && before.ends_with(b"/"));
        let closes =
            |after: &[u8]| after.is_empty() || (after.len() > 1 && after.starts_with(b"/"));
        opens && named.is_some_and(closes)
    })
}

/// `*` is any SPIFFE identity, a plain value the whole domain, `a*b` stays within the domain
/// (generator.go srcTrustDomainGenerator).
fn trust_domain(text: &TextMatch, rest: &str) -> bool {
    match text {
        TextMatch::Present | TextMatch::NonEmpty => true,
        TextMatch::Exact(v) => rest.strip_prefix(v.as_str()).is_some_and(|r| r.starts_with('/')),
        TextMatch::Prefix(v) => rest.strip_prefix(v.as_str()).is_some_and(|r| r.contains('/')),
        TextMatch::Suffix(v) => {
            rest.split_once('/').is_some_and(|(domain, _)| domain.ends_with(v.as_str()))
        }
        TextMatch::ExactFold(_) | TextMatch::PrefixFold(_) | TextMatch::SuffixFold(_) => false,
    }
}
