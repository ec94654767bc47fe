//! A request that filters see as it was sent: nothing to normalize, no line to join or drop.

use crate::{
    compiled::authz::method_number,
    decision::request::METHODS,
    model::{Http, Request, Token},
};

/// What filters see of a request; `None` is "not said".
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct View<'a> {
    pub(crate) method: Option<&'a str>,
    /// Its bit in a rule's methods.
    pub(crate) bit: Option<u8>,
    /// Path and query.
    pub(crate) target: Option<&'a str>,
    /// The path alone.
    pub(crate) path: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// No other header is sent.
    pub(crate) complete: bool,
    pub(crate) token: Token<'a>,
}

/// A flow's request, if it is one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Saw<'a> {
    Request(View<'a>),
    /// The codec answers 400 itself.
    Refused,
    /// What filters see has to be worked out.
    Unusual,
}

/// What an HTTP chain sees of a flow.
#[inline]
pub(crate) fn see<'a>(http: &Http<'a>, token: Token<'a>, http2: bool) -> Saw<'a> {
    match http {
        Http::Request(request) => of_request(request, token, http2),
        Http::Raw => Saw::Refused,
        Http::Unknown => Saw::Request(View { token, ..View::default() }),
    }
}

#[inline]
fn of_request<'a>(request: &Request<'a>, token: Token<'a>, http2: bool) -> Saw<'a> {
    let whole = request.method.is_some() && request.path.is_some();
    let bit = request.method.and_then(method_number);
    if let Some(method) = request.method {
        // The common ones come first, and every codec takes them.
        if !(http2 || bit.is_some_and(|bit| bit < 7) || METHODS.contains(&method)) {
            return Saw::Refused;
        }
        if method == "CONNECT" {
            return Saw::Unusual;
        }
    }
    let path = match request.path {
        None => None,
        Some(target) => match bare(target) {
            Some(path) => Some(path),
            None => return Saw::Unusual,
        },
    };
    let headers = request.headers.unwrap_or_default();
    // HTTP/2 puts split cookies together.
    let cookie = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case("cookie");
    if http2 && headers.iter().filter(cookie).nth(1).is_some() {
        return Saw::Unusual;
    }
    let is_host = |name: &str| matches!(name.len(), 4 | 10) && names_host(name);
    if headers.iter().any(|(name, _)| is_host(name)) {
        return Saw::Unusual;
    }
    // "Token unknown when the request is whole: as if absent".
    let token = match token {
        Token::Unknown if whole => Token::Absent,
        other => other,
    };
    Saw::Request(View {
        method: request.method,
        bit,
        target: request.path,
        path,
        host: request.host,
        headers,
        complete: whole || request.headers.is_some(),
        token,
    })
}

fn names_host(name: &str) -> bool {
    name.eq_ignore_ascii_case("host") || name == ":authority"
}

/// The path of a target that no normalization changes; `None`: it may.
pub(super) fn bare(target: &str) -> Option<&str> {
    let bytes = target.as_bytes();
    let seen = if bytes.len() > 16 { steps::<16>(bytes) } else { steps::<8>(bytes) };
    match seen {
        Some(0) => Some(target),
        Some(QUERY) => target.get(..query(bytes)?),
        _ => marked(target),
    }
}

/// Where the first question mark stands. Eight letters are looked at in one step.
#[inline]
fn query(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    let eights = bytes.chunks_exact(8).take_while(|eight| {
        let letters = eight.first_chunk().map_or(0, |all| u64::from_le_bytes(*all));
        // A byte that is zero borrows from its own highest bit, which it does not have.
        let zeros = letters ^ (ONES * u64::from(b'?'));
        zeros.wrapping_sub(ONES) & !zeros & (ONES << 7) == 0
    });
    let start = eights.count() * 8;
    Some(start + bytes.get(start..)?.iter().position(|byte| *byte == b'?')?)
}

/// Whether a target that begins with a slash is of common letters only, and no slash or dot stands
/// behind a slash: 0, or [`QUERY`] if there is one. `N` letters are looked at in one step, without
/// a branch between them.
#[inline]
fn steps<const N: usize>(bytes: &[u8]) -> Option<u8> {
    let (first, behind) = bytes.split_first()?;
    let (_, before) = bytes.split_last()?;
    // The first letters and the last, some of them perhaps twice; most targets are no longer.
    let start = look::<N>(before.first_chunk()?, behind.first_chunk()?);
    let mut seen = both(start, look(before.last_chunk()?, behind.last_chunk()?));
    let (mut one, mut next) = (before.get(N..)?, behind.get(N..)?);
    while one.len() > N {
        seen = both(seen, look(one.first_chunk()?, next.first_chunk()?));
        (one, next) = (one.get(N..)?, next.get(N..)?);
    }
    if *first != b'/' {
        return None;
    }
    Some(if seen == [0; N] { 0 } else { seen.iter().fold(0, |all, seen| all | seen) })
}

