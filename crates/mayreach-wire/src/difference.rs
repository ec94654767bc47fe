//! What changed in meaning, as JSON; and whether a change does what it is meant to.

mod intent;

pub use self::intent::Intent;

use mayreach::{Change, Decision, Difference, Program, Verdict, Witness};
use serde::Serialize;

use crate::{
    DecisionOut,
    decision::LayerOut,
    flow::FlowOut,
    isolation::{UnprovedOut, let_in_by},
    sentence,
};

/// What changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DifferenceOut {
    /// `equivalent` (proved), `different` or `not_proved`.
    pub verdict: &'static str,
    /// Pairs of workloads for which something is allowed that was not; those in several changes
    /// count in each.
    pub opened: u64,
    /// Pairs for which something is no longer allowed.
    pub closed: u64,
    /// Opened first; TCP first, the ports of the mesh's own agent last; those that touch most pairs first.
    pub changes: Vec<ChangeOut>,
    /// Workloads that only the new manifests have; they are not compared.
    pub added: Vec<String>,
    /// Workloads that only the old manifests have.
    pub removed: Vec<String>,
    /// What could not be compared.
    pub not_proved: Vec<UnprovedOut>,
}

/// Flows whose answer changed in the same way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeOut {
    /// `opened` or `closed`.
    pub kind: &'static str,
    /// Whether it was meant.
    pub intended: bool,
    /// How many pairs of workloads it is so for.
    pub pairs: u64,
    /// The first few clients.
    pub from: Vec<String>,
    /// The first few destinations.
    pub to: Vec<String>,
    /// The plainest of the flows in one line.
    pub request: String,
    /// What decided before: the layer that denied, or the rule that let it in.
    pub before: LayerOut,
    /// What decides now.
    pub after: LayerOut,
    /// The flow, as `check --flows` takes it.
    pub flow: FlowOut,
    /// The decision on the new manifests.
    pub decision: DecisionOut,
}

impl DifferenceOut {
    /// The answer with every name spelled out.
    pub fn new(old: &Program, new: &Program, found: &Difference) -> Self {
        let changes: Vec<ChangeOut> =
            found.changes.iter().map(|c| ChangeOut::new(old, new, c)).collect();
        let count = |kind: &str| changes.iter().filter(|c| c.kind == kind).map(|c| c.pairs).sum();
        let workloads = !found.added.is_empty() || !found.removed.is_empty();
        Self {
            verdict: match (changes.is_empty() && !workloads, found.unproved.is_empty()) {
                (false, _) => "different",
                (true, true) => "equivalent",
                (true, false) => "not_proved",
            },
            opened: count("opened"),
            closed: count("closed"),
            changes,
            added: found.added.clone(),
            removed: found.removed.clone(),
            not_proved: found
                .unproved
                .iter()
                .map(|(why, witness)| UnprovedOut::new(new, why, witness))
                .collect(),
        }
    }
}

/// What decides a flow: the layer that denied, or the rule that let it in.
pub(crate) fn decider(program: &Program, witness: &Witness, decision: &Decision) -> LayerOut {
    witness.with_flow(|flow| match decision.decided_by {
        Some(layer) if decision.verdict != Verdict::Allow => {
            let found = decision.layers.iter().find(|l| l.layer == layer);
            LayerOut::new(program, flow, found.unwrap_or(&decision.layers[0]))
        }
        _ => let_in_by(program, flow, decision),
    })
}

impl ChangeOut {
    fn new(old: &Program, new: &Program, change: &Change) -> Self {
        Self {
            kind: if change.opened() { "opened" } else { "closed" },
            intended: change.intended,
            pairs: change.pairs,
            from: change.from.clone(),
            to: change.to.clone(),
            request: sentence::request(new, &change.new),
            before: decider(old, &change.old, &change.before),
            after: decider(new, &change.new, &change.after),
            flow: FlowOut::new(new, &change.new),
            decision: change.new.with_flow(|f| DecisionOut::new(new, f, &change.after)),
        }
    }
}

/// Whether a change does what it is meant to, and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IntentOut {
    /// `ok`, `wrong` or `not_proved`.
    pub verdict: &'static str,
    /// Each step, in order.
    pub steps: Vec<StepOut>,
    /// Everything that changed.
    pub difference: DifferenceOut,
}

/// One step of the check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepOut {
    /// What must hold.
    pub what: String,
    /// `ok`, `wrong` or `not_proved`.
    pub verdict: &'static str,
    /// What shows that it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<CounterexampleOut>,
    /// Why it is not proved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_proved: Vec<UnprovedOut>,
}

/// A flow that shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CounterexampleOut {
    /// In one line.
    pub request: String,
    /// What decides it.
    pub decided_by: LayerOut,
    /// The flow.
    pub flow: FlowOut,
}

impl CounterexampleOut {
    pub(crate) fn new(program: &Program, (witness, decision): &(Witness, Decision)) -> Self {
        Self {
            request: sentence::request(program, witness),
            decided_by: decider(program, witness, decision),
            flow: FlowOut::new(program, witness),
        }
    }
}
