//! How one token, or one provider, came out, and the words in which Envoy says so.

macro_rules! statuses {
    ($($name:ident $text:literal;)*) => {
        /// What a check ended with (source/common/jwt/status.cc).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Status { $($name),* }

        impl Status {
            /// The body of the response.
            pub(crate) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

statuses! {
    Good "OK";
    Missed "Jwt is missing";
    NotYetValid "Jwt not yet valid";
    Expired "Jwt is expired";
    BadFormat "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections";
    HeaderBadBase64 "Jwt header is an invalid Base64url encoded";
    HeaderBadJson "Jwt header is an invalid JSON";
    HeaderBadAlg "Jwt header [alg] field is required and must be a string";
    HeaderAlgNotSupported "Jwt header [alg] is not supported";
    HeaderBadKid "Jwt header [kid] field is not a string";
    PayloadBadBase64 "Jwt payload is an invalid Base64url encoded";
    PayloadBadJson "Jwt payload is an invalid JSON";
    IssNotText "Jwt payload [iss] field is not a string";
    SubNotText "Jwt payload [sub] field is not a string";
    IatNotNumber "Jwt payload [iat] field is not an integer";
    IatOutOfRange "Jwt payload [iat] field is not a positive 64 bit integer";
    NbfNotNumber "Jwt payload [nbf] field is not an integer";
    NbfOutOfRange "Jwt payload [nbf] field is not a positive 64 bit integer";
    ExpNotNumber "Jwt payload [exp] field is not an integer";
    ExpOutOfRange "Jwt payload [exp] field is not a positive 64 bit integer";
    JtiNotText "Jwt payload [jti] field is not a string";
    AudNotText "Jwt payload [aud] field is not a string or string list";
    SignatureBadBase64 "Jwt signature is an invalid Base64url encoded";
    UnknownIssuer "Jwt issuer is not configured";
    AudienceNotAllowed "Audiences in Jwt are not allowed";
    VerificationFails "Jwt verification fails";
    Ed25519WrongLength "Jwt ED25519 signature is wrong length";
    NoKeyMatches "Jwks doesn't have key to match kid or alg from Jwt";
}

impl Status {
    /// 403 for a wrong audience, 401 for all else (`jwt_authn/filter.cc` onComplete).
    pub(super) const fn code(self) -> u16 {
        match self {
            Self::AudienceNotAllowed => 403,
            _ => 401,
        }
    }

    /// Whether this is neither "no token" nor "a token of somebody else".
    pub(super) const fn is_about_a_token(self) -> bool {
        !matches!(self, Self::Missed | Self::UnknownIssuer)
    }
}
