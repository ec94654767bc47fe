//! The keys of `when` (pkg/config/security/security.go ValidateAttribute).

use crate::model::authz::Attribute;

/// The attribute of a key, or what the webhook says against it.
pub(super) fn attribute(key: &str) -> Result<Attribute, String> {
    let simple = match key {
        "source.ip" => Attribute::SourceIp,
        "remote.ip" => Attribute::RemoteIp,
        "source.namespace" => Attribute::Namespace,
        "source.principal" => Attribute::Principal,
        "source.serviceAccount" => Attribute::ServiceAccount,
        "source.trustDomain" => Attribute::TrustDomain,
        "request.auth.principal" => Attribute::RequestPrincipal,
        "request.auth.audiences" => Attribute::Audiences,
        "request.auth.presenter" => Attribute::Presenter,
        "destination.ip" => Attribute::DestinationIp,
        "destination.port" => Attribute::DestinationPort,
        "connection.sni" => Attribute::Sni,
        _ => return keyed(key),
    };
    Ok(simple)
}

fn keyed(key: &str) -> Result<Attribute, String> {
    if let Some(rest) = key.strip_prefix("request.headers") {
        let name = bracketed(rest).ok_or_else(|| shape(key, "request.headers[name]"))?;
        return Ok(Attribute::Header(name.to_ascii_lowercase()));
    }
    if let Some(rest) = key.strip_prefix("request.auth.claims") {
        if bracketed(rest).is_none() {
            return Err(shape(key, "request.auth.claims[name]"));
        }
        return Ok(Attribute::Claim(nested(rest)));
    }
    if let Some(rest) = key.strip_prefix("experimental.") {
        let (filter, name) = rest.split_once('[').unwrap_or((rest, ""));
        let name = name.strip_suffix(']').filter(|n| !n.is_empty());
        return match name {
            Some(name) if filter.starts_with("envoy.filters.") => {
                Ok(Attribute::Metadata(filter.to_owned(), name.to_owned()))
            }
            _ => Err(shape(key, "experimental.envoy.filters.a.b[c]")),
        };
    }
    Err(match key {
        "destination.namespace" => format!("`{key}` is replaced by the policy's own namespace"),
        "destination.labels" => format!("`{key}` is replaced by the policy's selector"),
        "destination.name" | "destination.user" | "source.name" | "source.user" => {
            format!("`{key}` is of v1alpha1 and no longer known")
        }
        _ => format!("`{key}` is not a known attribute"),
    })
}

fn shape(key: &str, wanted: &str) -> String {
    format!("`{key}` is not of the form `{wanted}`")
}

/// What stands between the outer brackets.
fn bracketed(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']').filter(|inner| !inner.is_empty())
}

/// `[a][b]` is the path a, b; "malformed nesting falls back to one literal key"
/// (util.go extractNameInNestedBrackets).
fn nested(text: &str) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').and_then(|r| r.split_once(']'));
        match inner {
            Some((name, after)) if !name.is_empty() && !name.contains('[') => {
                path.push(name.to_owned());
                rest = after;
            }
            _ => return vec![bracketed(text).unwrap_or(text).to_owned()],
        }
    }
    path
}
