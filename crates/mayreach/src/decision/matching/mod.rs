//! One value of a policy against one value of a request: small pure functions, a row of
//! the AuthorizationPolicy reference each.

mod identity;
#[cfg(test)]
mod tests;

pub(crate) use self::identity::{identity, of_rest};
use crate::model::authz::{Matcher, TemplatePart};

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
pub(crate) const fn pchar(byte: u8) -> bool {
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
