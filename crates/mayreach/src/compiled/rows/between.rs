//! Network policy between all kinds of workloads at once: every list is asked once of every class.

use std::collections::HashMap;

use super::{Alike, Cell, Packet, Rows, Seat};
use crate::shared::number;

/// So many lists are asked at a time: their cells are written out.
const PORTION: usize = 1_024;

impl Rows {
    /// What policies say of a packet between each two of some kinds of workloads.
    pub(crate) fn between(&self, kinds: &[Alike], packet: Packet) -> Between {
        let lists = |row: fn(&Seat) -> u32| self.answers(kinds, row, packet);
        let (egress, ingress) = (lists(|seat| seat.egress), lists(|seat| seat.ingress));
        Between { egress, ingress: ingress.turned() }
    }

    /// What one list of each kind says of each class.
    fn answers(&self, kinds: &[Alike], row: fn(&Seat) -> u32, packet: Packet) -> Answers {
        let of_kind = |own: &Alike| (row(own), own.profile);
        let mut lists: Vec<_> = kinds.iter().map(of_kind).collect();
        lists.sort_unstable();
        lists.dedup();
        let classes = self.cells.classes();
        let mut all = Vec::with_capacity(lists.len().saturating_mul(classes));
        for some in lists.chunks(PORTION) {
            let mut rows: Vec<u32> = some.iter().map(|(row, _)| *row).collect();
            rows.dedup();
            let cells = self.cells.all(&rows);
            for (row, profile) in some {
                let own = Seat { profile: *profile, ..Seat::UNKNOWN };
                let at = rows.binary_search(row).unwrap_or(usize::MAX).saturating_mul(classes);
                let cells = cells.get(at..).and_then(|rest| rest.get(..classes));
                let mut asked: HashMap<u32, Said> = HashMap::new();
                let mut last = (u32::MAX, Said::Open);
                all.extend(cells.unwrap_or_default().iter().map(|cell| {
                    if *cell != last.0 {
                        // Kinds have no address of their own.
                        let ask = || self.follow(*cell, &own, &Seat::UNKNOWN, packet);
                        let said = *asked.entry(*cell).or_insert_with(|| Said::of(ask()));
                        last = (*cell, said);
                    }
                    last.1
                }));
            }
        }
        let place = |own| number(lists.binary_search(&of_kind(own)).unwrap_or(usize::MAX));
        let of = kinds.iter().map(place).collect();
        Answers { of, all, wide: classes }
    }
}

/// What a list says of any workload of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Allow,
    Deny,
    /// It depends on more.
    Open,
}

impl Said {
    fn of(cell: Option<&Cell>) -> Self {
        match cell.map(|cell| cell.allows()) {
            Some(true) => Self::Allow,
            Some(false) => Self::Deny,
            None => Self::Open,
        }
    }
}

/// What lists say of classes.
#[derive(Debug)]
struct Answers {
    /// The list of each kind.
    of: Vec<u32>,
    all: Vec<Said>,
    /// How many lie side by side.
    wide: usize,
}

impl Answers {
    fn side(&self, place: u32) -> &[Said] {
        let start = (place as usize).saturating_mul(self.wide);
        self.all.get(start..).and_then(|rest| rest.get(..self.wide)).unwrap_or_default()
    }

    /// The lists of a class side by side, in the place of the classes of a list.
    fn turned(self) -> Self {
        let lists = self.all.len().checked_div(self.wide).unwrap_or_default();
        let each = (0..self.wide).flat_map(|class| (0..lists).map(move |list| (list, class)));
        let all = each.filter_map(|(list, class)| self.all.get(list * self.wide + class)).copied();
        Self { all: all.collect(), wide: lists, of: self.of }
    }
}

/// What policies say between kinds of workloads.
#[derive(Debug)]
pub(crate) struct Between {
    egress: Answers,
    /// By class.
    ingress: Answers,
}

impl Between {
    /// Whether packets pass from any workload of one kind, given by number and as it is, to any other
    /// of each kind; `None`: it depends on more.
    pub(crate) fn from<'k>(
        &'k self,
        number: usize,
        source: &'k Alike,
        kinds: &'k [Alike],
    ) -> impl Iterator<Item = Option<bool>> + 'k {
        let egress = self.egress.of.get(number).map_or(&[][..], |list| self.egress.side(*list));
        let ingress = self.ingress.side(source.class.class());
        kinds.iter().zip(&self.ingress.of).map(move |(other, list)| {
            let egress = *egress.get(other.class.class() as usize)?;
            let ingress = *ingress.get(*list as usize)?;
            if source.families & other.families == 0 || [egress, ingress].contains(&Said::Open) {
                return None;
            }
            Some(egress == Said::Allow && ingress == Said::Allow)
        })
    }
}
