//! Rules by path: whole paths in one table, and beginnings in another by what stands before and
//! with their last slash, so that a path of five segments is looked up five times, however many
//! beginnings there are. Every hit is compared byte by byte.

use std::collections::BTreeMap;

use crate::{
    compiled::table::{Table, hash, hash_on},
    shared::number,
};

/// Path values with the rules that they are of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    text: String,
    /// Lists of rules, ascending, one after the other.
    rules: Vec<u32>,
    exact: Table,
    whole: Vec<Value>,
    bases: Table,
    base: Vec<Base>,
    tails: Vec<Tail>,
    /// How many slashes the bases have, by bit.
    depths: u64,
}

/// A piece of the text, and a list of rules.
#[derive(Clone, Copy, Debug, Default)]
struct Value {
    at: u32,
    len: u32,
    rules: (u32, u32),
}

/// What beginnings have in common up to their last slash, and those beginnings.
#[derive(Clone, Copy, Debug)]
struct Base {
    at: u32,
    len: u32,
    tails: (u32, u32),
}

/// What follows the base, in order of text.
#[derive(Clone, Copy, Debug)]
struct Tail {
    value: Value,
    /// The longest other tail here that this one begins with; `u32::MAX`: none.
    shorter: u32,
}

impl Paths {
    /// `all`: whether the whole path is meant, its text, and a rule; rules ascend.
    pub(super) fn new(all: &[((bool, &str), u32)]) -> Self {
        let mut whole: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        let mut bases: BTreeMap<&str, BTreeMap<&str, Vec<u32>>> = BTreeMap::new();
        for ((exact, text), rule) in all {
            let list = if *exact {
                whole.entry(text).or_default()
            } else {
                let cut = text.rfind('/').map_or(0, |at| at + 1);
                let (base, tail) = text.split_at(cut);
                bases.entry(base).or_default().entry(tail).or_default()
            };
            if list.last() != Some(rule) {
                list.push(*rule);
            }
        }
        let mut out = Self {
            exact: Table::with_capacity(whole.len()),
            bases: Table::with_capacity(bases.len()),
            ..Self::default()
        };
        for (text, rules) in whole {
            out.exact.insert(hash(text.as_bytes()), number(out.whole.len()));
            let value = out.value(text, &rules);
            out.whole.push(value);
        }
        for (text, tails) in bases {
            out.base(text, &tails);
        }
        out
    }

    fn value(&mut self, text: &str, rules: &[u32]) -> Value {
        let at = number(self.text.len());
        self.text.push_str(text);
        let first = number(self.rules.len());
        self.rules.extend(rules);
        Value { at, len: number(text.len()), rules: (first, number(self.rules.len())) }
    }

    fn base(&mut self, text: &str, tails: &BTreeMap<&str, Vec<u32>>) {
        let mut state = 0;
        let mut depth = 0;
        for segment in text.split_inclusive('/') {
            state = hash_on(state, segment.as_bytes());
            depth += 1;
        }
        self.depths |= 1 << depth.min(63);
        self.bases.insert(state, number(self.base.len()));
        let at = number(self.text.len());
        self.text.push_str(text);
        let first = number(self.tails.len());
        // In order of text what begins with another stands behind it.
        let mut open: Vec<(&str, u32)> = Vec::new();
        for (tail, rules) in tails {
            while open.last().is_some_and(|(before, _)| !tail.starts_with(before)) {
                open.pop();
            }
            let shorter = open.last().map_or(u32::MAX, |(_, place)| *place);
            open.push((tail, number(self.tails.len())));
            let value = self.value(tail, rules);
            self.tails.push(Tail { value, shorter });
        }
        let tails = (first, number(self.tails.len()));
        self.base.push(Base { at, len: number(text.len()), tails });
    }

    fn bytes(&self, at: u32, len: u32) -> &[u8] {
        self.text.as_bytes().get(at as usize..(at + len) as usize).unwrap_or_default()
    }

    fn list(&self, value: &Value) -> &[u32] {
        let (from, to) = value.rules;
        self.rules.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Every list of rules one of whose values a path has.
    #[inline]
    pub(crate) fn each(&self, path: &str, mut with: impl FnMut(&[u32])) {
        let bytes = path.as_bytes();
        if !self.whole.is_empty() {
            let is = |n: u32| {
                self.whole.get(n as usize).is_some_and(|v| self.bytes(v.at, v.len) == bytes)
            };
            let found = self.exact.find(hash(bytes), is);
            if let Some(value) = found.and_then(|n| self.whole.get(n as usize)) {
                with(self.list(value));
            }
        }
        if self.depths & 1 != 0 {
            self.at(0, bytes, 0, &mut with);
        }
        let deepest = 63 - self.depths.leading_zeros().min(63);
        let (mut state, mut start, mut depth) = (0, 0, 0);
        while depth < deepest || deepest == 63 {
            let rest = bytes.get(start..).unwrap_or_default();
            let Some(slash) = rest.iter().position(|b| *b == b'/') else { return };
            state = hash_on(state, rest.get(..=slash).unwrap_or_default());
            start += slash + 1;
            // Past the 62nd slash every depth counts as the last.
            depth = (depth + 1).min(63);
            if self.depths >> depth & 1 == 1 {
                self.at(state, bytes, start, &mut with);
            }
        }
    }

    /// The beginnings under one base.
    #[inline]
    fn at(&self, state: u64, path: &[u8], cut: usize, with: &mut impl FnMut(&[u32])) {
        let (before, rest) = path.split_at_checked(cut).unwrap_or_default();
        let is =
            |n: u32| self.base.get(n as usize).is_some_and(|b| self.bytes(b.at, b.len) == before);
        let found = self.bases.find(state, is);
        let Some(base) = found.and_then(|n| self.base.get(n as usize)) else { return };
        let (first, last) = base.tails;
        let tails = self.tails.get(first as usize..last as usize).unwrap_or_default();
        let text = |tail: &Tail| self.bytes(tail.value.at, tail.value.len);
        // What begins the rest is the last that is not past it, or what that begins with.
        let past = tails.partition_point(|tail| text(tail) <= rest);
        let mut place = past.checked_sub(1).map_or(u32::MAX, |n| first + number(n));
        while let Some(tail) = self.tails.get(place as usize) {
            if rest.starts_with(text(tail)) {
                with(self.list(&tail.value));
            }
            place = tail.shorter;
        }
    }
}
