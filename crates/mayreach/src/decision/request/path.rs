//! What Envoy makes of a request target before any filter sees it.

use crate::model::inventory::Normalization;

/// Envoy answers before any filter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The codec takes no such request: 400, with a body.
    Codec,
    /// The path cannot be normalized: 400.
    Normalization,
    /// A target that is no path (`*`): 404.
    NotAPath,
}

/// A request target, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Path and query, normalized.
    pub(crate) path: String,
    /// The authority of an absolute-form target: it overrides `Host`.
    pub(crate) authority: Option<String>,
}

/// Order inside Envoy (`conn_manager_utility.cc` maybeNormalizePath): the fragment is cut, escaped
/// slashes are decoded, the path is made canonical, slashes are merged. The query is untouched.
pub(crate) fn target(raw: &str, mode: Normalization) -> Result<Target, Rejected> {
    // The HTTP/1 codec takes printable ASCII without a space.
    if raw.is_empty() || !raw.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Rejected::Codec);
    }
    let (rest, authority) = origin_form(raw)?;
    let whole = rest.split_once('#').map_or(rest.as_str(), |(before, _)| before);
    let (path, query) = match whole.find('?') {
        Some(at) => whole.split_at(at),
        None => (whole, ""),
    };
    let mut path = path.to_owned();
    if mode == Normalization::DecodeAndMergeSlashes {
        path = decode_slashes(&path);
    }
    if mode != Normalization::None {
        path = canonical(&path)?;
    }
    if matches!(mode, Normalization::MergeSlashes | Normalization::DecodeAndMergeSlashes) {
        path = merge_slashes(&path);
    }
    path.push_str(query);
    Ok(Target { path, authority })
}

/// "Absolute-form request targets are reduced to origin form and override Host"; a target that
/// is neither is refused.
fn origin_form(raw: &str) -> Result<(String, Option<String>), Rejected> {
    if raw.starts_with('/') {
        return Ok((raw.to_owned(), None));
    }
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| {
            let head = raw.get(..scheme.len())?;
            head.eq_ignore_ascii_case(scheme).then(|| raw.get(scheme.len()..))?
        })
        .ok_or(Rejected::Codec)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match path.chars().next() {
        _ if authority.is_empty() => Err(Rejected::Codec),
        None => Ok(("/".to_owned(), Some(authority.to_owned()))),
        Some('/') => Ok((path.to_owned(), Some(authority.to_owned()))),
        Some('?') => Err(Rejected::NotAPath),
        Some(_) => Err(Rejected::Codec),
    }
}

/// `%2F` and `%5C`, and only those (`UNESCAPE_AND_FORWARD`).
fn decode_slashes(path: &str) -> String {
    ["%2f", "%2F"]
        .iter()
        .fold(path.to_owned(), |p, escape| p.replace(escape, "/"))
        .replace("%5c", "\\")
        .replace("%5C", "\\")
}

/// The canonical path of RFC 3986 as Envoy's URL library has it.
fn canonical(path: &str) -> Result<String, Rejected> {
    let plain = drop_dot_parameters(path);
    let mut out = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(first) = rest.chars().next() {
        if out.ends_with('/') {
            match dots(rest) {
                Dots::Current(taken) => {
                    rest = rest.get(taken..).unwrap_or_default();
                    continue;
                }
                Dots::Up(taken) => {
                    back_up(&mut out);
                    rest = rest.get(taken..).unwrap_or_default();
                    continue;
                }
                Dots::Name => {}
            }
        }
        rest = one(first, rest, &mut out)?;
    }
    Ok(out)
}

/// `/..;a=b/` counts as `/../`: Envoy drops the parameters of dot segments, written plainly,
/// before it looks at them.
fn drop_dot_parameters(path: &str) -> String {
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| {
            if segment.starts_with("..;") {
                ".."
            } else if segment.starts_with(".;") {
                "."
            } else {
                segment
            }
        })
        .collect();
    segments.join("/")
}

enum Dots {
    /// `.` and its slash: nothing. How much of the text it took.
    Current(usize),
    /// `..` and its slash: one segment up.
    Up(usize),
    /// Neither.
    Name,
}

fn dots(rest: &str) -> Dots {
    let Some(first) = dot(rest) else { return Dots::Name };
    let after = rest.get(first..).unwrap_or_default();
    if let Some(slash) = segment_end(after) {
        return Dots::Current(first + slash);
    }
    let Some(second) = dot(after) else { return Dots::Name };
    match segment_end(after.get(second..).unwrap_or_default()) {
        Some(slash) => Dots::Up(first + second + slash),
        None => Dots::Name,
    }
}

/// Length of a dot, plain or escaped, at the start of a text.
fn dot(text: &str) -> Option<usize> {
    if text.starts_with('.') {
        return Some(1);
    }
    text.get(..3).is_some_and(|t| t.eq_ignore_ascii_case("%2e")).then_some(3)
}

/// Length of the slash that ends a segment; 0 at the end of the path.
fn segment_end(text: &str) -> Option<usize> {
    match text.chars().next() {
        None => Some(0),
        Some('/' | '\\') => Some(1),
        Some(_) => None,
    }
}

/// Removes the last segment; the root stays.
fn back_up(out: &mut String) {
    out.pop();
    let keep = out.rfind('/').map_or(0, |at| at + 1);
    out.truncate(keep);
    if out.is_empty() {
        out.push('/');
    }
}

/// Canonicalizes one character (or escape) and returns what follows it.
fn one<'t>(first: char, rest: &'t str, out: &mut String) -> Result<&'t str, Rejected> {
    let after = rest.get(first.len_utf8()..).unwrap_or_default();
    match first {
        '\\' => out.push('/'),
        '"' => out.push_str("%22"),
        '<' => out.push_str("%3C"),
        '>' => out.push_str("%3E"),
        '^' => out.push_str("%5E"),
        '`' => out.push_str("%60"),
        '{' => out.push_str("%7B"),
        '|' => out.push_str("%7C"),
        '}' => out.push_str("%7D"),
        '%' => {
            let code = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
            let hex = after.bytes().take(2).all(|b| b.is_ascii_hexdigit());
            match code.filter(|_| hex) {
                Some(0) => return Err(Rejected::Normalization),
                Some(byte) if unreserved(byte) => {
                    out.push(char::from(byte));
                    return Ok(after.get(2..).unwrap_or_default());
                }
                _ => out.push('%'),
            }
        }
        other => out.push(other),
    }
    Ok(after)
}

const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Empty segments vanish; a slash at the start and at the end stay (`path_utility.cc` mergeSlashes).
fn merge_slashes(path: &str) -> String {
    if !path.contains("//") {
        return path.to_owned();
    }
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let start = if path.starts_with('/') { "/" } else { "" };
    let end = if path.ends_with('/') { "/" } else { "" };
    format!("{start}{}{end}", segments.join("/"))
}

/// The path as `paths` sees it: cut at the first `?` or `#`.
pub(crate) fn bare(path: &str) -> &str {
    path.find(['?', '#']).and_then(|at| path.get(..at)).unwrap_or(path)
}
