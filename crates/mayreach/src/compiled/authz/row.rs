//! Rules as rows of half a line of memory each: what a method and the first letters of a path can
//! tell is told without looking anywhere else.

use super::rule::{How, PathTest, Rule};
use crate::{
    compiled::table::{same_behind, word},
    model::PolicyId,
};

/// A path that nothing changes, ready to be held against rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'a> {
    pub(crate) text: &'a str,
    /// Its first eight letters.
    head: u64,
}

impl<'a> Path<'a> {
    #[inline]
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, head: word(text.as_bytes()) }
    }
}

/// A rule of a pick, and what it is called outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Number in the pick; of several that match the lowest decides.
    pub(crate) number: u32,
    pub(crate) policy: PolicyId,
    pub(crate) rule: u32,
}

impl Hit {
    /// No rule.
    pub(crate) const NONE: Self = Self { number: u32::MAX, policy: PolicyId(u32::MAX), rule: 0 };
}

/// One value of a rule's path. A rule that asks for none has the slash with which every path
/// begins.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(crate) struct Row {
    /// The first letters of the value, eight at most.
    head: u64,
    pub(crate) hit: Hit,
    /// Where the whole value is.
    at: u32,
    len: u16,
    /// Bits of the seven common methods; the last is for all others.
    methods: u8,
    /// How many bits of a path's head do not count.
    rest: u8,
    /// Its rule denies.
    pub(crate) denies: bool,
    pub(crate) asks: Asks,
}

const _: () = assert!(size_of::<Row>() == 32, "two rows are one line of memory");

/// What is left to ask beside the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// The beginning of a path; the slash, where the rule asks for no path.
    Prefix,
    Exact,
    /// More: a suffix, or something else than a path.
    Rule,
}

/// So many methods have a bit in each row.
pub(crate) const METHODS_OF_ROWS: u8 = 7;

/// The bit of a method in rows, by its [`super::method_number`].
#[inline]
pub(crate) const fn method_bit(method: u8) -> u8 {
    1 << if method < METHODS_OF_ROWS { method } else { METHODS_OF_ROWS }
}

impl Row {
    /// The rows of one rule, in whose order nothing lies.
    pub(super) fn add(
        out: &mut Vec<Self>,
        (number, denies): (u32, bool),
        rule: &Rule,
        tests: &[PathTest],
        all: &str,
    ) {
        let uncommon = rule.methods >> METHODS_OF_ROWS != 0;
        let [common, ..] = rule.methods.to_le_bytes();
        let methods = common & !(1 << METHODS_OF_ROWS) | u8::from(uncommon) << METHODS_OF_ROWS;
        let hit = Hit { number, policy: rule.id, rule: rule.rule };
        let (head, rest) = beginning(b"/");
        let bare = Self { head, hit, at: 0, len: 1, methods, rest, denies, asks: Asks::Prefix };
        if !(rule.plain && rule.sources_by_key) {
            return out.push(Self { asks: Asks::Rule, ..bare });
        }
        let (from, to) = rule.paths;
        let tests = tests.get(from as usize..to as usize).unwrap_or_default();
        if tests.is_empty() {
            out.push(bare);
        }
        for test in tests {
            let asks = match test.how {
                How::Exact => Asks::Exact,
                How::Prefix => Asks::Prefix,
                How::Suffix | How::NonEmpty => Asks::Rule,
            };
            let text = test.text(all).unwrap_or_default();
            out.push(match u16::try_from(test.len) {
                Ok(len @ 1..) if asks != Asks::Rule => {
                    let (head, rest) = beginning(text);
                    Self { head, rest, at: test.at, len, asks, ..bare }
                }
                _ => Self { asks: Asks::Rule, ..bare },
            });
        }
    }

    /// Reads where the rest of its value is.
    #[inline]
    pub(crate) fn touch(&self, all: &str) -> u32 {
        all.as_bytes().get(self.at as usize).copied().map_or(0, u32::from)
    }

    /// Whether it takes a method, by [`method_bit`].
    #[inline]
    pub(crate) const fn takes(&self, method: u8) -> bool {
        self.methods & method != 0
    }

    /// Whether the first letters of a path are those of the value.
    #[inline]
    pub(crate) const fn may(&self, path: &Path<'_>) -> bool {
        (path.head ^ self.head).wrapping_shl(self.rest as u32) == 0
    }

    /// Whether the rest of a path is as the value wants it, which lies in `all`. Its first letters
    /// are.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs as much as the comparison")]
    pub(crate) fn rest(&self, path: &Path<'_>, all: &str) -> bool {
        let len = usize::from(self.len);
        let Some((bytes, more)) = path.text.as_bytes().split_at_checked(len) else { return false };
        let whole = more.is_empty() || self.asks != Asks::Exact;
        whole
            && (len <= 8 || {
                let value = all.as_bytes().get(self.at as usize..).and_then(|text| text.get(..len));
                value.is_some_and(|value| same_behind(value, bytes))
            })
    }
}

/// The first letters of a text as a row has them, and how many bits it leaves out.
fn beginning(text: &[u8]) -> (u64, u8) {
    let letters = text.get(..8).unwrap_or(text);
    (word(letters), u8::try_from(64 - 8 * letters.len()).unwrap_or(0))
}
