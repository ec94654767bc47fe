//! RequestAuthentication as written (istio.io/api security/v1beta1; v1 is the same).

use serde::Deserialize;

use crate::{
    kinds::istio::attach::{Selector, TargetRef},
    manifest::Spanned,
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) selector: Option<Spanned<Selector>>,
    pub(super) target_ref: Option<Spanned<TargetRef>>,
    pub(super) target_refs: Option<Vec<Spanned<TargetRef>>>,
    pub(super) jwt_rules: Option<Spanned<Vec<Spanned<Rule>>>>,
}

/// One issuer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) issuer: Option<Spanned<String>>,
    pub(super) audiences: Option<Vec<Spanned<String>>>,
    pub(super) jwks_uri: Option<Spanned<String>>,
    /// The schema knows the protobuf name too.
    #[serde(rename = "jwks_uri")]
    pub(super) jwks_uri_protobuf: Option<Spanned<String>>,
    pub(super) jwks: Option<Spanned<String>>,
    pub(super) from_headers: Option<Vec<Spanned<FromHeader>>>,
    pub(super) from_params: Option<Vec<Spanned<String>>>,
    pub(super) from_cookies: Option<Vec<Spanned<String>>>,
    pub(super) output_payload_to_header: Option<Spanned<String>>,
    pub(super) output_claim_to_headers: Option<Vec<Spanned<ClaimToHeader>>>,
    pub(super) forward_original_token: Option<bool>,
    pub(super) timeout: Option<Spanned<String>>,
    pub(super) space_delimited_claims: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FromHeader {
    pub(super) name: Option<String>,
    pub(super) prefix: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimToHeader {
    pub(super) header: Option<String>,
    pub(super) claim: Option<String>,
}
