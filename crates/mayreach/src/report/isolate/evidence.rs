//! What the steps of a proof contribute to each pair of tenants. Pairs that nothing tells apart share
//! what was found.

use std::collections::HashMap;

use super::{Finding, Hole, run};
use crate::{
    decision::{Layer, Reason},
    report::space::{Unproved, Witness},
    shared::number,
};

/// What one step found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Contribution {
    pub(super) held: Vec<(Layer, Reason)>,
    pub(super) holes: Vec<Hole>,
    pub(super) unproved: Vec<(Unproved, Witness)>,
}

/// Which layers hold alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) const NONE: Self = Self(0);
    const ALL: Self = Self(0b11_1111);
    pub(super) const EGRESS: u8 = 1;
    pub(super) const INGRESS: u8 = 2;
    pub(super) const MTLS: u8 = 4;
    pub(super) const AUTHORIZATION: u8 = 8;
    pub(super) const NETWORK: u8 = 16;
    pub(super) const MESH: u8 = 32;

    pub(super) fn set(&mut self, flag: u8, holds: bool) {
        if holds { self.0 |= flag } else { self.0 &= !flag }
    }

    pub(super) const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    pub(super) fn alone(self) -> Vec<Layer> {
        let all = [
            (Self::EGRESS, Layer::Egress),
            (Self::INGRESS, Layer::Ingress),
            (Self::MTLS, Layer::Mtls),
            (Self::AUTHORIZATION, Layer::Authorization),
        ];
        all.into_iter().filter(|(flag, _)| self.has(*flag)).map(|(_, layer)| layer).collect()
    }
}

/// One pair of tenants.
#[derive(Clone, Copy, Debug)]
struct Cell {
    /// The last link of its chain of contributions; 0: nothing yet.
    chain: u32,
    flags: Flags,
}

/// Everything found so far.
#[derive(Debug)]
pub(super) struct Evidence {
    columns: usize,
    cells: Vec<Cell>,
    contributions: Vec<Contribution>,
    /// Links of chains: the link before, and a contribution.
    links: Vec<(u32, u32)>,
    by_link: HashMap<(u32, u32), u32>,
    pub(super) classes: usize,
    /// Some kinds of clients were left out.
    pub(super) cut: bool,
}

impl Evidence {
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        Self {
            columns,
            cells: vec![Cell { chain: 0, flags: Flags::ALL }; rows.saturating_mul(columns)],
            contributions: Vec::new(),
            links: vec![(0, 0)],
            by_link: HashMap::new(),
            classes: 0,
            cut: false,
        }
    }

    pub(super) fn add(&mut self, contribution: Contribution) -> u32 {
        // Neighbours are often the same.
        if self.contributions.last() != Some(&contribution) {
            self.contributions.push(contribution);
        }
        number(self.contributions.len() - 1)
    }

    pub(super) fn put(&mut self, row: u32, column: u32, contribution: u32, flags: Flags) {
        let at = row as usize * self.columns + column as usize;
        let Some(cell) = self.cells.get_mut(at) else { return };
        cell.flags = Flags(cell.flags.0 & flags.0);
        if self
            .links
            .get(cell.chain as usize)
            .is_some_and(|l| cell.chain != 0 && l.1 == contribution)
        {
            return;
        }
        let key = (cell.chain, contribution);
        let next = number(self.links.len());
        cell.chain = *self.by_link.entry(key).or_insert(next);
        if cell.chain == next {
            self.links.push(key);
        }
    }

    /// By cell its finding, and the findings.
    pub(super) fn finish(self) -> (Vec<Option<u32>>, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut known: HashMap<(u32, Flags), u32> = HashMap::new();
        let mut out = Vec::with_capacity(self.cells.len());
        for cell in &self.cells {
            if cell.chain == 0 {
                out.push(None);
                continue;
            }
            let next = number(findings.len());
            let index = *known.entry((cell.chain, cell.flags)).or_insert(next);
            if index == next {
                findings.push(run::finding(&self.chain(cell.chain), cell.flags, self.cut));
            }
            out.push(Some(index));
        }
        (out, findings)
    }

    fn chain(&self, last: u32) -> Vec<&Contribution> {
        let mut out = Vec::new();
        let mut at = last;
        while at != 0 {
            let Some((before, contribution)) = self.links.get(at as usize) else { break };
            out.extend(self.contributions.get(*contribution as usize));
            at = *before;
        }
        out.reverse();
        out
    }
}
