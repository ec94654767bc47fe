//! Groups that ask and are asked alike, so that a wide matrix shows them once.

use std::collections::HashMap;

use mayreach_wire::{MatrixOut, matrix::CellOut};

/// A row and column that stands for one or more groups.
#[derive(Debug)]
pub(super) struct Alike {
    /// Indexes into the matrix's groups; the first stands for all.
    pub(super) members: Vec<usize>,
}

/// The cells of a matrix by number: equal answers are equal numbers, 0 is nothing to ask.
pub(super) struct Grid {
    size: usize,
    answers: Vec<u32>,
    /// Index into the matrix's cells.
    cells: Vec<Option<usize>>,
}

/// What makes two cells equal. A mixed cell is like another only port by port.
type Kind<'m> = (&'static str, &'m [&'static str], Vec<Port<'m>>, Option<usize>);
type Port<'m> = (Option<u16>, &'m str, &'static str, &'m [&'static str]);

fn kind(index: usize, cell: &CellOut) -> Kind<'_> {
    let (mut ports, mut alone) = (Vec::new(), None);
    if cell.verdict == "mixed" {
        let answers = cell.answers.iter();
        ports.extend(answers.map(|a| (a.port, a.protocol.as_str(), a.verdict, &*a.depends_on)));
        // Without the answers nobody knows what it mixes.
        alone = ports.is_empty().then_some(index);
    }
    (cell.verdict, &cell.depends_on, ports, alone)
}

impl Grid {
    pub(super) fn new(matrix: &MatrixOut) -> Self {
        let size = matrix.groups.len();
        let mut grid = Self { size, answers: vec![0; size * size], cells: vec![None; size * size] };
        let numbers: HashMap<&str, usize> =
            matrix.groups.iter().enumerate().map(|(n, group)| (group.as_str(), n)).collect();
        let mut kinds: HashMap<Kind<'_>, u32> = HashMap::new();
        for (index, cell) in matrix.cells.iter().enumerate() {
            let number = |group: &str| numbers.get(group).copied();
            let (Some(from), Some(to)) = (number(&cell.from), number(&cell.to)) else { continue };
            let next = u32::try_from(kinds.len()).unwrap_or(u32::MAX - 1) + 1;
            let kind = *kinds.entry(kind(index, cell)).or_insert(next);
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

    fn matrix(groups: &[&str], verdicts: &[(&str, &str, &'static str)]) -> MatrixOut {
        let cell = |(from, to, verdict): &(&str, &str, &'static str)| CellOut {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            verdict,
            allow: 0,
            deny: 0,
            depends: 0,
            depends_on: Vec::new(),
            examples: Vec::new(),
            answers: Vec::new(),
        };
        MatrixOut {
            by: "workload".into(),
            groups: groups.iter().map(|g| (*g).to_owned()).collect(),
            cells: verdicts.iter().map(cell).collect(),
        }
    }

    #[test]
    fn who_is_answered_alike_is_shown_once() {
        let all =
            [("a", "b", "allow"), ("b", "a", "allow"), ("a", "c", "deny"), ("b", "c", "deny")];
        let back = [("c", "a", "allow"), ("c", "b", "allow")];
        let grid = Grid::new(&matrix(&["a", "b", "c"], &[&all[..], &back].concat()));
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
        let grid = Grid::new(&matrix(&["a", "b", "c"], &all));
        assert_eq!(grid.sets(true).len(), 3);
        let mixed = [("a", "b", "mixed"), ("b", "a", "mixed")];
        assert_eq!(Grid::new(&matrix(&["a", "b"], &mixed)).sets(true).len(), 2);
        let own = [("a", "b", "allow"), ("b", "a", "allow"), ("a", "a", "deny")];
        assert_eq!(Grid::new(&matrix(&["a", "b"], &own)).sets(true).len(), 2);
    }
}
