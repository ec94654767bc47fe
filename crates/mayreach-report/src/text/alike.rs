//! Groups that ask and are asked alike, so that a wide matrix shows them once.

use std::{
    collections::HashMap,
    hash::Hash,
    io::{self, Write},
};

use super::{
    style::{BOLD, FAINT},
    table::{self, Cell},
};

/// A row and column that stands for one or more groups.
#[derive(Debug)]
pub(super) struct Alike {
    /// Indexes into the matrix's groups; the first stands for all.
    pub(super) members: Vec<usize>,
}

impl Alike {
    /// The first of them, and how many are like it.
    pub(super) fn name(&self, groups: &[String]) -> String {
        let first = self.members.first().and_then(|index| groups.get(*index));
        let first = first.cloned().unwrap_or_default();
        match self.members.len() {
            0 | 1 => first,
            more => format!("{first} and {} alike", more - 1),
        }
    }
}

/// Who else a row stands for.
pub(super) fn write(out: &mut dyn Write, groups: &[String], sets: &[Alike]) -> io::Result<()> {
    let mut rows = Vec::new();
    for set in sets.iter().filter(|set| set.members.len() > 1) {
        let mut members = set.members.iter().filter_map(|index| groups.get(*index));
        let first = members.next().cloned().unwrap_or_default();
        let rest: Vec<&str> = members.map(String::as_str).collect();
        rows.push(vec![Cell::plain(first), Cell::new(rest.join(", "), FAINT)]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}answered alike{BOLD:#}")?;
    table::write(out, 2, &rows)
}

/// The cells of a matrix by number: equal answers are equal numbers, 0 is nothing to ask.
pub(super) struct Grid {
    size: usize,
    answers: Vec<u32>,
    /// Index into the matrix's cells.
    cells: Vec<Option<usize>>,
}

impl Grid {
    /// `cells`: who asks, who is asked, and what makes two cells equal.
    pub(super) fn new<'m, K: Eq + Hash>(
        groups: &[String],
        cells: impl Iterator<Item = ((&'m str, &'m str), K)>,
    ) -> Self {
        let size = groups.len();
        let mut grid = Self { size, answers: vec![0; size * size], cells: vec![None; size * size] };
        let numbers: HashMap<&str, usize> =
            groups.iter().enumerate().map(|(n, group)| (group.as_str(), n)).collect();
        let mut kinds: HashMap<K, u32> = HashMap::new();
        for (index, ((from, to), kind)) in cells.enumerate() {
            let number = |group: &str| numbers.get(group).copied();
            let (Some(from), Some(to)) = (number(from), number(to)) else { continue };
            let next = u32::try_from(kinds.len()).unwrap_or(u32::MAX - 1) + 1;
            let kind = *kinds.entry(kind).or_insert(next);
            if let Some(slot) = grid.answers.get_mut(from * size + to) {
                *slot = kind;
            }
            if let Some(slot) = grid.cells.get_mut(from * size + to) {
                *slot = Some(index);
            }
        }
        grid
    }

    fn answer(&self, from: usize, to: usize) -> u32 {
        self.answers.get(from * self.size + to).copied().unwrap_or_default()
    }

    /// The cell that stands for all pairs from one set to another.
    pub(super) fn cell(&self, from: &Alike, to: &Alike) -> Option<usize> {
        let one = from.members.first()?;
        // Within a set: from one member to another, or to itself if it is alone.
        let other = if to.members.first() == Some(one) && to.members.len() > 1 {
            to.members.get(1)?
        } else {
            to.members.first()?
        };
        *self.cells.get(one * self.size + other)?
    }

    /// Sets of groups alike, in the order of their first members.
    pub(super) fn sets(&self, merge: bool) -> Vec<Alike> {
        let mut sets: Vec<Alike> = Vec::new();
        for group in 0..self.size {
            let same = |set: &&mut Alike| {
                merge && set.members.first().is_some_and(|first| self.alike(*first, group))
            };
            match sets.iter_mut().find(same) {
                Some(set) => set.members.push(group),
                None => sets.push(Alike { members: vec![group] }),
            }
        }
        sets
    }

    /// Both get the same answers from and to all others, and from and to each other.
    fn alike(&self, a: usize, b: usize) -> bool {
        let between = self.answer(a, b);
        let own =
            |one: usize| matches!(self.answer(one, one), kind if kind == 0 || kind == between);
        between == self.answer(b, a)
            && own(a)
            && own(b)
            && (0..self.size).filter(|other| *other != a && *other != b).all(|other| {
                self.answer(a, other) == self.answer(b, other)
                    && self.answer(other, a) == self.answer(other, b)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(groups: &[&str], verdicts: &[(&str, &str, &str)]) -> Grid {
        let groups: Vec<String> = groups.iter().map(|g| (*g).to_owned()).collect();
        Grid::new(&groups, verdicts.iter().map(|(from, to, verdict)| ((*from, *to), *verdict)))
    }

    #[test]
    fn who_is_answered_alike_is_shown_once() {
        let all =
            [("a", "b", "allow"), ("b", "a", "allow"), ("a", "c", "deny"), ("b", "c", "deny")];
        let back = [("c", "a", "allow"), ("c", "b", "allow")];
        let grid = grid(&["a", "b", "c"], &[&all[..], &back].concat());
        let sets = grid.sets(true);
        let members: Vec<_> = sets.iter().map(|set| set.members.clone()).collect();
        assert_eq!(members, [vec![0, 1], vec![2]]);
        assert_eq!(grid.cell(&sets[0], &sets[0]), Some(0), "a to b stands for the set");
        assert_eq!(grid.cell(&sets[1], &sets[1]), None, "c alone has nothing to ask");
        assert_eq!(grid.sets(false).len(), 3);
    }

    #[test]
    fn one_other_answer_keeps_them_apart() {
        let all =
            [("a", "b", "allow"), ("b", "a", "allow"), ("a", "c", "deny"), ("b", "c", "allow")];
        let apart = grid(&["a", "b", "c"], &all);
        assert_eq!(apart.sets(true).len(), 3);
        let own = [("a", "b", "allow"), ("b", "a", "allow"), ("a", "a", "deny")];
        assert_eq!(grid(&["a", "b"], &own).sets(true).len(), 2);
    }
}
