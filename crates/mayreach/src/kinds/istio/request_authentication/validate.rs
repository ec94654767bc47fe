//! What the API server and the webhook refuse of one rule
//! (pkg/config/validation/validation.go validateJwtRule; the schema of the resource).

use super::{
    jwks,
    manifest::{ClaimToHeader, FromHeader, Rule},
};
use crate::{
    kinds::kubernetes::{Checks, Path},
    manifest::Spanned,
};

/// Longest `jwksUri`.
const URI: usize = 2048;
/// Most `spaceDelimitedClaims`.
const CLAIMS: usize = 64;

/// Checks one rule. Answers which of its inline keys hold private parts.
pub(super) fn rule(rule: &Spanned<Rule>, checks: &mut Checks<'_>, path: &Path<'_>) -> Vec<usize> {
    let Rule {
        issuer,
        audiences,
        jwks_uri,
        jwks_uri_protobuf,
        jwks,
        from_headers,
        from_params,
        from_cookies,
        output_payload_to_header: _,
        output_claim_to_headers,
        forward_original_token: _,
        timeout,
        space_delimited_claims,
    } = &rule.value;
    let uris = [("jwksUri", jwks_uri), ("jwks_uri", jwks_uri_protobuf)];
    let sources = [jwks_uri.is_some(), jwks_uri_protobuf.is_some(), jwks.is_some()];
    if sources.iter().filter(|given| **given).count() > 1 {
        checks.conflict(path, rule.line, "only one of `jwks` and `jwksUri` can be set");
    }
    if issuer.is_none() && uris.iter().all(|(_, uri)| uri.is_none()) {
        checks.missing(path, rule.line, "a rule needs `issuer` or `jwksUri`");
    }
    if let Some(issuer) = issuer {
        filled(issuer, checks, &path.field("issuer"));
    }
    for (name, uri) in uris {
        if let Some(uri) = uri {
            check_uri(uri, checks, &path.field(name));
        }
    }
    all_filled(audiences.as_deref(), checks, &path.field("audiences"));
    all_filled(from_params.as_deref(), checks, &path.field("fromParams"));
    all_filled(from_cookies.as_deref(), checks, &path.field("fromCookies"));
    headers(from_headers.as_deref(), checks, &path.field("fromHeaders"));
    outputs(output_claim_to_headers.as_deref(), checks, &path.field("outputClaimToHeaders"));
    if let Some(timeout) = timeout {
        duration(timeout, checks, &path.field("timeout"));
    }
    if let Some(claims) = space_delimited_claims {
        let path = path.field("spaceDelimitedClaims");
        if claims.value.len() > CLAIMS {
            checks.invalid(&path, claims.line, format!("at most {CLAIMS} claims are accepted"));
        }
        all_filled(Some(&claims.value), checks, &path);
    }
    jwks.as_ref().map_or_else(Vec::new, |set| inline(set, checks, &path.field("jwks")))
}

/// "" is no key set at all: istiod fetches one then.
fn inline(set: &Spanned<String>, checks: &mut Checks<'_>, path: &Path<'_>) -> Vec<usize> {
    if set.value.is_empty() {
        return Vec::new();
    }
    jwks::parse(&set.value).unwrap_or_else(|why| {
        let help = "a key set is JSON such as {\"keys\": [{\"kty\": \"RSA\", \"n\": …, \"e\": …}]}";
        checks.invalid_help(path, set.line, why, help);
        Vec::new()
    })
}

fn filled(text: &Spanned<String>, checks: &mut Checks<'_>, path: &Path<'_>) {
    if text.value.is_empty() {
        checks.invalid(path, text.line, "an empty string is not accepted");
    }
}

fn all_filled(texts: Option<&[Spanned<String>]>, checks: &mut Checks<'_>, path: &Path<'_>) {
    for (n, text) in texts.into_iter().flatten().enumerate() {
        filled(text, checks, &path.item(n));
    }
}

fn check_uri(uri: &Spanned<String>, checks: &mut Checks<'_>, path: &Path<'_>) {
    let Spanned { value, line } = uri;
    let scheme = value.split_once(':').map_or("", |(scheme, _)| scheme);
    let known = ["http", "https"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    if !known {
        let message = format!("`{value}` is not a URL of scheme http or https");
        checks.invalid_help(path, *line, message, "write `https://host/path`");
    } else if value.len() > URI {
        checks.invalid(path, *line, format!("the URL is longer than {URI} characters"));
    } else if value.bytes().any(|b| b.is_ascii_control() || b == b' ') || !port_is_number(value) {
        checks.invalid(path, *line, format!("`{value}` is not a URL"));
    }
}

/// Go's url.Parse takes digits or nothing behind the colon of a host.
fn port_is_number(uri: &str) -> bool {
    let rest = uri.split_once("//").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // Behind an IPv6 address in brackets.
    let tail = host.rsplit_once(']').map_or(host, |(_, tail)| tail);
    tail.split_once(':').is_none_or(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
}

fn headers(given: Option<&[Spanned<FromHeader>]>, checks: &mut Checks<'_>, path: &Path<'_>) {
    for (n, header) in given.into_iter().flatten().enumerate() {
        let FromHeader { name, prefix: _ } = &header.value;
        if name.as_deref().unwrap_or_default().is_empty() {
            let path = path.item(n);
            checks.missing(&path.field("name"), header.line, "a header needs a name");
        }
    }
}

fn outputs(given: Option<&[Spanned<ClaimToHeader>]>, checks: &mut Checks<'_>, path: &Path<'_>) {
    for (n, output) in given.into_iter().flatten().enumerate() {
        let ClaimToHeader { header, claim } = &output.value;
        let path = path.item(n);
        let header = header.as_deref().unwrap_or_default();
        if header.is_empty() {
            checks.missing(&path.field("header"), output.line, "an output needs a header");
        }
        if claim.as_deref().unwrap_or_default().is_empty() {
            checks.missing(&path.field("claim"), output.line, "an output needs a claim");
        }
        let strict = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if !header.bytes().all(strict) {
            checks.invalid_help(
                &path.field("header"),
                output.line,
                format!("`{header}` is not a header name that is accepted here"),
                "a name has letters, digits, `-` and `_`",
            );
        }
    }
}

/// Go's duration text; at least 1ms, and nothing below a millisecond.
fn duration(text: &Spanned<String>, checks: &mut Checks<'_>, path: &Path<'_>) {
    let problem = match nanoseconds(&text.value) {
        None => format!("`{}` is not a duration", text.value),
        Some(time) if time < MILLISECOND => "a timeout is at least 1ms".to_owned(),
        Some(time) if time % MILLISECOND != 0 => {
            "a timeout is given in milliseconds at the finest".to_owned()
        }
        Some(_) => return,
    };
    checks.invalid_help(path, text.line, problem, "write a number and a unit, such as `5s`");
}

const MILLISECOND: i128 = 1_000_000;

/// `1h2m3.5s` (Go's time.ParseDuration).
fn nanoseconds(text: &str) -> Option<i128> {
    const UNITS: [(&str, i128); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("μs", 1_000),
        ("ms", MILLISECOND),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0_i128;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(scaled(number, *scale)?)?;
        rest = tail;
    }
    Some(sign * sum)
}

/// A decimal number of at most 18 digits times a unit, cut off below a nanosecond.
fn scaled(number: &str, scale: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || whole.len() > 18 || fraction.contains('.') {
        return None;
    }
    let fraction = fraction.get(..fraction.len().min(18)).unwrap_or(fraction);
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    let divisor = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    Some(digits(whole)? * scale + digits(fraction)? * scale / divisor)
}
