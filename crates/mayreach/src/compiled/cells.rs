//! A number for each list of rules and class of workloads: in full where that is small, else those
//! that differ from the rest of their row.

use std::collections::HashMap;

use super::table::fold;

/// So many cells are kept in full.
const FULL: usize = 4_000_000;

/// Every cell.
#[derive(Clone, Debug)]
pub(super) enum Cells {
    /// Row by row.
    Full { classes: usize, cells: Vec<u32> },
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
        Self::Full { classes: 0, cells: Vec::new() }
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
        if rows.saturating_mul(classes) <= FULL {
            return Self::Full { classes, cells: Vec::with_capacity(rows * classes) };
        }
        Self::sparse(rows, classes)
    }

    fn sparse(rows: usize, classes: usize) -> Self {
        Self::Sparse {
            classes,
            slots: Box::default(),
            rest: Vec::with_capacity(rows),
            different: Vec::new(),
        }
    }

    /// Adds a row: what most cells hold, and the classes that may hold something else.
    pub(super) fn add(&mut self, row: u32, most: u32, marked: impl Iterator<Item = (u32, u32)>) {
        match self {
            Self::Full { classes, cells } => {
                let first = cells.len();
                cells.resize(first + *classes, most);
                for (class, list) in marked {
                    if let Some(cell) = cells.get_mut(first + class as usize) {
                        *cell = list;
                    }
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
            Self::Full { classes, .. } => {
                let start = (row as usize).saturating_mul(*classes);
                u32::try_from(start).unwrap_or(u32::MAX)
            }
            Self::Sparse { .. } => row,
        }
    }

    /// How many classes there are.
    pub(super) const fn classes(&self) -> usize {
        match self {
            Self::Full { classes, .. } | Self::Sparse { classes, .. } => *classes,
        }
    }

    /// All cells of some rows ([`Cells::row`], each once), row after row; `u32::MAX` where there is none.
    pub(super) fn all(&self, rows: &[u32]) -> Vec<u32> {
        let classes = self.classes();
        let mut out = vec![u32::MAX; rows.len().saturating_mul(classes)];
        let each = || (0_usize..).step_by(classes.max(1)).zip(rows);
        match self {
            Self::Full { cells, .. } => {
                for (place, row) in each() {
                    let found = cells.get(*row as usize..).and_then(|rest| rest.get(..classes));
                    if let (Some(found), Some(out)) = (found, out.get_mut(place..place + classes)) {
                        out.copy_from_slice(found);
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
    pub(super) fn get(&self, row: u32, class: u32) -> Option<u32> {
        match self {
            Self::Full { cells, .. } => {
                cells.get((row as usize).checked_add(class as usize)?).copied()
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
    use super::Cells;

    #[test]
    fn both_forms_hold_the_same() {
        let (rows, classes) = (50, 40);
        let (mut full, mut sparse) = (Cells::new(rows as usize, 40), Cells::sparse(50, 40));
        for row in 0..rows {
            let marked = (0..classes).filter(|class| (class * 7 + row) % 5 == 0);
            let marked: Vec<_> = marked.map(|class| (class, class * row % 3)).collect();
            full.add(row, row % 3, marked.iter().copied());
            sparse.add(row, row % 3, marked.iter().copied());
        }
        full.finish();
        sparse.finish();
        for (row, class) in (0..rows).flat_map(|row| (0..classes).map(move |class| (row, class))) {
            let [full, sparse] = [&full, &sparse].map(|cells| cells.get(cells.row(row), class));
            assert!(full.is_some());
            assert_eq!(full, sparse, "{row} {class}");
        }
        let some: [Vec<u32>; 2] =
            [&full, &sparse].map(|cells| cells.all(&[cells.row(7), cells.row(3), cells.row(rows)]));
        let expected =
            [7, 3].into_iter().flat_map(|row| (0..classes).map(move |class| (row, class)));
        let expected = expected.map(|(row, class)| full.get(full.row(row), class).unwrap());
        let expected: Vec<u32> = expected.chain((0..classes).map(|_| u32::MAX)).collect();
        assert_eq!(some, [expected.clone(), expected]);
        assert_eq!((full.get(full.row(rows), 0), sparse.get(rows, 0)), (None, None));
        assert_eq!(Cells::default().get(Cells::default().row(u32::MAX), 0), None);
    }
}
