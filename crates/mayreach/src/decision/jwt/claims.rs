//! What the layers after know of a verified token: Envoy's dynamic metadata
//! `envoy.filters.http.jwt_authn`, `payload`.

use serde_json::{Map, Value};

use crate::model::Attributes;

/// The claims of the request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Claims {
    /// No verified token.
    None,
    /// The payload of one, an object, as Envoy stores it.
    Known(Value),
    /// Depends on what the flow leaves out.
    Unknown(Attributes),
}

/// One claim, as far as conditions can read it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ClaimValue<'a> {
    Absent,
    Text(&'a str),
    /// The texts of a list; its other items match nothing.
    Texts(Vec<&'a str>),
    /// A number, boolean, object or null: matches nothing.
    Other,
    Unknown(Attributes),
}

impl Claims {
    /// The claim at a path of keys.
    pub(crate) fn claim(&self, path: &[String]) -> ClaimValue<'_> {
        let payload = match self {
            Self::None => return ClaimValue::Absent,
            Self::Unknown(missing) => return ClaimValue::Unknown(*missing),
            Self::Known(payload) => payload,
        };
        let found = path.iter().try_fold(payload, |value, key| value.as_object()?.get(key));
        match found {
            None => ClaimValue::Absent,
            Some(Value::String(text)) => ClaimValue::Text(text),
            Some(Value::Array(items)) => {
                ClaimValue::Texts(items.iter().filter_map(Value::as_str).collect())
            }
            Some(_) => ClaimValue::Other,
        }
    }
}

/// The payload as it is stored: texts of `scope`, `permission` and the named claims become lists of
/// words (authenticator.cc setPayloadMetadata, `policy_applier.go` buildSpaceDelimitedClaims).
pub(super) fn stored(mut payload: Map<String, Value>, named: &[String]) -> Map<String, Value> {
    for name in ["scope", "permission"].into_iter().chain(named.iter().map(String::as_str)) {
        let Some(claim) = payload.get_mut(name) else { continue };
        let Value::String(text) = &*claim else { continue };
        let words: Vec<Value> =
            text.split(' ').filter(|word| !word.is_empty()).map(Value::from).collect();
        // Nothing but blanks stays as it is.
        if !words.is_empty() {
            *claim = Value::Array(words);
        }
    }
    payload
}
