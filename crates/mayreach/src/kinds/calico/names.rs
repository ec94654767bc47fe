//! What may be a name in Calico's API (validator.go); the rest is as in Kubernetes.

pub(super) use crate::manifest::names::is_dns_subdomain as is_subdomain;

/// A DNS label of any length: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`.
pub(super) fn is_label(text: &str) -> bool {
    !text.contains('.') && is_subdomain(text)
}

/// A label, or two joined by a dot; and the names that Calico itself makes in a namespace.
pub(super) fn is_policy(name: &str, namespaced: bool) -> bool {
    let made = ["knp.default.", "ossg.default."].iter().find_map(|p| name.strip_prefix(p));
    let plain = name.split('.').count() <= 2 && is_subdomain(name);
    plain || (namespaced && made.is_some_and(is_subdomain))
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

#[cfg(test)]
mod tests {
    use super::{is_label, is_policy, is_port};

    #[test]
    fn names() {
        assert!(is_label("a") && is_label("a-1") && is_label("1a"));
        assert!(!is_label("") && !is_label("-a") && !is_label("a-") && !is_label("A"));
        assert!(is_policy("a", true) && is_policy("a.b", false) && !is_policy("a.b.c", false));
        assert!(is_policy("knp.default.a.b", true) && !is_policy("knp.default.a.b", false));
        assert!(is_port("http-2") && !is_port("80") && !is_port("a--b") && !is_port("Http"));
    }
}