/// What there is among letters, each with the one before it.
#[inline]
fn look<const N: usize>(before: &[u8; N], letters: &[u8; N]) -> [u8; N] {
    let mut seen = [0; N];
    for ((seen, a), b) in seen.iter_mut().zip(before).zip(letters) {
        *seen = unusual(*b) | pair(*a, *b);
    }
    seen
}

#[inline]
fn both<const N: usize>(mut one: [u8; N], other: [u8; N]) -> [u8; N] {
    one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
    one
}

/// [`ODD`] for all but common letters, [`QUERY`] for a question mark.
#[expect(clippy::needless_bitwise_bool, reason = "without a branch many letters go at once")]
const fn unusual(byte: u8) -> u8 {
    let letter = (byte | 0x20).wrapping_sub(b'a') <= b'z' - b'a';
    let digit = byte.wrapping_sub(b'&') <= b';' - b'&';
    let query = byte == b'?';
    let known = letter | digit | query | (byte == b'=') | (byte == b'_');
    ((!known as u8) * ODD) | (query as u8 * QUERY)
}

/// [`ODD`] for a slash with a slash or a dot behind it.
#[expect(clippy::needless_bitwise_bool, reason = "without a branch many letters go at once")]
const fn pair(byte: u8, next: u8) -> u8 {
    (((byte == b'/') & ((next | 1) == b'/')) as u8) * ODD
}

/// The same, letter by letter.
#[inline(never)]
fn marked(target: &str) -> Option<&str> {
    let bytes = target.as_bytes();
    if bytes.first() != Some(&b'/') {
        return None;
    }
    let seen = marks(bytes);
    if seen & ODD != 0 {
        return None;
    }
    if seen & (QUERY | ESCAPED | PAIR) == 0 {
        return Some(target);
    }
    if seen & QUERY == 0 {
        return None;
    }
    // What has to be looked at may all be in the query, which nobody normalizes.
    let path = target.get(..bytes.iter().position(|b| *b == b'?')?)?;
    (marks(path.as_bytes()) & (ESCAPED | PAIR) == 0).then_some(path)
}

/// No request target, or one with a fragment.
const ODD: u8 = 1;
const QUERY: u8 = 2;
/// May be written in another way.
const ESCAPED: u8 = 4;
const SLASH: u8 = 8;
/// A slash, and what makes an empty segment or one of dots behind it.
const PAIR: u8 = 16;

const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut n = 0;
    while n < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let byte = n as u8;
        #[expect(clippy::indexing_slicing, reason = "at compile time")]
        {
            kinds[n] = match byte {
                0..=b' ' | 0x7f..=0xff | b'#' => ODD,
                b'?' => QUERY,
                b'%' | b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' => ESCAPED,
                b'/' => SLASH | PAIR,
                b'.' => PAIR,
                _ => 0,
            };
        }
        n += 1;
    }
    kinds
};

/// What kinds of characters there are. [`PAIR`] only where a slash stands before it.
#[inline]
fn marks(bytes: &[u8]) -> u8 {
    let (mut seen, mut before) = (0, 0);
    for byte in bytes {
        let kind = KINDS.get(usize::from(*byte)).copied().unwrap_or(ODD);
        seen |= kind & !PAIR | before << 1 & kind;
        before = kind & SLASH;
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::{bare, marked};
    use crate::{decision::request::path::target, model::inventory::Normalization};

    #[test]
    fn eight_letters_at_once_are_as_one_after_the_other() {
        for len in 0..40 {
            let text = "/".to_owned() + &"a".repeat(len);
            assert_eq!(bare(&text), Some(text.as_str()));
            for at in 1..=len {
                for put in (0..=255).map(char::from) {
                    let mut odd = text.clone();
                    odd.replace_range(at..=at, &put.to_string());
                    assert_eq!(bare(&odd), marked(&odd), "{odd:?}");
                }
                for put in ["//", "/.", "./", "/a", "..", ".."] {
                    let mut odd = text.clone();
                    odd.replace_range(at..=at, put);
                    assert_eq!(bare(&odd), marked(&odd), "{odd:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_clean_is_left_alone_by_every_normalization() {
        let pieces =
            ["/", "a", ".", "%2f", "%41", "?", "x=%20", "#", "\\", "..", ";", "{", " ", "é"];
        let mut texts: Vec<String> = vec![String::new()];
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|t| pieces.iter().map(move |p| format!("{t}{p}")));
            texts = longer.collect();
            for text in &texts {
                let Some(path) = bare(text) else { continue };
                for mode in [
                    Normalization::None,
                    Normalization::Base,
                    Normalization::MergeSlashes,
                    Normalization::DecodeAndMergeSlashes,
                ] {
                    let slow = target(text, mode).unwrap();
                    assert_eq!((slow.path.as_str(), slow.authority), (text.as_str(), None));
                    assert_eq!(crate::decision::request::path::bare(&slow.path), path);
                }
            }
        }
    }
}
