//! One value of a policy against one value of a request: small pure functions, a row of
//! the AuthorizationPolicy reference each.

#[cfg(test)]
mod tests;

use crate::model::authz::{Matcher, TemplatePart, TextMatch};

const SPIFFE: &str = "spiffe://";

/// Whether a matcher that reads the peer's identity matches it (a full URI SAN, `spiffe://…`).
pub(crate) fn identity(matcher: &Matcher, identity: &str) -> bool {
    match matcher {
        Matcher::Text(text) => text.matches(identity),
        // "prefix spiffe://+x", "exact spiffe://+v", "spiffe://.*x" (StringMatcherWithPrefix).
        Matcher::Identity(text) => identity.strip_prefix(SPIFFE).is_some_and(|id| text.matches(id)),
        Matcher::NamespacePattern(parts) => namespace(parts, identity),
        Matcher::ServiceAccount(ns, sa) => service_account(ns, sa, identity),
        Matcher::TrustDomain(text) => trust_domain(text, identity),
        Matcher::Net(_)
        | Matcher::Port(_)
        | Matcher::PathTemplate(_)
        | Matcher::RequestPrincipal { .. } => false,
    }
}

/// `.*/ns/<parts joined by .*>/.*`, anywhere in the identity (generator.go srcNamespaceGenerator).
fn namespace(parts: &[String], identity: &str) -> bool {
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    let head = format!("/ns/{first}");
    if parts.len() == 1 {
        return identity.contains(&format!("{head}/"));
    }
    let Some((_, mut rest)) = identity.split_once(&head) else { return false };
    // The earliest place of each part leaves the most room for those after it.
    for part in parts.iter().take(parts.len() - 1).skip(1) {
        match rest.split_once(part.as_str()) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.contains(&format!("{last}/"))
}

/// `spiffe://.+/ns/<ns>/(.+/|)sa/<sa>(/.+)?` (generator.go serviceAccountRegex).
fn service_account(ns: &str, sa: &str, identity: &str) -> bool {
    let Some(rest) = identity.strip_prefix(SPIFFE) else { return false };
    let (space, account) = (format!("/ns/{ns}/"), format!("sa/{sa}"));
    rest.match_indices(&space).filter(|(at, _)| *at > 0).any(|(at, found)| {
        let tail = rest.get(at + found.len()..).unwrap_or_default();
        tail.match_indices(&account).any(|(start, name)| {
            let before = tail.get(..start).unwrap_or_default();
            let after = tail.get(start + name.len()..).unwrap_or_default();
            let opens = before.is_empty() || (before.len() > 1 && before.ends_with('/'));
            let closes = after.is_empty() || (after.len() > 1 && after.starts_with('/'));
            opens && closes
        })
    })
}

/// `*` is any SPIFFE identity, a plain value the whole domain, `a*b` stays within the domain
/// (generator.go srcTrustDomainGenerator).
fn trust_domain(text: &TextMatch, identity: &str) -> bool {
    let Some(rest) = identity.strip_prefix(SPIFFE) else { return false };
    match text {
        TextMatch::Present | TextMatch::NonEmpty => true,
        TextMatch::Exact(v) => rest.strip_prefix(v.as_str()).is_some_and(|r| r.starts_with('/')),
        TextMatch::Prefix(v) => rest.strip_prefix(v.as_str()).is_some_and(|r| r.contains('/')),
        TextMatch::Suffix(v) => {
            let closed = format!("{v}/");
            rest.match_indices(&closed)
                .any(|(at, _)| !rest.get(..at).unwrap_or_default().contains('/'))
        }
        TextMatch::ExactFold(_) | TextMatch::PrefixFold(_) | TextMatch::SuffixFold(_) => false,
    }
}

/// Whether a path (query and fragment already cut) matches a `paths` value.
pub(crate) fn path(matcher: &Matcher, path: &str) -> bool {
    match matcher {
        Matcher::Text(text) => text.matches(path),
        Matcher::PathTemplate(parts) => template(parts, path.as_bytes()),
        _ => false,
    }
}

/// `{*}` is `[K]+`, `{**}` is `[K/]*`, all else literal, over the whole path
/// (`uri_template_lib/uri_template_internal.cc`).
fn template(parts: &[TemplatePart], path: &[u8]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return path.is_empty() };
    match first {
        TemplatePart::Literal(text) => {
            path.strip_prefix(text.as_bytes()).is_some_and(|after| template(rest, after))
        }
        TemplatePart::One => longest(path, 1, false).any(|after| template(rest, after)),
        TemplatePart::Many => longest(path, 0, true).any(|after| template(rest, after)),
    }
}

/// What is left of a path after `least` or more characters that a template operator can take.
fn longest(path: &[u8], least: usize, slash: bool) -> impl Iterator<Item = &[u8]> {
    let taken = path.iter().take_while(|b| pchar(**b) || (slash && **b == b'/')).count();
    (least..=taken).filter_map(move |n| path.get(n..))
}

/// K of the template grammar: `a-zA-Z0-9-._~%!$&'()+,;:@=*`.
const fn pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'%'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'+'
                | b','
                | b';'
                | b':'
                | b'@'
                | b'='
                | b'*'
        )
}

/// Whether a plain text (header, host, method, claim, server name) matches.
pub(crate) fn text(matcher: &Matcher, value: &str) -> bool {
    match matcher {
        Matcher::Text(text) => text.matches(value),
        _ => false,
    }
}
