//! What most decisions read of picks: close together, one pick after the other, with nothing between.

use super::{group::Group, row::Row};
use crate::{compiled::people::NOBODY, model::PolicyId, shared::number};

/// The groups and rows of many picks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    /// Groups by keys of [`crate::compiled::People`]: open addressing, half empty. Four lie in a line of
    /// memory.
    known: Vec<(u32, Group)>,
    rows: Vec<Row>,
    /// The text of all paths.
    pub(crate) text: String,
}

/// One pick: half a line of memory.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
pub(crate) struct Head {
    /// Where its groups begin, and how many slots they take.
    known: (u32, u32),
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
    /// It has a shelf of its own.
    pub(super) own: bool,
}

const _: () = assert!(size_of::<Head>() == 32, "two to a line");

/// A pick on its shelf.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk<'p> {
    pub(crate) head: &'p Head,
    pub(crate) shelf: &'p Shelf,
}

impl Desk<'_> {
    /// The group under a key.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "two loads")]
    pub(crate) fn known(&self, key: u32) -> Group {
        let (first, count) = self.head.known;
        let slots =
            self.shelf.known.get(first as usize..).and_then(|all| all.get(..count as usize));
        let slots = slots.unwrap_or_default();
        let mut at = start(key, slots.len());
        while let Some((other, group)) = slots.get(at) {
            if *other == key || *other == NOBODY {
                return *group;
            }
            at = (at + 1) & slots.len().wrapping_sub(1);
        }
        Group::NONE
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one load")]
    pub(crate) fn rows(&self, group: &Group) -> &[Row] {
        self.shelf.rows(group)
    }
}

#[inline]
const fn start(key: u32, size: usize) -> usize {
    // The high bits of a product are the well mixed ones.
    (key.wrapping_mul(0x9e37_79b1) >> 7) as usize & size.wrapping_sub(1)
}

impl Shelf {
    #[inline]
    fn rows(&self, group: &Group) -> &[Row] {
        let (from, to) = group.rows;
        self.rows.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Puts rows down behind the others: where they begin and end.
    pub(super) fn put(&mut self, add: impl FnOnce(&mut Vec<Row>, &str)) -> (u32, u32) {
        let from = number(self.rows.len());
        add(&mut self.rows, &self.text);
        (from, number(self.rows.len()))
    }

    /// Puts the groups of one pick down.
    pub(super) fn know(&mut self, all: &[(u32, Group)], head: &mut Head) {
        let size = if all.is_empty() { 0 } else { (all.len() * 2).next_power_of_two() };
        let mut slots = vec![(NOBODY, Group::NONE); size];
        for (key, group) in all {
            let mut at = start(*key, size);
            while slots.get(at).is_some_and(|slot| slot.0 != NOBODY) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = (*key, *group);
            }
        }
        head.known = (number(self.known.len()), number(size));
        self.known.extend(slots);
    }

    pub(super) fn shrink(&mut self) {
        self.known.shrink_to_fit();
        self.rows.shrink_to_fit();
        self.text.shrink_to_fit();
    }
}
