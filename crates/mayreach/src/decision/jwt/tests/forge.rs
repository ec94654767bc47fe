//! Real tokens, signed here with fixed keys.

use rsa::{BoxedUint, traits::PublicKeyParts};

use crate::model::jwt::base64::encode_url;

/// A key pair, or a shared secret; its name is its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Rsa,
    Ec,
    /// Another of the same kind.
    Ec2,
    Ed,
    Shared,
}

impl Key {
    pub(super) fn alg(self) -> &'static str {
        match self {
            Self::Rsa => "RS256",
            Self::Ec | Self::Ec2 => "ES256",
            Self::Ed => "EdDSA",
            Self::Shared => "HS256",
        }
    }

    pub(super) fn id(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// The key as a JWK, with more fields.
    pub(super) fn jwk_with(self, more: &str) -> String {
        let b64 = |bytes: &[u8]| encode_url(bytes);
        let fields = match self {
            Self::Rsa => {
                let key = rsa();
                let digits = |number: &BoxedUint| b64(&number.to_be_bytes_trimmed_vartime());
                format!(r#""kty":"RSA","n":"{}","e":"{}""#, digits(key.n()), digits(key.e()))
            }
            Self::Ec | Self::Ec2 => {
                let point = self.ec().verifying_key().to_sec1_point(false);
                let (x, y) = (point.x().unwrap(), point.y().unwrap());
                format!(r#""kty":"EC","crv":"P-256","x":"{}","y":"{}""#, b64(x), b64(y))
            }
            Self::Ed => {
                let key = ed().verifying_key();
                format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, b64(key.as_bytes()))
            }
            Self::Shared => format!(r#""kty":"oct","k":"{}""#, b64(SECRET)),
        };
        format!("{{{fields}{more}}}")
    }

    /// The key as a JWK with its id.
    pub(super) fn jwk(self) -> String {
        self.jwk_with(&format!(r#","kid":"{}""#, self.id()))
    }

    fn ec(self) -> p256::ecdsa::SigningKey {
        let seed = [if self == Self::Ec { 7 } else { 8 }; 32];
        p256::ecdsa::SigningKey::from_slice(&seed).unwrap()
    }

    fn sign(self, text: &str) -> Vec<u8> {
        use ecdsa::signature::Signer;
        use hmac::{KeyInit, Mac};

        let text = text.as_bytes();
        match self {
            Self::Rsa => rsa().pkcs1v15_sign::<sha2::Sha256>(text).unwrap(),
            Self::Ec | Self::Ec2 => {
                let signature: p256::ecdsa::Signature = self.ec().sign(text);
                signature.to_bytes().to_vec()
            }
            Self::Ed => ed().sign(text).to_bytes().to_vec(),
            Self::Shared => {
                let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(SECRET).unwrap();
                mac.chain_update(text).finalize().into_bytes().to_vec()
            }
        }
    }

    /// A token with a header of one's own.
    pub(super) fn token_with(self, header: &str, payload: &str) -> String {
        let text = format!("{}.{}", encode_url(header.as_bytes()), encode_url(payload.as_bytes()));
        let signature = encode_url(&self.sign(&text));
        format!("{text}.{signature}")
    }

    /// A token of a payload.
    pub(super) fn token(self, payload: &str) -> String {
        self.token_with(&format!(r#"{{"alg":"{}","kid":"{}"}}"#, self.alg(), self.id()), payload)
    }
}

/// A key set.
pub(super) fn jwks(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

const SECRET: &[u8] = b"a secret that is shared, thirty-two bytes or more";

fn ed() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[9; 32])
}

fn rsa() -> rsa::PrivateKey {
    const P: &str = "fd25bd23eb301fe6167969891ddff387ec482c3391de06d420260882c5dae1241e00b5bcf9e7\
                     7dc794de30335fd0691d419e0e3116aaad3292d9c98ae22b011b";
    const Q: &str = "f99fb4708231ad2b40c652273882c8abb954739c07c6d6e5cad9c8c444aa111040b80ec2d231\
                     41d397e0d2742adfbd4e3a1b987b9d787ebb5877b2e4a13bec77";
    let number = |hex: &str| {
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap())
            .collect();
        BoxedUint::from_be_slice_vartime(&bytes)
    };
    rsa::PrivateKey::from_p_q(number(P), number(Q), BoxedUint::from(65537_u64)).unwrap()
}
