//! A hash table from text to numbers that is built once and then only read: open addressing, half
//! empty, so a look-up reads one line of memory and compares one key.

/// A seed and two odd constants of the folded multiplication.
pub(super) const SEED: u64 = 0x2d35_8dcc_aa6c_78a5;
pub(super) const MIX: u64 = 0x8bb8_4b93_962e_acc9;
pub(super) const LAST: u64 = 0x9e37_79b9_7f4a_7c15;

/// Both halves of a product: every bit of the input reaches every bit of the output.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the two halves of a product")]
pub(crate) const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The first eight bytes of a text as one number; a shorter text ends in zeros.
#[inline]
pub(crate) fn word(bytes: &[u8]) -> u64 {
    if let Some(all) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*all);
    }
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let behind = u64::from(u32::from_le_bytes(*tail)) << (8 * (bytes.len() - 4));
        return u64::from(u32::from_le_bytes(*head)) | behind;
    }
    match *bytes {
        [] => 0,
        [a] => u64::from(a),
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a, b, c, ..] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
    }
}

/// Hash of a text, going on from `state`. Equal hashes prove nothing: every look-up compares.
#[inline]
pub(crate) fn hash_on(state: u64, bytes: &[u8]) -> u64 {
    let mut state = state ^ SEED;
    if bytes.len() <= 16 {
        // Both ends, which meet or overlap.
        let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
            _ => (word(bytes), 0),
        };
        return fold(state ^ head, tail ^ LAST ^ (bytes.len() as u64));
    }
    let mut rest = bytes;
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        if after.is_empty() {
            break;
        }
        state = fold(state ^ u64::from_le_bytes(*head), MIX);
        rest = after;
    }
    // The last eight bytes, some of them perhaps for the second time.
    let tail = bytes.last_chunk::<8>().map_or(0, |all| u64::from_le_bytes(*all));
    fold(state ^ tail, LAST ^ (bytes.len() as u64))
}

/// Whether two texts are the same: they are short, and a call costs more than a few comparisons.
#[inline]
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (Some(head), Some(its_head)) = (one.first_chunk::<8>(), other.first_chunk()) else {
        return word(one) == word(other);
    };
    head == its_head && same_behind(one, other)
}

/// The same of two texts of one length of at least eight letters, the first eight of which are the same.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call costs as much as the comparison")]
pub(crate) fn same_behind(one: &[u8], other: &[u8]) -> bool {
    // Both ends meet or overlap up to sixteen letters.
    if one.last_chunk::<8>() != other.last_chunk() {
        return false;
    }
    let (mut one, mut other) = (one, other);
    while one.len() > 16
        && let (Some((_, rest)), Some((_, its_rest))) =
            (one.split_first_chunk::<8>(), other.split_first_chunk::<8>())
        && let (Some(a), Some(b)) = (rest.first_chunk::<8>(), its_rest.first_chunk())
    {
        if a != b {
            return false;
        }
        (one, other) = (rest, its_rest);
    }
    true
}

/// Hash of a text.
#[inline]
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    hash_on(0, bytes)
}

/// Hash of two texts, such as a namespace and a name.
#[inline]
pub(crate) fn hash_pair(one: &str, two: &str) -> u64 {
    hash_on(hash(one.as_bytes()), two.as_bytes())
}

/// Numbers under hashes; what the keys are the caller knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Upper half of the hash, and the number plus one; 0 is empty.
    slots: Box<[(u32, u32)]>,
}

const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

const fn place(hash: u64) -> usize {
    (hash & 0xffff_ffff) as usize
}

impl Table {
    /// A table with room for so many numbers.
    pub(crate) fn with_capacity(count: usize) -> Self {
        let size = if count == 0 { 0 } else { (count * 2).next_power_of_two() };
        Self { slots: vec![(0, 0); size].into() }
    }

    /// Adds a number. The caller has made room, and looked whether its key is there already.
    pub(crate) fn insert(&mut self, hash: u64, number: u32) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = place(hash) & mask;
        for _ in 0..self.slots.len() {
            if let Some(slot) = self.slots.get_mut(at)
                && slot.1 == 0
            {
                *slot = (tag(hash), number + 1);
                return;
            }
            at = (at + 1) & mask;
        }
    }

    /// The number under a hash whose key is the wanted one.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.under(hash).find(|number| is(*number))
    }

    /// The numbers under a hash, mostly one, and seldom one of another key.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "where it is stays in registers")]
    pub(crate) fn under(&self, hash: u64) -> Under<'_> {
        Under { slots: &self.slots, at: place(hash), tag: tag(hash) }
    }
}

/// See [`Table::under`].
pub(crate) struct Under<'t> {
    slots: &'t [(u32, u32)],
    at: usize,
    tag: u32,
}

impl Iterator for Under<'_> {
    type Item = u32;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "where it is stays in registers")]
    fn next(&mut self) -> Option<u32> {
        loop {
            let (tag, number) = *self.slots.get(self.at & self.slots.len().wrapping_sub(1))?;
            self.at = self.at.wrapping_add(1);
            // It is the number plus one.
            let number = number.checked_sub(1)?;
            if tag == self.tag {
                return Some(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, hash, hash_pair, same};

    #[test]
    fn every_key_is_found_and_no_other() {
        let keys: Vec<String> = (0..1000).map(|n| "k".repeat(n % 40) + &n.to_string()).collect();
        let mut table = Table::with_capacity(keys.len());
        for (n, key) in (0..).zip(&keys) {
            table.insert(hash(key.as_bytes()), n);
        }
        for (n, key) in (0..).zip(&keys) {
            let is = |found: u32| keys[found as usize] == *key;
            assert_eq!(table.find(hash(key.as_bytes()), is), Some(n));
        }
        let missing = "no such key";
        let is = |found: u32| keys[found as usize] == missing;
        assert_eq!(table.find(hash(missing.as_bytes()), is), None);
        assert_eq!(Table::default().find(1, |_| true), None);
    }

    #[test]
    fn texts_are_the_same_byte_by_byte() {
        for len in 0..40 {
            let text = vec![b'a'; len];
            assert!(same(&text, &text) && !same(&text, &vec![b'a'; len + 1]));
            for at in 0..len {
                let mut other = text.clone();
                other[at] = b'b';
                assert!(!same(&text, &other) && !same(&other, &text));
            }
        }
    }

    #[test]
    fn where_one_text_ends_matters() {
        assert_ne!(hash_pair("a", "bc"), hash_pair("ab", "c"));
        assert_ne!(hash(b"\0"), hash(b"\0\0"));
    }
}
