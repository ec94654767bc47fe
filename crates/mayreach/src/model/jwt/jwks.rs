//! JSON Web Key Sets as Envoy reads them (source/common/jwt/jwks.cc): keys that it cannot use are
//! left out; a set without a usable key makes it refuse the whole listener.

use serde_json::{Map, Value};

use super::{base64, json};

/// A key set.
#[derive(Clone, Debug)]
pub(crate) enum Jwks {
    Keys(Vec<Key>),
    /// Envoy refuses it, in these words.
    Refused(&'static str),
    /// It may be good and is not read here; what for.
    Unread(&'static str),
}

/// One public (or shared) key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Empty: any.
    pub(crate) kid: String,
    /// Empty: any.
    pub(crate) alg: String,
    pub(crate) material: Material,
}

/// What signatures are checked with.
#[derive(Clone, Debug)]
pub(crate) enum Material {
    #[cfg(feature = "jwt")]
    Rsa(Box<rsa::PublicKey>),
    #[cfg(feature = "jwt")]
    P256(p256::PublicKey),
    #[cfg(feature = "jwt")]
    P384(p384::PublicKey),
    #[cfg(feature = "jwt")]
    P521(Box<p521::PublicKey>),
    #[cfg_attr(not(feature = "jwt"), expect(dead_code, reason = "signatures are not checked"))]
    Ed25519([u8; 32]),
    #[cfg_attr(not(feature = "jwt"), expect(dead_code, reason = "signatures are not checked"))]
    Shared(Vec<u8>),
}

/// A field that must hold text.
fn text<'k>(
    key: &'k Map<String, Value>,
    name: &str,
    missing: &'static str,
    wrong: &'static str,
) -> Result<&'k str, &'static str> {
    match key.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(wrong),
        None => Err(missing),
    }
}

/// A field that may hold text; anything else counts as absent.
fn optional<'k>(key: &'k Map<String, Value>, name: &str) -> &'k str {
    key.get(name).and_then(Value::as_str).unwrap_or_default()
}

impl Jwks {
    /// Reads a key set.
    pub(crate) fn read(text: &str) -> Self {
        let Some(set) = json::object(text) else { return Self::Refused("Jwks is an invalid JSON") };
        let keys = match set.get("keys") {
            Some(Value::Array(keys)) => keys,
            Some(_) => return Self::Refused("[keys] in Jwks is not an array"),
            None if is_certificates(&set) => {
                return Self::Unread("a set of X.509 certificates");
            }
            None => return Self::Refused("Jwks does not have [keys] field"),
        };
        if cfg!(not(feature = "jwt")) {
            return Self::Unread("built without the feature `jwt`");
        }
        let (mut good, mut first_fault) = (Vec::new(), None);
        for key in keys.iter().filter_map(Value::as_object) {
            match read_key(key) {
                Ok(key) => good.push(key),
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
        }
        if good.is_empty() {
            return Self::Refused(first_fault.unwrap_or("Jwks doesn't have any valid public key"));
        }
        Self::Keys(good)
    }
}

/// Envoy also takes `{"kid": "<PEM>", …}`.
fn is_certificates(set: &Map<String, Value>) -> bool {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----\n";
    const END: &str = "\n-----END CERTIFICATE-----\n";
    let is_certificate = |value: &Value| {
        value.as_str().is_some_and(|text| text.starts_with(BEGIN) && text.ends_with(END))
    };
    !set.is_empty() && set.iter().all(|(kid, value)| !kid.is_empty() && is_certificate(value))
}

/// One key. `use`, `key_ops`, `x5c` and private parts are not looked at.
fn read_key(key: &Map<String, Value>) -> Result<Key, &'static str> {
    let kty = text(key, "kty", "[kty] is missing in [keys]", "[kty] is bad in [keys]")?;
    let alg = optional(key, "alg");
    let material = match kty {
        "RSA" => read_rsa(key, alg)?,
        "EC" => read_ec(key, alg)?,
        "oct" => read_shared(key, alg)?,
        "OKP" => read_okp(key, alg)?,
        _ => return Err("[kty] is not supported in [keys]"),
    };
    Ok(Key { kid: optional(key, "kid").to_owned(), alg: alg.to_owned(), material })
}

fn read_rsa(key: &Map<String, Value>, alg: &str) -> Result<Material, &'static str> {
    const BAD: &str = "Jwks RSA [n] or [e] field is missing or has a parse error";
    if !(alg.is_empty() || alg.starts_with("RS") || alg.starts_with("PS")) {
        return Err("[alg] is not started with [RS] or [PS] for an RSA key");
    }
    let n = text(
        key,
        "n",
        "[n] field is missing for a RSA key",
        "[n] field is not string for a RSA key",
    )?;
    let e = text(
        key,
        "e",
        "[e] field is missing for a RSA key",
        "[e] field is not string for a RSA key",
    )?;
    let (n, e) = (base64::decode(n).ok_or(BAD)?, base64::decode(e).ok_or(BAD)?);
    // "non-standard key; reject it early"
    if !matches!(significant(&e), [3] | [1, 0, 1]) {
        return Err(BAD);
    }
    rsa_key(significant(&n), significant(&e)).ok_or(BAD)
}

