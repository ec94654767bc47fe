//! Rows that were asked before, found by the places of their values in dictionaries.

use super::answer::Answer;

/// How many rows are remembered: what fits beside the program in a core's cache.
const SLOTS: usize = 1 << 14;
/// Columns that make a key.
pub(super) const KEYS: usize = 8;

/// A row as numbers; [`u32::MAX`] is null.
pub(super) type Key = [u32; KEYS];

/// A cache of one size, where a row takes the place of an older one.
#[derive(Debug, Default)]
pub(super) struct Memo {
    slots: Vec<Option<(Key, Answer)>>,
}

impl Memo {
    fn place(key: &Key) -> usize {
        let mixed = key.iter().fold(0u64, |state, part| {
            (state.rotate_left(23) ^ u64::from(*part)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        usize::try_from(mixed >> 40).unwrap_or(0) & (SLOTS - 1)
    }

    pub(super) fn get(&self, key: &Key) -> Option<Answer> {
        let (known, answer) = self.slots.get(Self::place(key))?.as_ref()?;
        (known == key).then_some(*answer)
    }

    pub(super) fn put(&mut self, key: Key, answer: Answer) {
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        if let Some(slot) = self.slots.get_mut(Self::place(&key)) {
            *slot = Some((key, answer));
        }
    }
}
