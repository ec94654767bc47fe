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

/// Answers in the order of their rows, and what is wrong with those that have none.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) rows: Vec<Answer>,
    pub(super) wrong: Vec<(usize, ProblemOut)>,
}

impl Answers {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self { rows: Vec::with_capacity(rows), wrong: Vec::new() }
    }

    pub(super) fn push(&mut self, answer: Result<Answer, ProblemOut>) {
        match answer {
            Ok(answer) => self.rows.push(answer),
            Err(problem) => {
                self.wrong.push((self.rows.len(), problem));
                self.rows.push(Answer::WRONG);
            }
        }
    }

    pub(super) fn append(&mut self, after: Self) {
        let before = self.rows.len();
        self.rows.extend(after.rows);
        self.wrong.extend(after.wrong.into_iter().map(|(row, wrong)| (before + row, wrong)));
    }
}

/// The layer whose policy, rule and reason stand for the whole decision: the one that decided; of
/// an allowed flow, the last in which a policy had a say, or else ingress.
pub(crate) fn decider(decision: &Decision) -> &LayerDecision {
    let [_, ingress, ..] = &decision.layers;
    let all = || decision.layers.iter();
    let found = match decision.decided_by {
        Some(by) => all().find(|one: &&LayerDecision| one.layer == by),
        None => all().rev().find(|one| one.reason.policy().is_some()),
    };
    debug_assert_eq!(ingress.layer, Layer::Ingress, "layers stand in their order");
    found.unwrap_or(ingress)
}
