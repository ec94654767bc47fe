//! The payload of a verified token.

use serde_json::Value;

use crate::model::Attributes;

/// What is known of the claims.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Claims {
    /// No token was verified.
    None,
    /// The payload.
    Known(Value),
    Unknown(Attributes),
}

/// One claim, as string matchers see it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ClaimValue<'c> {
    Absent,
    Text(&'c str),
    /// The strings of a list.
    Texts(Vec<&'c str>),
    /// "numbers, bools, objects never match".
    Other,
    Unknown(Attributes),
}

impl Claims {
    /// The claim at a path.
    pub(crate) fn claim(&self, path: &[String]) -> ClaimValue<'_> {
        let payload = match self {
            Self::None => return ClaimValue::Absent,
            Self::Unknown(missing) => return ClaimValue::Unknown(*missing),
            Self::Known(payload) => payload,
        };
        match path.iter().try_fold(payload, |value, key| value.get(key)) {
            None => ClaimValue::Absent,
            Some(Value::String(text)) => ClaimValue::Text(text),
            Some(Value::Array(items)) => {
                ClaimValue::Texts(items.iter().filter_map(Value::as_str).collect())
            }
            Some(_) => ClaimValue::Other,
        }
    }
}
