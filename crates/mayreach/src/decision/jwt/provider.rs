//! One `jwtRules` entry as a provider of Envoy: where it looks for tokens, what it does with a
//! good one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{message::Message, token::Token};
use crate::model::{
    Attributes, PolicyId,
    jwt::{JwtRule, RequestAuth, base64},
};

/// Characters of a token: base64url and the dot.
fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// A rule, its place and where it looks.
#[derive(Clone, Debug)]
pub(super) struct Provider<'m> {
    pub(super) policy: PolicyId,
    pub(super) rule: u32,
    pub(super) settings: &'m JwtRule,
    /// Name and prefix, sorted by both written together.
    headers: BTreeMap<String, (String, String)>,
    params: BTreeSet<String>,
    cookies: BTreeSet<String>,
}

/// A token, and where it was.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) location: Location,
}

#[derive(Clone, Debug)]
pub(super) enum Location {
    Header(String),
    Param(String),
    Cookie(String),
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header `{name}`"),
            Self::Param(name) => write!(f, "query parameter `{name}`"),
            Self::Cookie(name) => write!(f, "cookie `{name}`"),
        }
    }
}

/// The rules of all selected policies, sorted by issuer; equal ones stay apart
/// (`policy_applier.go` newPolicyApplier).
pub(super) fn providers<'m>(selected: &[&'m RequestAuth]) -> Vec<Provider<'m>> {
    let mut all: Vec<Provider<'m>> = selected
        .iter()
        .flat_map(|policy| {
            policy.rules.iter().zip(0..).map(|(r, n)| Provider::new(policy.id, n, r))
        })
        .collect();
    all.sort_by(|a, b| a.settings.issuer.cmp(&b.settings.issuer));
    all
}

impl<'m> Provider<'m> {
    fn new(policy: PolicyId, rule: u32, settings: &'m JwtRule) -> Self {
        let mut headers: Vec<(&str, &str)> =
            settings.from_headers.iter().map(|(n, p)| (n.as_str(), p.as_str())).collect();
        let mut params: Vec<&str> = settings.from_params.iter().map(String::as_str).collect();
        // Both defaults go as soon as any place is named (extractor.cc addProvider).
        if headers.is_empty() && params.is_empty() && settings.from_cookies.is_empty() {
            headers.push(("authorization", "Bearer "));
            params.push(super::ACCESS_TOKEN);
        }
        let spec = |(name, prefix): (&str, &str)| {
            let name = name.to_ascii_lowercase();
            (format!("{name}{prefix}"), (name, prefix.to_owned()))
        };
        Self {
            policy,
            rule,
            settings,
            headers: headers.into_iter().rev().map(spec).collect(),
            params: params.into_iter().map(str::to_owned).collect(),
            cookies: settings.from_cookies.iter().cloned().collect(),
        }
    }

    /// What is missing to see every token at its places. A flow that speaks of its token has told
    /// of all of them, but not of what proxies write.
    pub(super) fn unseen(&self, message: &Message<'_>, told: bool) -> Attributes {
        let cookie = ["cookie".to_owned()];
        let cookie = cookie.iter().filter(|_| !self.cookies.is_empty());
        let names = self.headers.values().map(|(name, _)| name).chain(cookie);
        let headers = names.map(|name| match message.header(name) {
            None if told => Attributes::NONE,
            None => Attributes::TOKEN,
            Some(lines) if lines.iter().any(Option::is_none) => Attributes::HEADERS,
            Some(_) => Attributes::NONE,
        });
        let params = if !self.params.is_empty() && message.path_is_unknown() && !told {
            Attributes::TOKEN
        } else {
            Attributes::NONE
        };
        headers.fold(params, Attributes::union)
    }

    /// Whether it may take a parameter of the query away.
    pub(super) fn may_change_query(&self, message: &Message<'_>) -> bool {
        !self.settings.forward_original_token
            && self.params.iter().any(|name| message.param(name).is_some())
    }

    /// Names of the headers, parameters and cookies where it looks for tokens.
    pub(super) fn places(&self) -> [Vec<&str>; 3] {
        let headers = self.headers.values().map(|(name, _)| name.as_str()).collect();
        let params = self.params.iter().map(String::as_str).collect();
        [headers, params, self.cookies.iter().map(String::as_str).collect()]
    }

