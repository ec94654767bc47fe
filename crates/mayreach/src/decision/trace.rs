//! The walk of the reference evaluator, step by step, for explanations.

use crate::{
    error::Place,
    model::{Attributes, PolicyId, Tri},
};

/// How one step came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The condition, rule or policy matched.
    Matched,
    /// It did not.
    NotMatched,
    /// It depends on what the flow leaves out.
    Depends(Attributes),
    /// It was not asked, or has no effect here.
    Skipped,
    /// Information.
    Info,
}

impl From<Tri> for Outcome {
    fn from(tri: Tri) -> Self {
        match tri {
            Tri::Yes => Self::Matched,
            Tri::No => Self::NotMatched,
            Tri::Unknown(missing) => Self::Depends(missing),
        }
    }
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A tier, or the group of policies of one action.
    Tier,
    /// A policy.
    Policy,
    /// A rule of it.
    Rule,
    /// One condition of a rule: a field, with the value it was compared with.
    Condition,
    /// A remark.
    Remark,
}

/// One step of the walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub kind: StepKind,
    /// How it came out.
    pub outcome: Outcome,
    /// One line of text: for a condition, the field, the wanted and the actual value.
    pub text: String,
    /// The policy asked.
    pub policy: Option<PolicyId>,
    /// The rule asked (0-based).
    pub rule: Option<u32>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// Collects steps, or drops them when nobody reads them.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) steps: Vec<Step>,
    on: bool,
}

impl Trace {
    /// A trace that keeps its steps.
    pub(crate) fn on() -> Self {
        Self { steps: Vec::new(), on: true }
    }

    /// A trace that keeps nothing.
    pub(crate) fn off() -> Self {
        Self::default()
    }

    /// Adds a step; its text is only made when somebody reads it.
    pub(crate) fn step(&mut self, make: impl FnOnce() -> Step) {
        if self.on {
            self.steps.push(make());
        }
    }

    /// An empty trace that keeps steps if this one does.
    pub(crate) fn fresh(&self) -> Self {
        Self { steps: Vec::new(), on: self.on }
    }

    /// Appends another trace's steps.
    pub(crate) fn extend(&mut self, other: Self) {
        self.steps.extend(other.steps);
    }
}
