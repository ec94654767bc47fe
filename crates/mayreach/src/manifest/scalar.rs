//! What a plain (unquoted) scalar is, by Kubernetes' reading of YAML.
//!
//! `kubectl` reads YAML with go.yaml.in/yaml/v2, which follows YAML 1.1: `yes`, `on` and `y` are
//! booleans, `0777` is octal, `1_000` is a thousand. It then writes JSON and reads that back,
//! which makes `80.0` the integer 80.

use std::borrow::Cow;

use super::Value;

/// The first float that is too large for an i64: 2 to the power of 63.
const PAST_I64: f64 = 9_223_372_036_854_775_808.0;

/// What a plain scalar is; `None` if it is text. Floats are as written, see [`as_json`]. An error
/// is the reason why Kubernetes cannot take the scalar.
pub(super) fn resolve(text: &str) -> Result<Option<Value>, &'static str> {
    let Some(first) = text.bytes().next() else { return Ok(Some(Value::Null)) };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            Ok(word(text))
        }
        b'0'..=b'9' | b'+' | b'-' | b'.' if is_not_finite(text) => {
            Err("infinity and not-a-number have no place in JSON")
        }
        b'.' => Ok(float(text)),
        b'0'..=b'9' | b'+' | b'-' => {
            let plain: Cow<'_, str> = if text.contains('_') {
                Cow::Owned(text.replace('_', ""))
            } else {
                Cow::Borrowed(text)
            };
            Ok(integer(&plain).or_else(|| float(&plain)))
        }
        _ => Ok(None),
    }
}

fn is_not_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// The words of the resolve table of go.yaml.in/yaml/v2.
fn word(text: &str) -> Option<Value> {
    const LONGEST: usize = "false".len();
    if text.len() > LONGEST {
        return None;
    }
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Some(Value::Bool(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(Value::Bool(false))
        }
        "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        _ => None,
    }
}

/// Go's `ParseInt` with base 0: `0x`, `0o`, `0b`, and a leading zero for octal.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    let signed = if negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    };
    match signed {
        Some(value) => Some(Value::Int(value)),
        // `ParseUint` takes no sign; what it reads is past an i64 and becomes a float in JSON.
        None if text.as_bytes().first() != Some(&b'+') && !negative => {
            Some(Value::Float(large(magnitude)))
        }
        None => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "Kubernetes' JSON loses the same digits")]
fn large(magnitude: u64) -> f64 {
    magnitude as f64
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; a number too large for a float is an
/// error of Go's parser, and stays text.
fn float(text: &str) -> Option<Value> {
    let allowed =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if !text.bytes().all(allowed) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Value::Float(number))
}

/// A value as it comes back from JSON: Kubernetes reads `80.0` and `8e1` as the integer 80.
pub(super) fn as_json(value: Value) -> Value {
    // Go writes floats below 1e21 without an exponent, so that they read back as integers.
    match value {
        Value::Float(number)
            if number.fract() == 0.0 && (-PAST_I64..PAST_I64).contains(&number) =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "integral and in range of i64")]
            Value::Int(number as i64)
        }
        value => value,
    }
}

/// A float as the key of a map: Go's `FormatFloat(number, 'g', -1, 32)`, as sigs.k8s.io/yaml
/// calls it. `None` if it is large: it may be an integer past an i64, which `kubectl` refuses.
pub(super) fn float_key(number: f64) -> Option<String> {
    if number.abs() >= PAST_I64 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "what sigs.k8s.io/yaml does")]
    let number = number as f32;
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if (-4..6).contains(&exponent) {
        return Some(number.to_string());
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.unsigned_abs()))
}