    /// Headers that it may take away or write.
    pub(super) fn touches(&self) -> impl Iterator<Item = String> {
        let read = self.headers.values().map(|(name, _)| name.clone());
        read.chain(self.outputs())
    }

    /// Headers that are its to write.
    fn outputs(&self) -> impl Iterator<Item = String> {
        let payload = self.settings.output_payload_to_header.iter();
        let claims = self.settings.output_claims.iter().map(|(header, _)| header);
        payload.chain(claims).map(|name| name.to_ascii_lowercase())
    }

    /// Takes away what the client sent under its names. Only a provider that is asked does so:
    /// one behind a provider that accepted a token is not.
    pub(super) fn sanitize(&self, message: &mut Message<'_>) {
        for name in self.outputs() {
            message.remove(&name);
        }
    }

    /// Every token at its places: headers, then parameters, then cookies (extractor.cc extract).
    pub(super) fn extract(&self, message: &Message<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        for (name, prefix) in self.headers.values() {
            for value in message.header(name).into_iter().flatten().flatten() {
                // The prefix may stand anywhere in the value.
                let Some((_, rest)) = value.split_once(prefix.as_str()) else { continue };
                let token = rest.trim_start_matches(|c| !is_of_token(c));
                // Without a token behind the prefix, all of the value counts as one (extractJWT).
                let text = if prefix.is_empty() || token.is_empty() { value } else { token };
                let location = Location::Header(name.clone());
                found.push(Found { text: text.to_owned(), location });
            }
        }
        for name in &self.params {
            let text = message.param(name);
            found.extend(text.map(|text| Found { text, location: Location::Param(name.clone()) }));
        }
        for name in &self.cookies {
            let text = message.cookie(name);
            found.extend(text.map(|text| Found { text, location: Location::Cookie(name.clone()) }));
        }
        found
    }

    /// What a good token does to the request (authenticator.cc handleGoodJwt).
    pub(super) fn accept(&self, message: &mut Message<'_>, token: &Token, at: &Location) {
        if let Some(header) = &self.settings.output_payload_to_header {
            message.add(header, Some(&token.payload_text));
        }
        for (header, claim) in &self.settings.output_claims {
            match header_text(&token.payload, claim) {
                HeaderText::Text(text) => message.add(header, Some(&text)),
                HeaderText::Nothing => {}
                HeaderText::Untold => message.add(header, None),
            }
        }
        if !self.settings.forward_original_token {
            match at {
                Location::Header(name) => message.remove(name),
                Location::Param(name) => message.remove_param(name),
                // "TODO: remove JWT from cookies"
                Location::Cookie(_) => {}
            }
        }
    }
}

/// A claim as header text.
enum HeaderText {
    Text(String),
    /// No header is written.
    Nothing,
    /// Protobuf writes the fields of an object in no order.
    Untold,
}

/// `a.b` is `b` within `a` (`struct_utils.cc` `GetValue`).
fn header_text(payload: &serde_json::Map<String, Value>, claim: &str) -> HeaderText {
    let mut path = claim.split('.');
    let first = path.next().and_then(|key| payload.get(key));
    let value = path.fold(first, |value, key| value?.as_object()?.get(key));
    let text = match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Number(number)) => number_text(number.as_f64().unwrap_or_default()),
        Some(Value::Array(items)) => match list_text(items) {
            Some(json) => base64::encode_padded(json.as_bytes()),
            None => return HeaderText::Untold,
        },
        Some(Value::Object(_)) => return HeaderText::Untold,
        Some(Value::Null) | None => return HeaderText::Nothing,
    };
    if text.is_empty() { HeaderText::Nothing } else { HeaderText::Text(text) }
}

/// Whole numbers as such, all others with six decimals (convertClaimDoubleToString).
fn number_text(number: f64) -> String {
    const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;
    if number.fract() == 0.0 && (0.0..TOO_LARGE).contains(&number) {
        return format!("{:.0}", number.abs());
    }
    format!("{number:.6}")
}

/// A list of plain words as JSON; of anything else the spelling is not known.
fn list_text(items: &[Value]) -> Option<String> {
    let plain =
        |text: &str| text.bytes().all(|b| (b' '..=b'~').contains(&b) && !b"\"\\<>&'".contains(&b));
    let words: Option<Vec<String>> = items
        .iter()
        .map(|item| item.as_str().filter(|text| plain(text)).map(|text| format!("\"{text}\"")))
        .collect();
    Some(format!("[{}]", words?.join(",")))
}
