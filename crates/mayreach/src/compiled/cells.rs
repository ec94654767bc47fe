//! A number for each list of rules and class of workloads. Most classes have that of their list; those
//! that have another are told by a bit each, in one line of memory that holds both.

use super::table::{LAST, fold};

/// A line is for so many classes with a number of their own, about.
const FEW: usize = 24;

/// Counts of bits before a word take so many bits.
const RANK: usize = 10;

/// A class, and the number that tells its bits: made once, as it is looked for in every list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Column {
    /// The low half and the high half.
    spread: [u32; 2],
    class: u32,
}

impl Column {
    pub(super) const fn of(class: u32) -> Self {
        let spread = fold(class as u64 ^ LAST, LAST);
        Self { spread: [(spread & 0xffff_ffff) as u32, (spread >> 32) as u32], class }
    }

    pub(super) const fn class(self) -> u32 {
        self.class
    }

    /// Which of 2 to the power of `bits` lines it is in.
    const fn part(self, bits: u32) -> usize {
        (((self.spread[1] as u64) << (bits & 31)) >> 32) as usize
    }

    /// Word and bit in a line.
    const fn place(self, shift: u8) -> (usize, u32) {
        let spread = self.spread[0] as u64 | (self.spread[1] as u64) << 32;
        let at = spread >> (shift & 63) & 0xff;
        ((at / 64) as usize, (at % 64) as u32)
    }
}

/// A list, or some classes of it: a line of memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line {
    /// Of the classes that have a number of their own, each another bit.
    own: [u64; 4],
    /// How many bits lie before each of the words, [`RANK`] bits each.
    ranks: u64,
    /// The number of all other classes.
    rest: u32,
    /// Where those of their own begin, in the order of bits.
    first: u32,
    /// Which bits of a [`Column`] tell.
    shift: u8,
}

const _: () = assert!(size_of::<Line>() == 64, "a line of memory");

impl Line {
    /// `None`: a bit is that of two classes.
    fn new(own: &[(Column, u32)], shift: u8, (rest, first): (u32, u32)) -> Option<Self> {
        let mut line = Self { own: [0; 4], ranks: 0, rest, first, shift };
        for (column, _) in own {
            let (word, bit) = column.place(shift);
            let word = line.own.get_mut(word)?;
            if *word >> bit & 1 == 1 {
                return None;
            }
            *word |= 1 << bit;
        }
        let mut before = 0;
        for (place, word) in line.own.iter().enumerate() {
            line.ranks |= before << (place * RANK);
            before += u64::from(word.count_ones());
        }
        Some(line)
    }
}

/// Every cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    classes: usize,
    lines: Vec<Line>,
    /// Classes with a number of their own, and that.
    own: Vec<(u32, u32)>,
    /// By list, what [`Cells::get`] takes.
    rows: Vec<u32>,
}

impl Cells {
    /// Of so many classes, still without a list.
    pub(super) fn new(classes: usize) -> Self {
        Self { classes, ..Self::default() }
    }

    /// Adds a list: what most cells hold, and the classes that may hold something else, each once.
    /// `None`: there are too many.
    pub(super) fn add(
        &mut self,
        most: u32,
        marked: impl Iterator<Item = (u32, u32)>,
    ) -> Option<()> {
        let own = marked.filter(|(_, number)| *number != most);
        let own: Vec<(Column, u32)> = own.map(|(class, n)| (Column::of(class), n)).collect();
        let mut bits = own.len().div_ceil(FEW).next_power_of_two().trailing_zeros();
        while bits < 20 {
            if let Some(row) = self.put(most, &own, bits) {
                self.rows.push(row);
                return Some(());
            }
            bits += 1;
        }
        None
    }

    /// Puts a list down in so many lines; `None`: it takes more.
    fn put(&mut self, most: u32, own: &[(Column, u32)], bits: u32) -> Option<u32> {
        // The last number is that of no list.
        let end = u32::try_from(self.lines.len().checked_add(1 << bits)?).ok()?;
        let base = end.checked_sub(1 << bits).filter(|_| end < u32::MAX >> 5)?;
        let mut parts = vec![Vec::new(); 1 << bits];
        for cell in own {
            parts.get_mut(cell.0.part(bits))?.push(*cell);
        }
        let (mut lines, mut all) = (Vec::with_capacity(parts.len()), Vec::new());
        for mut some in parts {
            let first = u32::try_from(self.own.len() + all.len()).ok()?;
            let line = (0..56).find_map(|shift| Line::new(&some, shift, (most, first)))?;
            some.sort_unstable_by_key(|(column, _)| column.place(line.shift));
            lines.push(line);
            all.extend(some.into_iter().map(|(column, number)| (column.class, number)));
        }
        self.lines.extend(lines);
        self.own.extend(all);
        Some(base << 5 | bits)
    }

