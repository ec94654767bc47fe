//! Kubernetes' rules for names, labels and annotation keys.
//!
//! Rules of `k8s.io/apimachinery/pkg/util/validation` and `.../api/validation`.

/// RFC 1123 label: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 63 && is_framed(text, inner, |byte| byte != b'-')
}

/// RFC 1123 subdomain: labels joined by dots, at most 253 in all. A part may be longer than 63:
/// Kubernetes checks only the whole.
pub(crate) fn is_dns_subdomain(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 253 && text.split('.').all(|part| is_framed(part, inner, |byte| byte != b'-'))
}

/// What any name must be, as it stands in a URL (`IsValidPathSegmentName`).
pub(crate) fn is_path_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.contains(['/', '%'])
}

/// Key of a label or annotation: `[prefix/]name` (`IsQualifiedName`).
pub(crate) fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_name_part(name),
        None => is_name_part(text),
    }
}

/// Value of a label: empty, or a name part.
pub(crate) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name_part(text)
}

/// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`, at most 63.
fn is_name_part(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= 63 && is_framed(text, inner, |byte| byte.is_ascii_alphanumeric())
}

/// Not empty, every byte `inner`, and the first and last also `edge`.
fn is_framed(text: &str, inner: impl Fn(u8) -> bool, edge: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(&first), Some(&last)) => {
            edge(first) && edge(last) && bytes.iter().all(|&byte| inner(byte))
        }
        _ => false,
    }
}
