//! Who may reach whom, over all requests: every ordered pair of workloads on all ports at once,
//! decided class by class and rolled up.

use std::collections::{BTreeMap, HashMap};

use super::{
    groups::GroupBy,
    isolate::{
        class,
        listen::Bare,
        reads_labels,
        sides::Sides,
        sort::{End, Ends},
    },
    reach::{Can, Extent},
    space::{
        Client, Target,
        facets::{Extra, Facets, Requests},
        in_play::InPlay,
        modes::Mode,
        ports::Ports,
        walk::{Mask, Walk},
    },
};
use crate::{Program, WorkloadId, decision::Layer, model::authz::Condition, shared::number};

/// Who may reach whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// Names of the rows and columns, sorted; `None`, the workloads without the label, is first.
    pub groups: Vec<Option<String>>,
    /// Row by row, `groups.len()` cells each.
    pub cells: Vec<MatrixCell>,
    /// What one workload may do to another, each answer once. The first is "nothing".
    pub findings: Vec<Can>,
    /// Flows decided.
    pub decisions: u64,
}

/// All answers from one group to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatrixCell {
    /// How many pairs of workloads may do everything.
    pub all: u64,
    /// How many may do something.
    pub some: u64,
    /// How many may do nothing: proved.
    pub nothing: u64,
    /// Of how many it is not known.
    pub not_proved: u64,
    /// What its pairs may do, by finding; pairs that may do nothing are left out.
    pub findings: Vec<CellFinding>,
}

/// Pairs of one cell that have one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellFinding {
    /// Which of the findings.
    pub finding: u32,
    /// How many pairs.
    pub pairs: u64,
    /// The client of one of them.
    pub from: WorkloadId,
    /// Its destination.
    pub to: WorkloadId,
}

/// The verdict of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellVerdict {
    /// Every flow of every pair gets through.
    Allow,
    /// No flow of any pair gets through: proved.
    Deny,
    /// Of every pair some flows get through.
    Some,
    /// Nothing was found that gets through, and not everything is proved.
    NotProved,
    /// Pairs differ.
    Mixed,
    /// There is nothing to ask.
    Nothing,
}

impl CellVerdict {
    /// The spelling in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Some => "some",
            Self::NotProved => "not_proved",
            Self::Mixed => "mixed",
            Self::Nothing => "nothing",
        }
    }
}

impl MatrixCell {
    /// All answers in one word.
    pub const fn verdict(&self) -> CellVerdict {
        match (self.all, self.some, self.nothing, self.not_proved) {
            (0, 0, 0, 0) => CellVerdict::Nothing,
            (_, 0, 0, 0) => CellVerdict::Allow,
            (0, _, 0, 0) => CellVerdict::Some,
            (0, 0, _, 0) => CellVerdict::Deny,
            (0, 0, _, _) => CellVerdict::NotProved,
            _ => CellVerdict::Mixed,
        }
    }

    fn add(&mut self, extent: Extent, one: CellFinding) {
        match extent {
            Extent::All => self.all += 1,
            Extent::Some => self.some += 1,
            Extent::NotProved => self.not_proved += 1,
            Extent::Nothing => self.nothing += 1,
        }
        if extent == Extent::Nothing {
            return;
        }
        match self.findings.last_mut() {
            Some(last) if last.finding == one.finding => last.pairs += 1,
            _ => self.findings.push(one),
        }
    }
}

impl Program {
    /// Who may reach whom, as each workload's own proxy connects: every protocol, every port, every
    /// request. `progress` is told how many of how many classes of destinations are done.
    pub fn matrix(&self, by: &GroupBy, progress: impl FnMut(usize, usize)) -> Matrix {
        let members = self.members(by);
        let size = members.len();
        let mut ids: Vec<WorkloadId> = Vec::new();
        let mut group_of: Vec<usize> = Vec::new();
        for (group, own) in members.values().enumerate() {
            ids.extend(own);
            group_of.resize(ids.len(), group);
        }
        let mut cells = vec![MatrixCell::default(); size.saturating_mul(size)];
        let mut run = Run::new(self, &ids);
        run.all(progress, |from, to, finding, extent| {
            let (Some(row), Some(column)) = (group_of.get(from), group_of.get(to)) else { return };
            let (Some(from), Some(to)) = (ids.get(from), ids.get(to)) else { return };
            if let Some(cell) = cells.get_mut(row * size + column) {
                cell.add(extent, CellFinding { finding, pairs: 1, from: *from, to: *to });
            }
        });
        for cell in &mut cells {
            cell.findings.sort_by_key(|f| f.finding);
            cell.findings.dedup_by(|one, kept| {
                let same = one.finding == kept.finding;
                kept.pairs += if same { one.pairs } else { 0 };
                same
            });
        }
        let (findings, decisions) = (run.findings, run.decisions);
        Matrix { groups: members.into_keys().collect(), cells, findings, decisions }
    }

    /// What each of some workloads may do to each: the answers, each once, and by pair, row by row,
    /// which of them; `None` where a single pod asks itself.
    pub fn pairs(
        &self,
        ids: &[WorkloadId],
        progress: impl FnMut(usize, usize),
    ) -> (Vec<Can>, Vec<Option<u32>>) {
        let mut out = vec![None; ids.len().saturating_mul(ids.len())];
        let mut run = Run::new(self, ids);
        run.all(progress, |from, to, finding, _| {
            if let Some(place) = out.get_mut(from * ids.len() + to) {
                *place = Some(finding);
            }
        });
        (run.findings, out)
    }
}

