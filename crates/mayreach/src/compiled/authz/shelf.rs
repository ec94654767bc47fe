//! What most decisions read of picks: close together, one pick after the other, with nothing between.

use super::{group::Group, row::Row};
use crate::{compiled::people::NOBODY, model::PolicyId, shared::number};

/// The groups and rows of many picks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    /// Groups by keys of [`crate::compiled::People`]: those of one pick after those of another, at most half
    /// full, and behind each an empty slot. Four lie in a line of memory.
    known: Vec<(u32, Group)>,
    rows: Vec<Row>,
    /// The text of all paths.
    pub(crate) text: String,
}

/// One pick: half a line of memory.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
pub(crate) struct Head {
    /// Where its groups are.
    pub(crate) known: Known,
    /// Some ALLOW policy is enforced; the first by namespace and name.
    pub(crate) allows: Option<PolicyId>,
    /// So many rules deny.
    pub(crate) denies: u32,
    /// No policy at all selects the workload.
    pub(crate) none: bool,
    /// It asks for more than names, a port and a request: an external authorizer, addresses, or
    /// (the second, of clients that speak TLS) a server name that the proxy chooses.
    pub(crate) reads_more: [bool; 2],
    /// Not only identities have rules: some namespace has, or anyone.
    pub(crate) shared: bool,
}

const _: () = assert!(size_of::<Head>() == 32, "two to a line");

/// Where the groups of a pick are on its shelf.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) first: u32,
    /// How far the product of a key is shifted to tell its slot, counted from the first.
    pub(crate) shift: u8,
    /// The pick lies on the shelf of most picks, asks for no more than names, a port and a request, and
    /// only identities have rules.
    pub(crate) usual: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self { first: 0, shift: 31, usual: false }
    }
}

impl Known {
    /// The slot where a key is looked for first: the high bits of a product are the well mixed ones.
    #[inline]
    const fn start(self, key: u32) -> usize {
        self.first as usize + (key.wrapping_mul(0x9e37_79b1) >> (self.shift & 31)) as usize
    }
}

/// A pick on its shelf.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk<'p> {
    pub(crate) head: &'p Head,
    pub(crate) shelf: &'p Shelf,
}

impl<'p> Desk<'p> {
    /// The group under a key.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "two loads")]
    pub(crate) fn known(&self, key: u32) -> Group {
        self.shelf.known(self.head.known, key)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one load")]
    pub(crate) fn rows(&self, group: &Group) -> &'p [Row] {
        let (from, to) = group.rows;
        self.shelf.rows.get(from as usize..to as usize).unwrap_or_default()
    }
}

impl Shelf {
    /// The group of a pick under a key.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "two loads")]
    pub(crate) fn known(&self, known: Known, key: u32) -> Group {
        let mut at = known.start(key);
        while let Some((other, group)) = self.known.get(at) {
            if *other == key || *other == NOBODY {
                return *group;
            }
            at += 1;
        }
        Group::NONE
    }

    /// Reads the slot where a key is looked for first.
    #[inline]
    pub(super) fn touch(&self, known: Known, key: u32) -> u32 {
        self.known.get(known.start(key)).map_or(0, |(key, _)| *key)
    }

    /// Puts rows down behind the others: where they begin and end.
    pub(super) fn put(&mut self, add: impl FnOnce(&mut Vec<Row>, &str)) -> (u32, u32) {
        let from = number(self.rows.len());
        add(&mut self.rows, &self.text);
        (from, number(self.rows.len()))
    }

    /// Puts the groups of one pick down.
    pub(super) fn know(&mut self, all: &[(u32, Group)], head: &mut Head) {
        let size = (all.len() * 2).next_power_of_two().max(2);
        let shift = u8::try_from(32_u32.saturating_sub(size.trailing_zeros())).unwrap_or(0);
        let first = self.known.len();
        head.known = Known { first: number(first), shift, usual: false };
        // The last keys may stand behind the others.
        self.known.resize(first + size + 1, (NOBODY, Group::NONE));
        for (key, group) in all {
            let mut at = head.known.start(*key);
            while self.known.get(at).is_some_and(|slot| slot.0 != NOBODY) {
                at += 1;
            }
            if at + 1 >= self.known.len() {
                self.known.push((NOBODY, Group::NONE));
            }
            if let Some(slot) = self.known.get_mut(at) {
                *slot = (*key, *group);
            }
        }
    }

    pub(super) fn shrink(&mut self) {
        self.known.shrink_to_fit();
        self.rows.shrink_to_fit();
        self.text.shrink_to_fit();
    }
}
