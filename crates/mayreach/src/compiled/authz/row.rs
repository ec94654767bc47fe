//! Rules as rows of half a line of memory each: what a method and the first letters of a path can
//! tell is told without looking anywhere else.

use super::rule::{How, PathTest, Rule};

/// A path that nothing changes, ready to be held against rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'a> {
    pub(crate) text: &'a str,
    /// Its first eight letters.
    head: u64,
}

/// The first eight letters as one number; a shorter text ends in zeros.
#[inline]
fn head(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(all) => u64::from_le_bytes(*all),
        None => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

impl<'a> Path<'a> {
    #[inline]
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, head: head(text.as_bytes()) }
    }
}

/// One value of a rule's path, or a rule that asks for none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The first letters of the value, and which bits of them count.
    head: u64,
    mask: u64,
    /// Number in the pick.
    pub(crate) rule: u32,
    /// Where the whole value is.
    at: u32,
    len: u32,
    /// Bits of the seven common methods; the last is for all others.
    methods: u8,
    pub(crate) asks: Asks,
}

/// What is left to ask beside the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    Nothing,
    Exact,
    Prefix,
    /// A suffix, or any path at all.
    Other,
    /// The rule as it is written.
    Written,
}

/// So many methods have a bit in each row.
pub(crate) const METHODS_OF_ROWS: u8 = 7;

impl Row {
    /// The rows of one rule, in whose order nothing lies.
    pub(super) fn add(
        out: &mut Vec<Self>,
        number: u32,
        rule: &Rule,
        tests: &[PathTest],
        all: &str,
    ) {
        let uncommon = rule.methods >> METHODS_OF_ROWS != 0;
        let [common, ..] = rule.methods.to_le_bytes();
        let methods = common & !(1 << METHODS_OF_ROWS) | u8::from(uncommon) << METHODS_OF_ROWS;
        let bare =
            Self { head: 0, mask: 0, rule: number, at: 0, len: 0, methods, asks: Asks::Nothing };
        if !(rule.plain && rule.sources_by_key) {
            return out.push(Self { asks: Asks::Written, ..bare });
        }
        let (from, to) = rule.paths;
        let tests = tests.get(from as usize..to as usize).unwrap_or_default();
        if tests.is_empty() {
            out.push(bare);
        }
        for test in tests {
            let text = test.text(all).unwrap_or_default();
            let asks = match test.how {
                How::Exact => Asks::Exact,
                How::Prefix => Asks::Prefix,
                How::Suffix | How::NonEmpty => Asks::Other,
            };
            let whole = matches!(asks, Asks::Exact | Asks::Prefix);
            let letters = if whole { text.len().min(8) } else { 0 };
            let mask = (0..letters).fold(0, |mask, n| mask | 0xff << (8 * n));
            let head = head(text) & mask;
            out.push(Self { head, mask, at: test.at, len: test.len, asks, ..bare });
        }
    }

    /// Whether it takes a method, by the bit of [`super::method_number`].
    #[inline]
    pub(crate) const fn takes(&self, method: u8) -> bool {
        let bit = if method < METHODS_OF_ROWS { method } else { METHODS_OF_ROWS };
        self.methods >> bit & 1 == 1
    }

    /// Whether the first letters of a path are those of the value.
    #[inline]
    pub(crate) const fn may(&self, path: &Path<'_>) -> bool {
        path.head & self.mask == self.head
    }

    /// Whether the rest of a path is as the value wants it, which lies in `all`. Its first letters
    /// are.
    #[inline]
    pub(crate) fn rest(&self, path: &Path<'_>, all: &str) -> bool {
        let (len, bytes) = (self.len as usize, path.text.as_bytes());
        let long = match self.asks {
            Asks::Nothing => return true,
            Asks::Exact => bytes.len() == len,
            Asks::Prefix => bytes.len() >= len,
            Asks::Other | Asks::Written => return false,
        };
        long && (len <= 8 || {
            let at = self.at as usize;
            let value = all.as_bytes().get(at..at + len);
            let same =
                |value| crate::compiled::table::same(value, bytes.get(..len).unwrap_or_default());
            value.is_some_and(same)
        })
    }
}