    /// What [`Cells::get`] takes for a list.
    pub(super) fn row(&self, list: u32) -> u32 {
        self.rows.get(list as usize).copied().unwrap_or(u32::MAX)
    }

    /// How many classes there are.
    pub(super) const fn classes(&self) -> usize {
        self.classes
    }

    fn lines(&self, row: u32) -> &[Line] {
        let rest = self.lines.get((row >> 5) as usize..).unwrap_or_default();
        rest.get(..1 << (row & 31)).unwrap_or_default()
    }

    /// All cells of some rows ([`Cells::row`]), row after row; `u32::MAX` where there is none.
    pub(super) fn all(&self, rows: &[u32]) -> Vec<u32> {
        let mut out = vec![u32::MAX; rows.len().saturating_mul(self.classes)];
        for (row, cells) in rows.iter().zip(out.chunks_mut(self.classes.max(1))) {
            let lines = self.lines(*row);
            if let Some(line) = lines.first() {
                cells.fill(line.rest);
            }
            for line in lines {
                let count: u32 = line.own.iter().map(|word| word.count_ones()).sum();
                let own = self.own.get(line.first as usize..).unwrap_or_default();
                for (class, number) in own.iter().take(count as usize) {
                    if let Some(cell) = cells.get_mut(*class as usize) {
                        *cell = *number;
                    }
                }
            }
        }
        out
    }

    /// What a cell holds, by its [`Cells::row`] and a class.
    #[inline]
    pub(super) fn get(&self, row: u32, column: Column) -> Option<u32> {
        let line = self.lines.get((row >> 5) as usize + column.part(row & 31))?;
        let (place, bit) = column.place(line.shift);
        let word = *line.own.get(place)?;
        if word >> bit & 1 == 0 {
            return Some(line.rest);
        }
        let before = line.ranks >> (place * RANK) & ((1 << RANK) - 1);
        let last = word & ((1 << bit) - 1);
        let at = line.first as usize + before as usize + last.count_ones() as usize;
        // Another class may have the bit.
        let (other, number) = *self.own.get(at)?;
        Some(if other == column.class { number } else { line.rest })
    }
}

#[cfg(test)]
mod tests {
    use super::{Cells, Column};

    #[test]
    fn cells_hold_what_was_put_in() {
        // Lists without a class of its own, with some, with all.
        let (lists, classes): (u32, u32) = (20, 1_000);
        let put = |list: u32, class: u32| match list % 4 {
            0 => list % 3,
            1 if class % 5 != list % 5 => list % 3,
            2 if !(440..460).contains(&class) => list % 3,
            _ => 10 + class * list % 7,
        };
        let mut cells = Cells::new(1_000);
        for list in 0..lists {
            let marked = (0..classes).filter(|class| class % 5 == 0 || list % 4 > 0);
            cells.add(list % 3, marked.map(|class| (class, put(list, class)))).unwrap();
        }
        let each = |list: u32| (0..classes).map(move |class| (list, class));
        for (list, class) in (0..lists).flat_map(each) {
            assert_eq!(
                cells.get(cells.row(list), Column::of(class)),
                Some(put(list, class)),
                "{list} {class}"
            );
        }
        let expected = [7, 3].into_iter().flat_map(each).map(|(list, class)| put(list, class));
        let expected: Vec<u32> = expected.chain((0..classes).map(|_| u32::MAX)).collect();
        assert_eq!(cells.all(&[cells.row(7), cells.row(3), cells.row(lists)]), expected);
        assert_eq!(cells.get(cells.row(lists), Column::of(0)), None);
        assert_eq!(Cells::default().get(Cells::default().row(u32::MAX), Column::of(0)), None);
    }

    #[test]
    fn any_classes_are_told_apart() {
        let mut d = 1_u32;
        for count in [1, 2, 31, 33, 100, 5_000, 200_000_u32] {
            for step in [1, 7, 320, 1 << 12] {
                let mut cells = Cells::new(0);
                let class = |n: u32| n.wrapping_mul(step).wrapping_add(d);
                cells.add(u32::MAX, (0..count).map(|n| (class(n), n))).unwrap();
                let row = cells.row(0);
                for n in (0..count).step_by(1 + count as usize / 1_000) {
                    assert_eq!(cells.get(row, Column::of(class(n))), Some(n), "{count} {step}");
                    assert_eq!(cells.get(row, Column::of(class(count + n))), Some(u32::MAX));
                }
                d = d.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) >> 4;
            }
        }
    }
}
