//! The lexical rules of the API server: names, labels, port names (apimachinery
//! util/validation/validation.go).

/// Which rule an object's name follows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name {
    /// RFC 1123 subdomain: most kinds.
    Subdomain,
    /// RFC 1123 label: namespaces and services.
    Label,
}

impl Name {
    pub(super) fn check(self, name: &str) -> Result<(), String> {
        match self {
            Self::Subdomain if is_subdomain(name) => Ok(()),
            Self::Label if is_dns_label(name) => Ok(()),
            Self::Subdomain => Err(format!(
                "`{name}` is no RFC 1123 subdomain: at most 253 lower-case letters, digits, `-` \
                 and `.`, each part beginning and ending with a letter or digit"
            )),
            Self::Label => Err(format!(
                "`{name}` is no RFC 1123 label: at most 63 lower-case letters, digits and `-`, \
                 beginning and ending with a letter or digit"
            )),
        }
    }
}

fn is_dns_label_text(text: &str) -> bool {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    !text.is_empty()
        && text.bytes().all(|c| inner(c) || c == b'-')
        && text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
}

fn is_dns_label(text: &str) -> bool {
    text.len() <= 63 && is_dns_label_text(text)
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label_text)
}

/// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
fn is_label_text(text: &str) -> bool {
    let edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
        && edge(text.bytes().next())
        && edge(text.bytes().next_back())
}

/// A label key: an optional DNS subdomain and `/`, then a name (`IsQualifiedName`).
pub(super) fn label_key(key: &str) -> Result<(), String> {
    let mut parts = key.split('/');
    let (prefix, name) = match (parts.next(), parts.next(), parts.next()) {
        (Some(name), None, _) => (None, name),
        (Some(prefix), Some(name), None) => (Some(prefix), name),
        _ => return Err(format!("label key `{key}` has more than one `/`")),
    };
    if prefix.is_some_and(|p| !is_subdomain(p)) {
        return Err(format!("the part of label key `{key}` before `/` is no DNS subdomain"));
    }
    if name.is_empty() {
        return Err(format!("label key `{key}` has no name"));
    }
    if name.len() > 63 {
        return Err(format!("the name of label key `{key}` is longer than 63 characters"));
    }
    if !is_label_text(name) {
        return Err(format!(
            "label key `{key}` must be letters, digits, `-`, `_` and `.`, beginning and ending \
             with a letter or digit"
        ));
    }
    Ok(())
}

/// A label value: empty, or like a key's name (`IsValidLabelValue`).
pub(super) fn label_value(value: &str) -> Result<(), String> {
    if value.len() > 63 {
        return Err(format!("label value `{value}` is longer than 63 characters"));
    }
    if !value.is_empty() && !is_label_text(value) {
        return Err(format!(
            "label value `{value}` must be letters, digits, `-`, `_` and `.`, beginning and \
             ending with a letter or digit"
        ));
    }
    Ok(())
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
