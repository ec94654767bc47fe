//! What may be a name (validator.go).

/// A DNS label of any length: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`.
pub(super) fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.into_iter().all(|end| end.is_some_and(plain))
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

/// Labels joined by dots.
pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

/// A label, or two joined by a dot; and the names that Calico itself makes in a namespace.
pub(super) fn is_policy(name: &str, namespaced: bool) -> bool {
    let made = ["knp.default.", "ossg.default."].iter().find_map(|p| name.strip_prefix(p));
    name.len() <= 253
        && (name.split('.').count() <= 2 && is_subdomain(name)
            || namespaced && made.is_some_and(is_subdomain))
}

/// An IANA service name: what Kubernetes takes as the name of a port.
pub(super) fn is_port(text: &str) -> bool {
    text.len() <= 15
        && is_label(text)
        && !text.contains("--")
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// What a label value can be made of: letters, digits and `- _ .`.
pub(super) fn can_be_label_value(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// A key of a label: an optional subdomain and `/`, then at most 63 of letters, digits and
/// `- _ .`, beginning and ending with a letter or digit.
pub(super) fn is_label_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    prefix.is_none_or(is_subdomain) && !name.is_empty() && is_qualified(name)
}

/// A value of a label: empty, or as the name part of a key.
pub(super) fn is_label_value(value: &str) -> bool {
    value.is_empty() || is_qualified(value)
}

fn is_qualified(text: &str) -> bool {
    let ends = [text.bytes().next(), text.bytes().next_back()];
    text.len() <= 63
        && can_be_label_value(text)
        && ends.into_iter().all(|end| end.is_some_and(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::{is_label, is_label_key, is_policy, is_port, is_subdomain};

    #[test]
    fn names() {
        assert!(is_label("a") && is_label("a-1") && is_label("1a"));
        assert!(!is_label("") && !is_label("-a") && !is_label("a-") && !is_label("A"));
        assert!(is_subdomain("a.b.c") && !is_subdomain("a..b"));
        assert!(is_policy("a", true) && is_policy("a.b", false) && !is_policy("a.b.c", false));
        assert!(is_policy("knp.default.a.b", true) && !is_policy("knp.default.a.b", false));
        assert!(is_port("http-2") && !is_port("80") && !is_port("a--b") && !is_port("Http"));
        assert!(is_label_key("a.b/c_d") && !is_label_key("/c") && !is_label_key("a b"));
    }
}
