//! A request that filters see as it was sent: nothing to normalize, no line to join or drop.

use wide::u8x16;

use crate::{
    compiled::{authz::method_number, table::word},
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
#[inline]
pub(super) fn bare(target: &str) -> Option<&str> {
    let seen = seen(target.as_bytes());
    if !target.starts_with('/') {
        return None;
    }
    if seen.odd | seen.query == 0 {
        return Some(target);
    }
    if seen.odd != 0 { marked(target) } else { target.get(..query(target.as_bytes())?) }
}

/// Where the first question mark stands. Eight letters are looked at in one step.
#[inline(never)]
fn query(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    for (start, eight) in (0_usize..).step_by(8).zip(bytes.chunks_exact(8)) {
        // A byte that is zero borrows from its own highest bit, which it does not have; the lowest
        // that seems to be zero is.
        let zeros = word(eight) ^ (ONES * u64::from(b'?'));
        let found = zeros.wrapping_sub(ONES) & !zeros & (ONES << 7);
        if found != 0 {
            return Some(start + found.trailing_zeros() as usize / 8);
        }
    }
    let rest = bytes.len() & !7;
    Some(rest + bytes.get(rest..)?.iter().position(|byte| *byte == b'?')?)
}

/// So many letters are looked at in one step.
const STEP: usize = 16;

/// What there is among letters: something, where it is not zero.
#[derive(Clone, Copy)]
struct Seen {
    /// Other than common letters, or a slash or a dot behind a slash.
    odd: u32,
    query: u32,
}

impl Seen {
    const fn and(self, other: Self) -> Self {
        Self { odd: self.odd | other.odd, query: self.query | other.query }
    }
}

#[inline]
fn seen(bytes: &[u8]) -> Seen {
    let (Some((first, _)), Some(last)) = (bytes.split_first_chunk(), bytes.last_chunk()) else {
        return look(padded(bytes));
    };
    // The first letters and the last, some of them perhaps twice; most targets are no longer.
    let mut seen = look(u8x16::new(*first)).and(look(u8x16::new(*last)));
    // Each step begins with the letter that the one before it ended with.
    let mut rest = bytes.get(STEP - 1..).unwrap_or_default();
    while rest.len() > STEP
        && let Some((next, _)) = rest.split_first_chunk()
    {
        seen = seen.and(look(u8x16::new(*next)));
        rest = rest.get(STEP - 1..).unwrap_or_default();
    }
    seen
}

/// Fewer than [`STEP`] letters, with common ones behind them.
#[inline]
fn padded(bytes: &[u8]) -> u8x16 {
    const COMMON: u128 = u128::from_le_bytes([b'a'; STEP]);
    let used = u32::try_from(8 * bytes.len()).unwrap_or(0);
    let letters = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(head), Some(tail)) => {
            let behind = u128::from(u64::from_le_bytes(*tail)).checked_shl(used.saturating_sub(64));
            u128::from(u64::from_le_bytes(*head)) | behind.unwrap_or(0)
        }
        _ => u128::from(word(bytes)),
    };
    u8x16::new((letters | COMMON.checked_shl(used).unwrap_or(0)).to_le_bytes())
}

/// What there is among letters one after the other, without a branch.
#[inline]
fn look(letters: u8x16) -> Seen {
    let all = u8x16::splat;
    let is = |letters: u8x16, letter: u8| letters.simd_eq(all(letter));
    let within = letters - all(b'&');
    let beyond = within.max(all(b'z' - b'&' + 1)).simd_eq(within);
    // `<`, `>`, `\` and `^` differ from each other in these bits alone, and no common letter has theirs.
    let marked = is(letters & all(!(b'<' ^ b'>' | b'<' ^ b'\\')), b'<' & b'\\');
    let odd = (beyond | marked | is(letters, b'`')).to_bitmask();
    let slashes = is(letters, b'/').to_bitmask();
    let slashes_and_dots = is(letters | all(b'/' ^ b'.'), b'/').to_bitmask();
    Seen { odd: odd | slashes << 1 & slashes_and_dots, query: is(letters, b'?').to_bitmask() }
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
