//! The lexical rules of the API server: labels, port names and numbers (apimachinery
//! util/validation/validation.go).

use crate::manifest::names;

/// What is wrong with a label key, if anything is.
pub(super) fn label_key(key: &str) -> Result<(), String> {
    if names::is_qualified_name(key) {
        return Ok(());
    }
    Err(format!("`{key}` is not a valid label key"))
}

/// What is wrong with a label value, if anything is.
pub(super) fn label_value(value: &str) -> Result<(), String> {
    if names::is_label_value(value) {
        return Ok(());
    }
    Err(format!("`{value}` is not a valid label value"))
}

/// What is wrong with a label; nothing if it is well formed.
pub(super) fn label(key: &str, value: &str) -> impl Iterator<Item = String> {
    [label_key(key).err(), label_value(value).err()].into_iter().flatten()
}

/// An IANA service name (`IsValidPortName`).
pub(super) fn port_name(name: &str) -> Result<(), String> {
    let fault = if name.len() > 15 {
        "is longer than 15 characters"
    } else if !name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-') {
        "may hold only lower-case letters, digits and `-`"
    } else if !name.bytes().any(|c| c.is_ascii_lowercase()) {
        "must hold at least one letter"
    } else if name.contains("--") {
        "must not hold two `-` in a row"
    } else if name.starts_with('-') || name.ends_with('-') {
        "must not begin or end with `-`"
    } else {
        return Ok(());
    };
    Err(format!("port name `{name}` {fault}"))
}

/// A port number, 1 to 65535 (`IsValidPortNum`).
pub(super) fn port_number(number: i64) -> Result<u16, String> {
    match u16::try_from(number) {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("port {number} is not between 1 and 65535")),
    }
}