/// What tells the pairs of one class of destinations apart: the group of clients, their own side,
/// the group of destinations that it knows, and whether a workload asks itself.
type Key = (u32, u32, u32, bool);

struct Run<'p> {
    program: &'p Program,
    ids: &'p [WorkloadId],
    sides: Sides,
    findings: Vec<Can>,
    extents: Vec<Extent>,
    decisions: u64,
}

impl<'p> Run<'p> {
    fn new(program: &'p Program, ids: &'p [WorkloadId]) -> Self {
        let clients: Vec<Client> = ids.iter().map(|id| Client::Workload(*id)).collect();
        let sides = Sides::new(program, &clients.iter().collect::<Vec<_>>(), ids);
        let (findings, extents) = (vec![Can::default()], vec![Extent::Nothing]);
        let decisions = sides.decisions;
        Self { program, ids, sides, findings, extents, decisions }
    }

    /// Every ordered pair: the places of both, the answer and its extent.
    fn all(
        &mut self,
        mut progress: impl FnMut(usize, usize),
        mut told: impl FnMut(usize, usize, u32, Extent),
    ) {
        let ends = self.ids.iter().map(|id| End::Workload(*id)).collect();
        let mut ends = Ends::new(self.program, ends, false);
        let by_labels = reads_labels(self.program);
        let mut classes: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (n, id) in (0_u32..).zip(self.ids) {
            classes.entry(class(self.program, *id, by_labels)).or_default().push(n);
        }
        let count = classes.len();
        for (n, members) in classes.into_values().enumerate() {
            progress(n, count);
            self.destination(&members, &mut ends, &mut told);
        }
        progress(count, count);
    }

    fn id(&self, place: u32) -> Option<WorkloadId> {
        self.ids.get(place as usize).copied()
    }

    /// Everybody to one class of destinations.
    fn destination(
        &mut self,
        members: &[u32],
        ends: &mut Ends<'_>,
        told: &mut impl FnMut(usize, usize, u32, Extent),
    ) {
        let model = &self.program.inner.model;
        let Some(to) = members.first().and_then(|m| self.id(*m)) else { return };
        let Some(workload) = model.inventory.workload(to) else { return };
        let play = InPlay::new(model, workload);
        let conditions: Vec<&Condition> = play.conditions().collect();
        let groups = ends.sort(self.program.inner.net.side(to.0, false), true, &conditions);
        let requests = Requests::new(model, workload, &Extra::default());
        let facets = Facets::new(&Ports::new(self.program, None, to, &[]), requests);
        let mut known: HashMap<Key, u32> = HashMap::new();
        for (n, group) in (0_u32..).zip(&groups) {
            // What a pod sends to itself no policy sees.
            let other = group.ends.iter().find(|from| self.id(**from) != Some(to));
            let Some(first) = other.or(group.ends.first()).copied() else { continue };
            let denied = self.denied(first, to, &facets, play.meshed());
            for from in group.ends.iter() {
                for member in members {
                    let own = from == member;
                    if own && self.id(*from).is_some_and(|id| self.program.is_single(id)) {
                        continue;
                    }
                    let finding = if denied && !own {
                        0
                    } else {
                        self.pair(n, (*from, *member), own, &mut known)
                    };
                    let extent = self.extents.get(finding as usize).copied();
                    told(
                        *from as usize,
                        *member as usize,
                        finding,
                        extent.unwrap_or(Extent::NotProved),
                    );
                }
            }
        }
    }

    /// Whether the destination's side denies everything to a client, whatever its own side says.
    fn denied(&mut self, from: u32, to: WorkloadId, facets: &Facets, meshed: bool) -> bool {
        let Some(from) = self.id(from) else { return false };
        let mut listen = Bare::new(&[Mask::ALL.without(Layer::Egress)], 0, (to, Vec::new()));
        let mut modes = Mode::all(self.program, Some(from), meshed, &[]);
        modes.retain(Mode::is_own);
        let mut walk =
            Walk { program: self.program, facets, listener: &mut listen, asked: 0, twin: None };
        walk.run(&Client::Workload(from), Target::Workload(to), &modes);
        self.decisions += u64::from(walk.asked);
        listen.holds(0)
    }

    /// Both sides together.
    fn pair(
        &mut self,
        group: u32,
        (from, to): (u32, u32),
        own: bool,
        known: &mut HashMap<Key, u32>,
    ) -> u32 {
        let source = self.sides.source_of.get(from as usize).copied().unwrap_or(u32::MAX);
        let side = self.sides.sources.get(source as usize);
        let of = side.and_then(|s| s.group_of.get(to as usize)).copied().unwrap_or(u32::MAX);
        let alone = side.and_then(|s| s.alone.get(of as usize)).copied().unwrap_or(false);
        if alone && !own {
            return 0;
        }
        let key = (group, source, of, own);
        if let Some(found) = known.get(&key) {
            return *found;
        }
        let ids = self.id(from).zip(self.id(to));
        let found = ids.and_then(|(from, to)| self.program.can_counted(from, to));
        let (can, asked) = found.unwrap_or_default();
        self.decisions += u64::from(asked);
        let finding = self.finding(can);
        known.insert(key, finding);
        finding
    }

    /// The number of an answer.
    fn finding(&mut self, can: Can) -> u32 {
        let extent = can.extent();
        if extent == Extent::Nothing {
            return 0;
        }
        self.findings.push(can);
        self.extents.push(extent);
        number(self.findings.len() - 1)
    }
}
