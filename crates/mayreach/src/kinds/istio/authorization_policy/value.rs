//! One value of one attribute to a matcher, or what the webhook says against it
//! (pkg/config/security/security.go, pilot/pkg/security/authz/model/generator.go).

use crate::{
    kinds::istio::text::{net, port},
    model::authz::{Attribute, Matcher, TemplatePart, TextMatch},
};

/// The matcher of a value. `namespace` is the policy's own.
pub(super) fn matcher(
    attribute: &Attribute,
    value: &str,
    namespace: &str,
) -> Result<Matcher, String> {
    Ok(match attribute {
        Attribute::Principal if value == "*" => Matcher::Text(TextMatch::NonEmpty),
        Attribute::Principal => Matcher::Identity(TextMatch::plain(value)),
        Attribute::Namespace => {
            Matcher::NamespacePattern(value.split('*').map(str::to_owned).collect())
        }
        Attribute::ServiceAccount => service_account(value, namespace)?,
        Attribute::TrustDomain => trust_domain(value)?,
        Attribute::RequestPrincipal => request_principal(value),
        Attribute::SourceIp | Attribute::RemoteIp | Attribute::DestinationIp => {
            Matcher::Net(net(value)?)
        }
        Attribute::DestinationPort => Matcher::Port(port(value)?),
        Attribute::Host => Matcher::Text(TextMatch::host(value)),
        Attribute::Method | Attribute::Header(_) => Matcher::Text(TextMatch::header(value)),
        Attribute::Path => path(value)?,
        Attribute::Audiences
        | Attribute::Presenter
        | Attribute::Claim(_)
        | Attribute::Sni
        | Attribute::Metadata(..) => Matcher::Text(TextMatch::plain(value)),
    })
}

/// `ns/name`, or `name` in the policy's own namespace.
fn service_account(value: &str, namespace: &str) -> Result<Matcher, String> {
    if value.contains('*') {
        return Err(format!("`{value}`: a service account knows no wildcard"));
    }
    if value.len() > 320 {
        return Err(format!("`{value}` is longer than 320 characters"));
    }
    let (space, name) = value.split_once('/').unwrap_or((namespace, value));
    if space.is_empty() || name.is_empty() || name.contains('/') {
        return Err(format!("`{value}` is not `namespace/name` or `name`"));
    }
    Ok(Matcher::ServiceAccount(space.to_owned(), name.to_owned()))
}

fn trust_domain(value: &str) -> Result<Matcher, String> {
    if value.contains('/') {
        return Err(format!("`{value}`: a trust domain holds no `/`"));
    }
    let stars = value.matches('*').count();
    let at_edge = value.starts_with('*') || value.ends_with('*');
    if stars > 1 || (stars == 1 && !at_edge) {
        return Err(format!("`{value}`: a trust domain may have one `*`, at its beginning or end"));
    }
    Ok(Matcher::TrustDomain(TextMatch::plain(value)))
}

/// Split at the **last** `/` into issuer and subject (generator.go requestPrincipalGenerator).
fn request_principal(value: &str) -> Matcher {
    let split = value.rsplit_once('/');
    let exact = |text: &str| TextMatch::Exact(text.to_owned());
    let (issuer, subject) = if value == "*" {
        (TextMatch::NonEmpty, TextMatch::NonEmpty)
    } else if let Some(rest) = value.strip_prefix('*') {
        match split {
            Some(("*", subject)) => (TextMatch::NonEmpty, exact(subject)),
            Some((issuer, subject)) => {
                let issuer = issuer.strip_prefix('*').unwrap_or(issuer);
                (TextMatch::Suffix(issuer.to_owned()), exact(subject))
            }
            None => (TextMatch::NonEmpty, TextMatch::Suffix(rest.to_owned())),
        }
    } else if let Some(rest) = value.strip_suffix('*') {
        match split {
            Some((issuer, "*")) => (exact(issuer), TextMatch::NonEmpty),
            Some((issuer, subject)) => {
                let subject = subject.strip_suffix('*').unwrap_or(subject);
                (exact(issuer), TextMatch::Prefix(subject.to_owned()))
            }
            None => (TextMatch::Prefix(rest.to_owned()), TextMatch::NonEmpty),
        }
    } else {
        let (issuer, subject) = split.unwrap_or((value, ""));
        (exact(issuer), exact(subject))
    };
    Matcher::RequestPrincipal { issuer, subject }
}

/// A template if it has `{*}` or `{**}`, else a plain value; checked either way
/// (security.go CheckValidPathTemplate).
fn path(value: &str) -> Result<Matcher, String> {
    let template = value.contains("{*}") || value.contains("{**}");
    let mut ended = false;
    for segment in value.trim_matches('/').split('/') {
        let operator = matches!(segment, "{*}" | "{**}");
        if !operator && segment.contains(['{', '}']) {
            return Err(format!(
                "`{value}`: `{segment}` is not supported, a segment with braces is `{{*}}` or `{{**}}`"
            ));
        }
        if operator && ended {
            return Err(format!("`{value}`: no `{{*}}` or `{{**}}` may follow `{{**}}`"));
        }
        ended |= segment == "{**}";
        let literal = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&b);
        if template && !operator && (segment.is_empty() || !segment.bytes().all(literal)) {
            return Err(format!("`{value}`: `{segment}` cannot stand in a template"));
        }
    }
    if !template {
        return Ok(Matcher::Text(TextMatch::plain(value)));
    }
    Ok(Matcher::PathTemplate(parts(value)))
}

fn parts(value: &str) -> Vec<TemplatePart> {
    let mut out = Vec::new();
    let mut literal = String::new();
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let operator = [("{**}", TemplatePart::Many), ("{*}", TemplatePart::One)]
            .into_iter()
            .find_map(|(text, part)| rest.strip_prefix(text).map(|after| (after, part)));
        if let Some((after, part)) = operator {
            if !literal.is_empty() {
                out.push(TemplatePart::Literal(std::mem::take(&mut literal)));
            }
            out.push(part);
            rest = after;
        } else {
            literal.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    if !literal.is_empty() {
        out.push(TemplatePart::Literal(literal));
    }
    out
}
