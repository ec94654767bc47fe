//! What the webhook thinks of an inline key set (`jwk.Parse` of lestrrat-go/jwx v1): other rules
//! than those of Envoy, which reads it in the end.

use serde_json::{Deserializer, Map, Value};

/// Reads a key set as the webhook does. Answers which keys hold private parts, or why it is
/// refused.
pub(super) fn parse(text: &str) -> Result<Vec<usize>, String> {
    // What stands behind the first value is not looked at.
    let first = Deserializer::from_str(text).into_iter::<Value>().next();
    let set = match first {
        Some(Ok(Value::Object(set))) => set,
        Some(Ok(_)) | None => return Err("the key set is not a JSON object".to_owned()),
        Some(Err(error)) => return Err(format!("the key set is not JSON: {error}")),
    };
    let mut private = Vec::new();
    match set.get("keys") {
        Some(Value::Array(keys)) => {
            for (index, key) in keys.iter().enumerate() {
                let key = key.as_object().ok_or(format!("key {index} is not an object"))?;
                if read(key).map_err(|why| format!("key {index}: {why}"))? {
                    private.push(index);
                }
            }
        }
        Some(Value::Null) => {}
        Some(_) => return Err("`keys` is not a list".to_owned()),
        // One key on its own passes the webhook.
        None if set.contains_key("kty") => {
            if read(&set)? {
                private.push(0);
            }
        }
        None => return Err("the key set has no `keys`".to_owned()),
    }
    Ok(private)
}

/// Whether a key holds private parts.
fn read(key: &Map<String, Value>) -> Result<bool, String> {
    let kty = key.get("kty").and_then(Value::as_str).unwrap_or_default();
    let required: &[&str] = match kty {
        "RSA" => &["n", "e"],
        "EC" => &["crv", "x", "y"],
        "OKP" => &["crv", "x"],
        "oct" => &["k"],
        "" => return Err("`kty` is missing".to_owned()),
        other => return Err(format!("`{other}` is not a key type")),
    };
    for name in ["kid", "alg", "use", "crv"] {
        if key.get(name).is_some_and(|value| !value.is_string()) {
            return Err(format!("`{name}` is not a string"));
        }
    }
    for name in ["n", "e", "x", "y", "k", "d"] {
        match key.get(name) {
            Some(Value::String(text)) if is_base64(text) => {}
            Some(_) => return Err(format!("`{name}` is not base64url text")),
            None => {}
        }
    }
    match required.iter().find(|name| !key.contains_key(**name)) {
        Some(name) => Err(format!("`{name}` is missing")),
        None => Ok(kty == "oct" || key.contains_key("d")),
    }
}

/// Either alphabet; padding only where it is due.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'/');
    digits.bytes().all(known)
        && digits.len() % 4 != 1
        && (digits.len() == text.len()
            || text.len().is_multiple_of(4) && text.len() - digits.len() <= 2)
}
