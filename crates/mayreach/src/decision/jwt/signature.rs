//! Whether a key of a set signed a token (source/common/jwt/verify.cc).

use super::{status::Status, token::Token};
use crate::model::jwt::jwks::{Key, Material};

/// Tries every key whose id and algorithm do not speak against it.
pub(super) fn check(token: &Token, keys: &[Key]) -> Status {
    let mut status = Status::NoKeyMatches;
    for key in keys {
        let other = |own: &str, theirs: &str| !own.is_empty() && own != theirs;
        // A token without an id fits every key, and so does a key without one.
        if !token.kid.is_empty() && other(&key.kid, &token.kid) || other(&key.alg, &token.alg) {
            continue;
        }
        status = Status::VerificationFails;
        // Only Ed25519 looks at the length first, and gives up on the other keys.
        if matches!(key.material, Material::Ed25519(_)) && token.signature.len() != 64 {
            return Status::Ed25519WrongLength;
        }
        if signed_by(token, &key.material) {
            return Status::Good;
        }
    }
    status
}

#[cfg(not(feature = "jwt"))]
fn signed_by(_: &Token, _: &Material) -> bool {
    false
}

/// The key's type says what is done; of the token's algorithm only the hash counts, and for RSA
/// the padding: a key without `alg` takes a token that names another family.
#[cfg(feature = "jwt")]
fn signed_by(token: &Token, key: &Material) -> bool {
    let (text, signature) = (token.signed.as_bytes(), token.signature.as_slice());
    let hash = |families: &[&str]| Hash::of(&token.alg, families);
    match key {
        Material::Rsa(key) => hash(&["RS", "PS"]).rsa(&token.alg, key, text, signature),
        Material::P256(key) => hash(&["ES"]).ecdsa(key, text, signature),
        Material::P384(key) => hash(&["ES"]).ecdsa(key, text, signature),
        Material::P521(key) => hash(&["ES"]).ecdsa(key, text, signature),
        Material::Ed25519(key) => ed25519(key, text, signature),
        Material::Shared(key) => hash(&["HS"]).hmac(key, text, signature),
    }
}

#[cfg(feature = "jwt")]
#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

#[cfg(feature = "jwt")]
impl Hash {
    /// SHA-256 unless the algorithm is of the key's family and says otherwise.
    fn of(alg: &str, families: &[&str]) -> Self {
        match families.iter().find_map(|family| alg.strip_prefix(family)) {
            Some("384") => Self::Sha384,
            Some("512") => Self::Sha512,
            _ => Self::Sha256,
        }
    }

    fn digest(self, text: &[u8]) -> Vec<u8> {
        use sha2::Digest;
        match self {
            Self::Sha256 => sha2::Sha256::digest(text).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(text).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(text).to_vec(),
        }
    }

    /// PKCS 1 for `RS…`, PSS with a salt as long as the hash for `PS…`, nothing for the rest.
    fn rsa(self, alg: &str, key: &rsa::PublicKey, text: &[u8], signature: &[u8]) -> bool {
        let digest = self.digest(text);
        let outcome = match (alg.get(..2), self) {
            (Some("RS"), Self::Sha256) => {
                key.pkcs1v15_verify_prehash::<sha2::Sha256>(&digest, signature)
            }
            (Some("RS"), Self::Sha384) => {
                key.pkcs1v15_verify_prehash::<sha2::Sha384>(&digest, signature)
            }
            (Some("RS"), Self::Sha512) => {
                key.pkcs1v15_verify_prehash::<sha2::Sha512>(&digest, signature)
            }
            (Some("PS"), Self::Sha256) => {
                key.pss_verify_prehash::<sha2::Sha256>(&digest, signature)
            }
            (Some("PS"), Self::Sha384) => {
                key.pss_verify_prehash::<sha2::Sha384>(&digest, signature)
            }
            (Some("PS"), Self::Sha512) => {
                key.pss_verify_prehash::<sha2::Sha512>(&digest, signature)
            }
            _ => return false,
        };
        outcome.is_ok()
    }

    /// The signature is two numbers of equal length, however long; an odd byte at the end is left.
    fn ecdsa<C>(self, key: &Point<C>, text: &[u8], signature: &[u8]) -> bool
    where
        C: ecdsa::EcdsaCurve + p256::elliptic_curve::CurveArithmetic,
        ecdsa::SignatureSize<C>: p256::elliptic_curve::array::ArraySize,
    {
        use crate::model::jwt::jwks::padded;
        use p256::elliptic_curve::{FieldBytes, FieldBytesSize, array::typenum::Unsigned};

        let size = FieldBytesSize::<C>::USIZE;
        let (r, rest) = signature.split_at(signature.len() / 2);
        let s = rest.get(..r.len()).unwrap_or_default();
        let (Some(r), Some(s)) = (padded(r, size), padded(s, size)) else { return false };
        let (Ok(r), Ok(s)) =
            (FieldBytes::<C>::try_from(r.as_slice()), FieldBytes::<C>::try_from(s.as_slice()))
        else {
            return false;
        };
        let Ok(signature) = ecdsa::Signature::<C>::from_scalars(r, s) else { return false };
        let point = key.to_projective();
        ecdsa::hazmat::verify_prehashed::<C>(&point, &self.digest(text), &signature).is_ok()
    }

    fn hmac(self, key: &[u8], text: &[u8], signature: &[u8]) -> bool {
        use hmac::{Hmac, KeyInit, Mac};

        fn check<M: Mac + KeyInit>(key: &[u8], text: &[u8], signature: &[u8]) -> bool {
            let Ok(mac) = <M as KeyInit>::new_from_slice(key) else { return false };
            mac.chain_update(text).verify_slice(signature).is_ok()
        }
        match self {
            Self::Sha256 => check::<Hmac<sha2::Sha256>>(key, text, signature),
            Self::Sha384 => check::<Hmac<sha2::Sha384>>(key, text, signature),
            Self::Sha512 => check::<Hmac<sha2::Sha512>>(key, text, signature),
        }
    }
}

#[cfg(feature = "jwt")]
type Point<C> = p256::elliptic_curve::PublicKey<C>;

#[cfg(feature = "jwt")]
fn ed25519(key: &[u8; 32], text: &[u8], signature: &[u8]) -> bool {
    use ed25519_dalek::{Signature, Verifier, VerifyingKey};

    let (Ok(key), Ok(signature)) =
        (VerifyingKey::from_bytes(key), Signature::from_slice(signature))
    else {
        return false;
    };
    key.verify(text, &signature).is_ok()
}
