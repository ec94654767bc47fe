//! The payload of a verified token, as conditions read it (E: dynamic metadata of
//! `envoy.filters.http.jwt_authn`).

use serde_json::Value;

use crate::model::{
    Attributes, Tri,
    authz::{Attribute, Matcher, TextMatch},
};

/// What is known of the claims.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Claims {
    /// No token was verified.
    None,
    Known(Value),
    Unknown(Attributes),
}

impl Claims {
    /// Whether a condition on claims holds; "missing ⇒ positive false, negative true".
    pub(crate) fn test(&self, attribute: &Attribute, matcher: &Matcher) -> Tri {
        let payload = match self {
            Self::None => return Tri::No,
            Self::Unknown(missing) => return Tri::Unknown(*missing),
            Self::Known(payload) => payload,
        };
        let at = |path: &[&str]| path.iter().try_fold(payload, |value, key| value.get(key));
        Tri::of(match (attribute, matcher) {
            (Attribute::RequestPrincipal, Matcher::RequestPrincipal { issuer, subject }) => {
                is(at(&["iss"]), issuer) && is(at(&["sub"]), subject)
            }
            (Attribute::Audiences, Matcher::Text(text)) => any(at(&["aud"]), text),
            (Attribute::Presenter, Matcher::Text(text)) => any(at(&["azp"]), text),
            (Attribute::Claim(path), Matcher::Text(text)) => {
                let keys: Vec<&str> = path.iter().map(String::as_str).collect();
                any(at(&keys), text)
            }
            _ => false,
        })
    }

    /// The actual value, for explanations.
    pub(crate) fn describe(&self, attribute: &Attribute) -> String {
        let payload = match self {
            Self::None => return "no verified token".to_owned(),
            Self::Unknown(_) => return "not known".to_owned(),
            Self::Known(payload) => payload,
        };
        let shown = |value: Option<&Value>| {
            value.map_or("no such claim".to_owned(), |v| format!("`{v}`"))
        };
        match attribute {
            Attribute::RequestPrincipal => {
                let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or("");
                format!("`{}/{}`", text("iss"), text("sub"))
            }
            Attribute::Audiences => shown(payload.get("aud")),
            Attribute::Presenter => shown(payload.get("azp")),
            Attribute::Claim(path) => {
                shown(path.iter().try_fold(payload, |value, key| value.get(key)))
            }
            _ => String::new(),
        }
    }
}

/// "String matcher matches only JSON strings".
fn is(value: Option<&Value>, text: &TextMatch) -> bool {
    value.and_then(Value::as_str).is_some_and(|v| text.matches(v))
}

/// "list-or-string matcher = string value or any string element of a list (no nested lists;
/// numbers, bools, objects never match)".
fn any(value: Option<&Value>, text: &TextMatch) -> bool {
    match value {
        Some(Value::Array(items)) => items.iter().any(|item| is(Some(item), text)),
        other => is(other, text),
    }
}
