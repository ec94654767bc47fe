//! The whole walk behind a decision, for people.

use crate::{
    decision::{Decision, Layer, LayerDecision, Step},
    model::PolicyId,
};

/// What one layer asked, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerWalk {
    /// What it decided.
    pub decision: LayerDecision,
    /// What was asked, in order.
    pub steps: Vec<Step>,
}

/// A policy that marks or would decide, and does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The policy.
    pub policy: PolicyId,
    /// The rule that matched.
    pub rule: Option<u32>,
    /// The layer it belongs to.
    pub layer: Layer,
    /// What it would do if it were enforced; `None` for AUDIT.
    pub would: Option<crate::Verdict>,
}

/// The walk to one destination: of a Service, to one backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The answer of this walk.
    pub decision: Decision,
    /// Every layer, in order.
    pub layers: Vec<LayerWalk>,
    /// AUDIT policies that matched.
    pub audited_by: Vec<Marked>,
    /// Dry-run and staged policies that would have matched.
    pub dry_run: Vec<Marked>,
    /// Remarks on how the flow was understood: translation, defaults, what a proxy sees.
    pub remarks: Vec<String>,
}

/// Every layer, tier, policy and rule asked, in order, with what matched and what did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The answer.
    pub decision: Decision,
    /// One walk, or one for each backend of a Service.
    pub walks: Vec<Walk>,
}
