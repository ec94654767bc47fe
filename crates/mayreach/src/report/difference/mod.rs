//! What changed in meaning between two programs: every set of flows whose answer differs, or the
//! proof that there is none.

mod listen;
mod run;
mod touched;

use super::{Exception, space::Witness};
use crate::{Decision, Unproved, Verdict};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct DifferenceQuestion {
    /// Changes that are meant: rows are clients by name, workloads are of the new program.
    pub intended: Vec<Exception>,
    /// Pods that do not exist yet are clients too.
    pub new_pods: bool,
}

/// What changed.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// Opened, then closed; TCP first; the ones that touch most pairs first.
    pub changes: Vec<Change>,
    /// Sets of flows that could not be compared.
    pub unproved: Vec<(Unproved, Witness)>,
    /// Workloads that only the new program has.
    pub added: Vec<String>,
    /// Workloads that only the old one has.
    pub removed: Vec<String>,
    /// Flows decided, in each program.
    pub decisions: u64,
}

/// Flows whose answer changed in the same way.
#[derive(Clone, Debug)]
pub struct Change {
    /// Before.
    pub before: Decision,
    /// After.
    pub after: Decision,
    /// The plainest of the flows, of the old program's numbers.
    pub old: Witness,
    /// The same flow, of the new program's numbers.
    pub new: Witness,
    /// How many pairs of workloads it is so for.
    pub pairs: u64,
    /// Names of the clients, the first few.
    pub from: Vec<String>,
    /// Names of the destinations, the first few.
    pub to: Vec<String>,
    /// Whether it was meant.
    pub intended: bool,
}

impl Change {
    /// Whether it is allowed now and was not.
    pub fn opened(&self) -> bool {
        self.after.verdict == Verdict::Allow
    }
}

impl Difference {
    /// Whether nothing changed, and that is proved.
    pub fn is_equivalent(&self) -> bool {
        self.changes.is_empty()
            && self.unproved.is_empty()
            && self.added.is_empty()
            && self.removed.is_empty()
    }
}
