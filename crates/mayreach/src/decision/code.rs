//! The stable name of every reason. A reason without one does not compile.

use super::Reason;

macro_rules! codes {
    ($($reason:pat => $code:literal,)*) => {
        impl Reason {
            /// Every code, for documentation and tests.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// The spelling in JSON, Python and Node.
            pub const fn code(&self) -> &'static str {
                match self {
                    $($reason => $code,)*
                }
            }
        }
    };
}

codes! {
    Self::Rule { .. } => "rule",
    Self::Isolated { .. } => "isolated",
    Self::EndOfTier { .. } => "end_of_tier",
    Self::DefaultAllow => "default_allow",
    Self::UndefinedNamespace => "undefined_namespace",
    Self::NoProfile => "no_profile",
    Self::Failsafe => "failsafe",
    Self::EndpointToHost => "endpoint_to_host",
    Self::NotPoliced => "not_policed",
    Self::LocalTraffic => "local_traffic",
    Self::NotInMesh => "not_in_mesh",
    Self::MtlsAccepted { .. } => "mtls_accepted",
    Self::MtlsRefused { .. } => "mtls_refused",
    Self::NoPolicy => "no_policy",
    Self::NoAllowMatch { .. } => "no_allow_match",
    Self::Provider { .. } => "provider",
    Self::ProviderFailed { .. } => "provider_failed",
    Self::BadProvider { .. } => "bad_provider",
    Self::JwtVerified { .. } => "jwt_verified",
    Self::JwtMissing { .. } => "jwt_missing",
    Self::JwtRejected { .. } => "jwt_rejected",
    Self::Script { .. } => "script",
    Self::BadRequest => "bad_request",
    Self::NotEvaluated { .. } => "not_evaluated",
    Self::Missing { .. } => "missing",
    Self::UnknownPeer => "unknown_peer",
    Self::NotReached => "not_reached",
}
