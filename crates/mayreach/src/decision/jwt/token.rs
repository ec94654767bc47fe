//! A compact token taken apart (source/common/jwt/jwt.cc): types are checked here, meaning later.

use serde_json::{Map, Value};

use super::status::Status;
use crate::model::jwt::{base64, json};

/// Seconds by which clocks may differ (jwt.h kClockSkewInSecond).
const SKEW: u64 = 60;
/// Every algorithm Envoy knows.
const ALGORITHMS: [&str; 13] = [
    "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
    "PS384", "PS512", "EdDSA",
];
/// 2^64, past every time.
const TOO_LATE: f64 = 18_446_744_073_709_551_616.0;

/// A token of good form.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) alg: String,
    /// Empty: any key.
    pub(super) kid: String,
    /// Empty if absent.
    pub(super) issuer: String,
    pub(super) audiences: Vec<String>,
    /// 0: no such limit.
    not_before: u64,
    /// 0: never.
    expires: u64,
    pub(super) payload: Map<String, Value>,
    /// The payload as sent.
    pub(super) payload_text: String,
    /// What is signed.
    #[cfg_attr(not(feature = "jwt"), expect(dead_code, reason = "signatures are not checked"))]
    pub(super) signed: String,
    pub(super) signature: Vec<u8>,
}

impl Token {
    /// Takes a token apart, in Envoy's order of checks.
    pub(super) fn parse(text: &str) -> Result<Self, Status> {
        // Empty sections count for nothing: `.a..b.c.` has three.
        let sections: Vec<&str> = text.split('.').filter(|s| !s.is_empty()).collect();
        let [head, body, tail] = sections.as_slice() else { return Err(Status::BadFormat) };
        let header = read(head, Status::HeaderBadBase64, Status::HeaderBadJson)?;
        let alg = header.get("alg").and_then(Value::as_str).ok_or(Status::HeaderBadAlg)?;
        if !ALGORITHMS.contains(&alg) {
            return Err(Status::HeaderAlgNotSupported);
        }
        let kid = word(&header, "kid", Status::HeaderBadKid)?;
        let payload = read(body, Status::PayloadBadBase64, Status::PayloadBadJson)?;
        let issuer = word(&payload, "iss", Status::IssNotText)?;
        word(&payload, "sub", Status::SubNotText)?;
        time(&payload, "iat", Status::IatNotNumber, Status::IatOutOfRange)?;
        let not_before = time(&payload, "nbf", Status::NbfNotNumber, Status::NbfOutOfRange)?;
        let expires = time(&payload, "exp", Status::ExpNotNumber, Status::ExpOutOfRange)?;
        word(&payload, "jti", Status::JtiNotText)?;
        let audiences = words(payload.get("aud")).ok_or(Status::AudNotText)?;
        let signature = base64::decode(tail).ok_or(Status::SignatureBadBase64)?;
        Ok(Self {
            alg: alg.to_owned(),
            kid,
            issuer,
            audiences,
            not_before,
            expires,
            payload,
            payload_text: (*body).to_owned(),
            signed: format!("{head}.{body}"),
            signature,
        })
    }

    /// Whether the token is valid at a time; `None` if that depends on the time and none is given.
    pub(super) fn at(&self, now: Option<i64>) -> Option<Result<(), Status>> {
        if self.not_before == 0 && self.expires == 0 {
            return Some(Ok(()));
        }
        let now = u64::try_from(now?).unwrap_or_default();
        if now.saturating_add(SKEW) < self.not_before {
            return Some(Err(Status::NotYetValid));
        }
        if self.expires != 0 && now > self.expires.saturating_add(SKEW) {
            return Some(Err(Status::Expired));
        }
        Some(Ok(()))
    }

    /// Whether one of the token's audiences is among those allowed; an empty list allows all.
    pub(super) fn is_for(&self, allowed: &[String]) -> bool {
        allowed.is_empty()
            || self.audiences.iter().any(|own| allowed.iter().any(|a| bare(a) == bare(own)))
    }
}

/// An audience without `http://` or `https://` before and `/` behind (`check_audience.cc`).
fn bare(audience: &str) -> &str {
    let scheme = ["http://", "https://"].iter().find(|s| audience.starts_with(**s));
    let rest = scheme.and_then(|s| audience.strip_prefix(s)).unwrap_or(audience);
    rest.strip_suffix('/').unwrap_or(rest)
}

fn read(section: &str, bad_text: Status, bad_json: Status) -> Result<Map<String, Value>, Status> {
    let bytes = base64::decode(section).ok_or(bad_text)?;
    std::str::from_utf8(&bytes).ok().and_then(json::object).ok_or(bad_json)
}

/// Text, or nothing.
fn word(fields: &Map<String, Value>, name: &str, bad: Status) -> Result<String, Status> {
    match fields.get(name) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(bad),
    }
}

/// Text or a list of nothing but texts.
fn words(field: Option<&Value>) -> Option<Vec<String>> {
    match field {
        None => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        }
        Some(_) => None,
    }
}

/// Seconds, fractions cut off.
fn time(
    fields: &Map<String, Value>,
    name: &str,
    bad: Status,
    out_of_range: Status,
) -> Result<u64, Status> {
    let Some(field) = fields.get(name) else { return Ok(0) };
    let seconds = field.as_f64().ok_or(bad)?;
    if (0.0..TOO_LATE).contains(&seconds) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be in range; Envoy cuts fractions off too"
        )]
        return Ok(seconds as u64);
    }
    Err(out_of_range)
}
