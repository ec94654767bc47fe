//! A number for each list of rules and class of workloads: most classes have that of their row, which
//! lies with a bit for each class that has another.

use std::collections::HashMap;

use super::table::fold;

/// So many blocks at most: past that the cells that differ are found by hash.
const BLOCKS: usize = 250_000;

/// So many classes share a block.
const WIDE: usize = 6 * 64;

/// Where a class is in each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Column {
    /// In which of the row's blocks, in which word of it, and which bit of that.
    block: u32,
    word: u8,
    bit: u8,
}

impl Column {
    #[expect(clippy::cast_possible_truncation, reason = "below 6 and below 64")]
    pub(super) const fn of(class: u32) -> Self {
        let (block, within) = (class / WIDE as u32, class % WIDE as u32);
        Self { block, word: (within / 64) as u8, bit: (within % 64) as u8 }
    }
}

/// Counts of a block's classes take so many bits.
const RANK: usize = 10;

/// Some cells of a row: a line of memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Block {
    /// The classes that have a number of their own.
    own: [u64; 6],
    /// How many of these lie before each of the words, [`RANK`] bits each.
    ranks: u64,
    /// The number of all others.
    rest: u32,
    /// Where those of their own begin, in the order of classes.
    first: u32,
}

const _: () = assert!(size_of::<Block>() == 64, "a line of memory");

impl Block {
    fn ranked(mut self) -> Self {
        let mut before = 0;
        for (place, word) in self.own.iter().enumerate() {
            self.ranks |= before << (place * RANK);
            before += u64::from(word.count_ones());
        }
        self
    }

    /// The classes that have a number of their own, counted from the block's first.
    fn marked(&self) -> impl Iterator<Item = usize> {
        let words = (0_usize..).step_by(64).zip(self.own);
        words.flat_map(|(start, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| start + bit)
        })
    }
}

/// Every cell.
#[derive(Clone, Debug)]
pub(super) enum Cells {
    /// Row by row, each of as many blocks.
    Blocks { classes: usize, blocks: Vec<Block>, own: Vec<u32> },
    /// Row, class and number by hash, half empty; and the number of the rest of each row.
    Sparse {
        classes: usize,
        slots: Box<[(u32, u32, u32)]>,
        rest: Vec<u32>,
        different: Vec<(u32, u32, u32)>,
    },
}

impl Default for Cells {
    fn default() -> Self {
        Self::Blocks { classes: 0, blocks: Vec::new(), own: Vec::new() }
    }
}

const EMPTY: (u32, u32, u32) = (u32::MAX, u32::MAX, u32::MAX);

#[expect(clippy::cast_possible_truncation, reason = "the low half of a hash")]
const fn start(row: u32, class: u32, size: usize) -> usize {
    let hash = fold((row as u64) << 32 | class as u64, 0x9e37_79b9_7f4a_7c15);
    hash as usize & size.wrapping_sub(1)
}

impl Cells {
    /// Of so many rows and classes, still empty.
    pub(super) fn new(rows: usize, classes: usize) -> Self {
        match rows.saturating_mul(classes.div_ceil(WIDE)) {
            count @ ..=BLOCKS => {
                Self::Blocks { classes, blocks: Vec::with_capacity(count), own: Vec::new() }
            }
            _ => Self::sparse(rows, classes),
        }
    }

    fn sparse(rows: usize, classes: usize) -> Self {
        Self::Sparse {
            classes,
            slots: Box::default(),
            rest: Vec::with_capacity(rows),
            different: Vec::new(),
        }
    }

    /// Adds a row: what most cells hold, and the classes that may hold something else, ascending.
    pub(super) fn add(&mut self, row: u32, most: u32, marked: impl Iterator<Item = (u32, u32)>) {
        match self {
            Self::Blocks { classes, blocks, own } => {
                let mut marked = marked.filter(|(_, list)| *list != most).peekable();
                for block in 0..classes.div_ceil(WIDE) {
                    let first = u32::try_from(own.len()).unwrap_or(u32::MAX);
                    let mut made = Block { own: [0; 6], ranks: 0, rest: most, first };
                    while let Some((class, list)) =
                        marked.next_if(|(class, _)| *class as usize / WIDE == block)
                    {
                        let within = class as usize % WIDE;
                        if let Some(word) = made.own.get_mut(within / 64) {
                            *word |= 1 << (within % 64);
                        }
                        own.push(list);
                    }
                    blocks.push(made.ranked());
                }
            }
            Self::Sparse { rest, different, .. } => {
                rest.push(most);
                different
                    .extend(marked.filter(|(_, list)| *list != most).map(|(c, l)| (row, c, l)));
            }
        }
    }

    /// Nothing more is added.
    pub(super) fn finish(&mut self) {
        let Self::Sparse { slots, different, .. } = self else { return };
        let size = (different.len() * 2).next_power_of_two();
        let mut all = vec![EMPTY; size];
        for cell in std::mem::take(different) {
            let mut at = start(cell.0, cell.1, size);
            while all.get(at).is_some_and(|slot| *slot != EMPTY) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = all.get_mut(at) {
                *slot = cell;
            }
        }
        *slots = all.into();
    }

