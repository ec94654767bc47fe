//! RequestAuthentication, lowered.

pub(crate) mod base64;
pub(crate) mod json;
pub(crate) mod jwks;
#[cfg(test)]
mod tests;

use self::jwks::Jwks;
use super::{PolicyId, authz::Attach};

/// One RequestAuthentication.
#[derive(Clone, Debug)]
pub(crate) struct RequestAuth {
    pub(crate) id: PolicyId,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) created: String,
    pub(crate) attach: Attach,
    pub(crate) rules: Vec<JwtRule>,
}

/// One `jwtRules` entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct JwtRule {
    /// Empty: any issuer.
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    /// The inline key set, else what the options give for the issuer; `None`: not known.
    pub(crate) keys: Option<Jwks>,
    /// (header name, prefix)
    pub(crate) from_headers: Vec<(String, String)>,
    pub(crate) from_params: Vec<String>,
    pub(crate) from_cookies: Vec<String>,
    pub(crate) output_payload_to_header: Option<String>,
    /// (header, dotted claim path)
    pub(crate) output_claims: Vec<(String, String)>,
    pub(crate) forward_original_token: bool,
    pub(crate) space_delimited_claims: Vec<String>,
}
