//! What a plain (unquoted) scalar is, by Kubernetes' reading of YAML.
//!
//! `kubectl` reads YAML with go.yaml.in/yaml/v2, which follows YAML 1.1: `yes`, `on` and `y` are
//! booleans, `0777` is octal, `1_000` is a thousand. It then writes JSON and reads that back,
//! which makes `80.0` the integer 80.

use std::borrow::Cow;

use super::Value;

/// Reads a plain scalar. An error is the reason why Kubernetes cannot take it.
pub(super) fn resolve(text: &str) -> Result<Value, &'static str> {
    let Some(first) = text.bytes().next() else { return Ok(Value::Null) };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            Ok(word(text).unwrap_or_else(|| Value::String(text.to_owned())))
        }
        b'.' if is_not_finite(text) => Err(NOT_FINITE),
        b'.' => number_or_text(text, float(text)),
        b'0'..=b'9' | b'+' | b'-' if is_not_finite(text) => Err(NOT_FINITE),
        b'0'..=b'9' | b'+' | b'-' => {
            let plain: Cow<'_, str> = if text.contains('_') {
                Cow::Owned(text.replace('_', ""))
            } else {
                Cow::Borrowed(text)
            };
            match integer(&plain) {
                Some(value) => Ok(value),
                None => number_or_text(text, float(&plain)),
            }
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

const NOT_FINITE: &str = "infinity and not-a-number have no place in JSON";

fn number_or_text(text: &str, number: Option<f64>) -> Result<Value, &'static str> {
    match number {
        Some(number) if number.is_finite() => Ok(from_float(number)),
        // Go's parser calls a number that is too large an error, and the text stays text.
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn is_not_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// The words of the resolve table of go.yaml.in/yaml/v2.
fn word(text: &str) -> Option<Value> {
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

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let looks_right = unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if looks_right { text.parse().ok() } else { None }
}

/// A float as it comes back from JSON: Kubernetes reads `80.0` and `8e1` as the integer 80.
pub(super) fn from_float(number: f64) -> Value {
    // Go writes floats below 1e21 without an exponent, so that they read back as integers.
    const PAST_I64: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() == 0.0 && (-PAST_I64..PAST_I64).contains(&number) {
        #[expect(clippy::cast_possible_truncation, reason = "integral and in range of i64")]
        return Value::Int(number as i64);
    }
    Value::Float(number)
}