/// Without leading zeros.
pub(crate) fn significant(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn read_ec(key: &Map<String, Value>, alg: &str) -> Result<Material, &'static str> {
    const PARSE: &str = "Jwks EC [x] and [y] fields have a parse error.";
    if !(alg.is_empty() || alg.starts_with("ES")) {
        return Err("[alg] is not started with [ES] for an EC key");
    }
    let curve = match key.get("crv") {
        None => "",
        Some(Value::String(curve)) => curve,
        Some(_) => return Err("[crv] field is not string for an EC key"),
    };
    let curve = match (alg, curve) {
        ("" | "ES256", "P-256" | "") => Curve::P256,
        ("" | "ES384", "P-384") | ("ES384", "") => Curve::P384,
        ("" | "ES512", "P-521") | ("ES512", "") => Curve::P521,
        (alg, curve) if !alg.is_empty() && !curve.is_empty() => {
            return Err("[crv] field specified is not compatible with [alg] for an EC key");
        }
        _ => return Err("[crv] or [alg] field is not supported for an EC key"),
    };
    let x = text(
        key,
        "x",
        "[x] field is missing for an EC key",
        "[x] field is not string for an EC key",
    )?;
    let y = text(
        key,
        "y",
        "[y] field is missing for an EC key",
        "[y] field is not string for an EC key",
    )?;
    let (Some(x), Some(y)) = (base64::decode(x), base64::decode(y)) else {
        return Err("Jwks EC [x] or [y] field is an invalid Base64.");
    };
    ec_key(curve, &x, &y).ok_or(PARSE)
}

#[derive(Clone, Copy)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// Bytes of a coordinate.
    const fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

fn read_shared(key: &Map<String, Value>, alg: &str) -> Result<Material, &'static str> {
    if !matches!(alg, "" | "HS256" | "HS384" | "HS512") {
        return Err("[alg] does not start with [HS] for an HMAC key");
    }
    let k = text(
        key,
        "k",
        "[k] field is missing for an HMAC key",
        "[k] field is not string for an HMAC key",
    )?;
    match base64::decode(k) {
        Some(bytes) if !bytes.is_empty() => Ok(Material::Shared(bytes)),
        _ => Err("Jwks Oct key is an invalid Base64"),
    }
}

fn read_okp(key: &Map<String, Value>, alg: &str) -> Result<Material, &'static str> {
    if !matches!(alg, "" | "EdDSA") {
        return Err("[alg] is not [EdDSA] for an OKP key");
    }
    let curve = text(
        key,
        "crv",
        "[crv] field is missing for an OKP key",
        "[crv] field is not string for an OKP key",
    )?;
    if curve != "Ed25519" {
        return Err("[crv] field is not supported for an OKP key");
    }
    let x = text(
        key,
        "x",
        "[x] field is missing for an OKP key",
        "[x] field is not string for an OKP key",
    )?;
    let bytes = base64::decode(x).ok_or("Jwks OKP [x] field is an invalid Base64.")?;
    bytes.try_into().map(Material::Ed25519).map_err(|_| "Jwks OKP [x] field is wrong length.")
}

/// Big-endian digits in exactly `size` bytes.
pub(crate) fn padded(digits: &[u8], size: usize) -> Option<Vec<u8>> {
    let digits = significant(digits);
    let mut out = vec![0; size.checked_sub(digits.len())?];
    out.extend_from_slice(digits);
    Some(out)
}

/// Sizes that `BoringSSL` takes (`RSA_check_key`).
#[cfg(feature = "jwt")]
fn rsa_key(n: &[u8], e: &[u8]) -> Option<Material> {
    const BITS: std::ops::RangeInclusive<usize> = 512..=16384;
    let (n, e) =
        (rsa::BoxedUint::from_be_slice_vartime(n), rsa::BoxedUint::from_be_slice_vartime(e));
    let key = rsa::PublicKey::new_with_size_limits(n, e, BITS).ok()?;
    Some(Material::Rsa(Box::new(key)))
}

#[cfg(not(feature = "jwt"))]
fn rsa_key(_: &[u8], _: &[u8]) -> Option<Material> {
    None
}

/// The point must be on the curve (`EC_KEY_set_public_key_affine_coordinates`).
#[cfg(feature = "jwt")]
fn ec_key(curve: Curve, x: &[u8], y: &[u8]) -> Option<Material> {
    // SEC 1: 4, then both coordinates in full.
    let point = [vec![4], padded(x, curve.size())?, padded(y, curve.size())?].concat();
    Some(match curve {
        Curve::P256 => Material::P256(p256::PublicKey::from_sec1_bytes(&point).ok()?),
        Curve::P384 => Material::P384(p384::PublicKey::from_sec1_bytes(&point).ok()?),
        Curve::P521 => Material::P521(Box::new(p521::PublicKey::from_sec1_bytes(&point).ok()?)),
    })
}

#[cfg(not(feature = "jwt"))]
fn ec_key(curve: Curve, x: &[u8], y: &[u8]) -> Option<Material> {
    padded(x, curve.size())?;
    padded(y, curve.size())?;
    None
}