    /// What [`Cells::get`] takes for a row.
    pub(super) fn row(&self, row: u32) -> u32 {
        match self {
            Self::Blocks { classes, .. } => {
                let start = (row as usize).saturating_mul(classes.div_ceil(WIDE));
                u32::try_from(start).unwrap_or(u32::MAX)
            }
            Self::Sparse { .. } => row,
        }
    }

    /// How many classes there are.
    pub(super) const fn classes(&self) -> usize {
        match self {
            Self::Blocks { classes, .. } | Self::Sparse { classes, .. } => *classes,
        }
    }

    /// All cells of some rows ([`Cells::row`], each once), row after row; `u32::MAX` where there is none.
    pub(super) fn all(&self, rows: &[u32]) -> Vec<u32> {
        let classes = self.classes();
        let mut out = vec![u32::MAX; rows.len().saturating_mul(classes)];
        let each = || (0_usize..).step_by(classes.max(1)).zip(rows);
        match self {
            Self::Blocks { blocks, own, .. } => {
                let wide = classes.div_ceil(WIDE);
                for (place, row) in each() {
                    let blocks = blocks.get(*row as usize..).and_then(|all| all.get(..wide));
                    let cells = out.get_mut(place..place + classes).unwrap_or_default();
                    for (block, cells) in blocks.into_iter().flatten().zip(cells.chunks_mut(WIDE)) {
                        cells.fill(block.rest);
                        let own = own.get(block.first as usize..).unwrap_or_default();
                        for (class, list) in block.marked().zip(own) {
                            if let Some(cell) = cells.get_mut(class) {
                                *cell = *list;
                            }
                        }
                    }
                }
            }
            Self::Sparse { slots, rest, .. } => {
                let places: HashMap<u32, usize> =
                    each().map(|(place, row)| (*row, place)).collect();
                for (place, row) in each() {
                    let rest = rest.get(*row as usize).copied().unwrap_or(u32::MAX);
                    if let Some(out) = out.get_mut(place..place + classes) {
                        out.fill(rest);
                    }
                }
                for (row, class, list) in slots.iter().filter(|slot| **slot != EMPTY) {
                    let place = places.get(row).map(|place| place + *class as usize);
                    if let Some(cell) = place.and_then(|place| out.get_mut(place)) {
                        *cell = *list;
                    }
                }
            }
        }
        out
    }

    /// What a cell holds, by its [`Cells::row`] and a class.
    #[inline]
    pub(super) fn get(&self, row: u32, class: u32, column: Column) -> Option<u32> {
        match self {
            Self::Blocks { blocks, own, .. } => {
                let block = blocks.get((row as usize).checked_add(column.block as usize)?)?;
                let (place, bit) = (usize::from(column.word), u32::from(column.bit) & 63);
                let word = *block.own.get(place)?;
                if word >> bit & 1 == 0 {
                    return Some(block.rest);
                }
                let before = block.ranks >> (place * RANK) & ((1 << RANK) - 1);
                let last = word & ((1 << bit) - 1);
                let at = block.first as usize + before as usize + last.count_ones() as usize;
                own.get(at).copied()
            }
            Self::Sparse { slots, rest, .. } => {
                let mut at = start(row, class, slots.len());
                loop {
                    let slot = slots.get(at)?;
                    if (slot.0, slot.1) == (row, class) {
                        return Some(slot.2);
                    }
                    if *slot == EMPTY {
                        return rest.get(row as usize).copied();
                    }
                    at = (at + 1) & (slots.len() - 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cells, Column};

    #[test]
    fn both_forms_hold_what_was_put_in() {
        // Rows without a class of its own, with some, with all; blocks that are whole and one that is not.
        let (rows, classes): (u32, u32) = (20, 1_000);
        let put = |row: u32, class: u32| match row % 4 {
            0 => row % 3,
            1 if class % 5 != row % 5 => row % 3,
            2 if !(440..460).contains(&class) => row % 3,
            _ => 10 + class * row % 7,
        };
        let (mut blocks, mut sparse) = (Cells::new(20, 1_000), Cells::sparse(20, 1_000));
        assert!(matches!(blocks, Cells::Blocks { .. }));
        for row in 0..rows {
            let marked = (0..classes).filter(|class| class % 5 == 0 || row % 4 > 0);
            let marked: Vec<_> = marked.map(|class| (class, put(row, class))).collect();
            blocks.add(row, row % 3, marked.iter().copied());
            sparse.add(row, row % 3, marked.iter().copied());
        }
        blocks.finish();
        sparse.finish();
        let each = |row: u32| (0..classes).map(move |class| (row, class));
        for (row, class) in (0..rows).flat_map(each) {
            let found = [&blocks, &sparse].map(|cells| cells.get(cells.row(row), class, Column::of(class)));
            assert_eq!(found, [Some(put(row, class)); 2], "{row} {class}");
        }
        let expected = [7, 3].into_iter().flat_map(each).map(|(row, class)| put(row, class));
        let expected: Vec<u32> = expected.chain((0..classes).map(|_| u32::MAX)).collect();
        for cells in [&blocks, &sparse] {
            assert_eq!(cells.all(&[cells.row(7), cells.row(3), cells.row(rows)]), expected);
            assert_eq!(cells.get(cells.row(rows), 0, Column::of(0)), None);
        }
        assert_eq!(Cells::default().get(Cells::default().row(u32::MAX), 0, Column::of(0)), None);
    }
}
