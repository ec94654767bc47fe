//! The answer to one row, small.

use mayreach::{Attributes, ClientSees, Decision, Layer, LayerDecision, Reason};

use crate::ProblemOut;

/// Nothing stands here.
pub(super) const NONE: u32 = u32::MAX;
/// Nothing stands here.
pub(super) const NO_KEY: i8 = -1;

/// What clients see, as the places in [`SEES`].
pub(super) const SEES: [&str; 4] = ["response", "reset", "timeout", "closed"];

/// The answer to one row, as numbers that the columns' dictionaries spell out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) verdict: i8,
    pub(super) decided_by: i8,
    pub(super) reason: i8,
    pub(super) sees: i8,
    /// 0 is none.
    pub(super) status: u16,
    pub(super) policy: u32,
    pub(super) rule: u32,
    pub(super) missing: Attributes,
}

impl Answer {
    /// A row that is wrong.
    pub(super) const WRONG: Self = Self {
        verdict: NO_KEY,
        decided_by: NO_KEY,
        reason: NO_KEY,
        sees: NO_KEY,
        status: 0,
        policy: NONE,
        rule: NONE,
        missing: Attributes::NONE,
    };
}

impl From<&Decision> for Answer {
    fn from(decision: &Decision) -> Self {
        let reason = decider(decision).reason;
        let (sees, status) = match decision.client_sees {
            None => (NO_KEY, 0),
            Some(ClientSees::Response { status, .. }) => (0, status),
            Some(ClientSees::Grpc { .. }) => (0, 200),
            Some(ClientSees::Reset) => (1, 0),
            Some(ClientSees::Timeout) => (2, 0),
            Some(ClientSees::Closed | ClientSees::ClosedAfterBanner) => (3, 0),
        };
        Self {
            verdict: key(decision.verdict as u8),
            decided_by: decision.decided_by.map_or(NO_KEY, |layer| key(layer as u8)),
            reason: code(reason.code()),
            sees,
            status,
            policy: reason.policy().map_or(NONE, |id| id.0),
            rule: reason.rule().unwrap_or(NONE),
            missing: match reason {
                Reason::Missing { attributes, .. } => attributes,
                _ => Attributes::NONE,
            },
        }
    }
}

fn key(number: u8) -> i8 {
    i8::try_from(number).unwrap_or(NO_KEY)
}

/// The place of a code in [`Reason::CODES`]; the same text lies at the same place in memory.
fn code(code: &'static str) -> i8 {
    let same = |known: &&str| std::ptr::eq(*known, code);
    let place = Reason::CODES.iter().position(same);
    let place = place.or_else(|| Reason::CODES.iter().position(|known| *known == code));
    place.and_then(|place| i8::try_from(place).ok()).unwrap_or(NO_KEY)
}

/// Answers by row that are not spread over the columns yet: what fits into a core's first cache.
const HELD: usize = 512;

/// Answers in the order of their rows, as columns, and what is wrong with those that have none.
#[derive(Debug, Default)]
pub(super) struct Answers {
    held: Vec<Answer>,
    pub(super) verdict: Vec<i8>,
    pub(super) decided_by: Vec<i8>,
    pub(super) reason: Vec<i8>,
    pub(super) sees: Vec<i8>,
    pub(super) status: Vec<u16>,
    pub(super) policy: Vec<u32>,
    pub(super) rule: Vec<u32>,
    /// Of few rows.
    pub(super) missing: Vec<(usize, Attributes)>,
    pub(super) wrong: Vec<(usize, ProblemOut)>,
}

impl Answers {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            held: Vec::with_capacity(HELD),
            verdict: Vec::with_capacity(rows),
            decided_by: Vec::with_capacity(rows),
            reason: Vec::with_capacity(rows),
            sees: Vec::with_capacity(rows),
            status: Vec::with_capacity(rows),
            policy: Vec::with_capacity(rows),
            rule: Vec::with_capacity(rows),
            ..Self::default()
        }
    }

    /// How many rows are answered.
    pub(super) const fn len(&self) -> usize {
        self.verdict.len() + self.held.len()
    }

    #[cold]
    pub(super) fn push_wrong(&mut self, problem: ProblemOut) {
        self.wrong.push((self.len(), problem));
        self.push(Answer::WRONG);
    }

    pub(super) fn push(&mut self, answer: Answer) {
        self.held.push(answer);
        if self.held.len() == HELD {
            self.spread();
        }
    }

    /// The same answer as that of an earlier row, which was not wrong.
    pub(super) fn get(&self, row: usize) -> Option<Answer> {
        if let Some(later) = row.checked_sub(self.verdict.len()) {
            return self.held.get(later).copied();
        }
        let missing = || {
            let at = self.missing.binary_search_by_key(&row, |(row, _)| *row).ok()?;
            self.missing.get(at).map(|(_, missing)| *missing)
        };
        Some(Answer {
            verdict: *self.verdict.get(row)?,
            decided_by: *self.decided_by.get(row)?,
            reason: *self.reason.get(row)?,
            sees: *self.sees.get(row)?,
            status: *self.status.get(row)?,
            policy: *self.policy.get(row)?,
            rule: *self.rule.get(row)?,
            missing: missing().unwrap_or(Attributes::NONE),
        })
    }

    /// Puts what is held into the columns.
    pub(super) fn spread(&mut self) {
        let held = self.held.as_slice();
        let open = held.iter().zip(self.verdict.len()..).filter(|(a, _)| !a.missing.is_empty());
        self.missing.extend(open.map(|(answer, row)| (row, answer.missing)));
        self.verdict.extend(held.iter().map(|a| a.verdict));
        self.decided_by.extend(held.iter().map(|a| a.decided_by));
        self.reason.extend(held.iter().map(|a| a.reason));
        self.sees.extend(held.iter().map(|a| a.sees));
        self.status.extend(held.iter().map(|a| a.status));
        self.policy.extend(held.iter().map(|a| a.policy));
        self.rule.extend(held.iter().map(|a| a.rule));
        self.held.clear();
    }
}

/// The layer whose policy, rule and reason stand for the whole decision: the one that decided; of
/// an allowed flow, the last in which a policy had a say, or else ingress.
pub(crate) fn decider(decision: &Decision) -> &LayerDecision {
    let [_, ingress, ..] = &decision.layers;
    let found = match decision.decided_by {
        // Layers stand in their order.
        Some(by) => decision.layers.get(by as usize),
        None => decision.layers.iter().rev().find(|one| one.reason.policy().is_some()),
    };
    debug_assert!(ingress.layer == Layer::Ingress, "layers stand in their order");
    found.unwrap_or(ingress)
}
