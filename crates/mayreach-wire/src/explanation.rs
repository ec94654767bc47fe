//! The whole walk behind a decision, as JSON.

use mayreach::{Explanation, Flow, LayerWalk, Outcome, Program, Step, StepKind, Walk};
use serde::Serialize;

use crate::decision::{DecisionOut, LayerOut, MarkOut, PolicyOut};

/// A decision, and every tier, policy, rule and condition that was asked for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplanationOut {
    /// The answer.
    pub decision: DecisionOut,
    /// One walk, or one for each backend of a Service.
    pub walks: Vec<WalkOut>,
}

/// The walk to one destination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WalkOut {
    /// The verdict of this walk.
    pub verdict: &'static str,
    /// The workload that answers.
    pub destination: Option<String>,
    /// The port that the network layers see.
    pub port: Option<u16>,
    /// Every layer, in order.
    pub layers: Vec<LayerWalkOut>,
    /// AUDIT policies that matched.
    pub audited_by: Vec<MarkOut>,
    /// Dry-run and staged policies that would have decided.
    pub dry_run: Vec<MarkOut>,
    /// How the flow was understood: translation, defaults, what a proxy sees.
    pub remarks: Vec<String>,
}

/// What one layer asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerWalkOut {
    /// What it decided.
    #[serde(flatten)]
    pub decision: LayerOut,
    /// For a denial by absence: the rule that came nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<NearestOut>,
    /// What was asked, in order.
    pub steps: Vec<StepOut>,
}

/// The rule that would have allowed, but for the fewest conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NearestOut {
    /// Its policy.
    pub policy: PolicyOut,
    /// The rule, from 0.
    pub rule: u32,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The conditions that did not hold, in the order written.
    pub failed: Vec<String>,
}

/// One step of the walk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepOut {
    /// `tier`, `policy`, `rule`, `condition` or `remark`.
    pub kind: &'static str,
    /// `matched`, `not_matched`, `depends`, `skipped` or `info`.
    pub outcome: &'static str,
    /// What it depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
    /// One line: for a condition, what it wants and what it found.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyOut>,
    /// The rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    /// `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl ExplanationOut {
    /// The explanation of a flow, with every name and place spelled out.
    pub fn new(program: &Program, flow: &Flow<'_>, explanation: &Explanation) -> Self {
        let walks = explanation.walks.iter().map(|walk| WalkOut::new(program, flow, walk));
        Self {
            decision: DecisionOut::new(program, flow, &explanation.decision),
            walks: walks.collect(),
        }
    }
}

impl WalkOut {
    fn new(program: &Program, flow: &Flow<'_>, walk: &Walk) -> Self {
        let destination = walk.decision.destination.and_then(|id| program.workload_info(id));
        let layers = walk.layers.iter().map(|layer| LayerWalkOut::new(program, flow, layer));
        let marked =
            |all: &[mayreach::Marked]| all.iter().map(|mark| MarkOut::new(program, mark)).collect();
        Self {
            verdict: walk.decision.verdict.as_str(),
            destination: destination.map(|workload| workload.to_string()),
            port: walk.decision.port,
            layers: layers.collect(),
            audited_by: marked(&walk.audited_by),
            dry_run: marked(&walk.dry_run),
            remarks: walk.remarks.clone(),
        }
    }
}

impl LayerWalkOut {
    fn new(program: &Program, flow: &Flow<'_>, layer: &LayerWalk) -> Self {
        let nearest = program.nearest(layer).map(|near| NearestOut {
            policy: PolicyOut::new(program, near.policy),
            rule: near.rule,
            at: near.place.and_then(|p| program.location(p)).map(|at| at.to_string()),
            failed: near.failed,
        });
        Self {
            decision: LayerOut::new(program, flow, &layer.decision),
            nearest,
            steps: layer.steps.iter().map(|step| StepOut::new(program, step)).collect(),
        }
    }
}

impl StepOut {
    fn new(program: &Program, step: &Step) -> Self {
        let (outcome, missing) = match step.outcome {
            Outcome::Matched => ("matched", Vec::new()),
            Outcome::NotMatched => ("not_matched", Vec::new()),
            Outcome::Depends(missing) => ("depends", missing.names().collect()),
            Outcome::Skipped => ("skipped", Vec::new()),
            Outcome::Info => ("info", Vec::new()),
        };
        let at = step.place.filter(|place| place.line > 0).and_then(|p| program.location(p));
        Self {
            kind: match step.kind {
                StepKind::Tier => "tier",
                StepKind::Policy => "policy",
                StepKind::Rule => "rule",
                StepKind::Condition => "condition",
                StepKind::Remark => "remark",
            },
            outcome,
            missing,
            text: step.text.clone(),
            policy: step.policy.map(|id| PolicyOut::new(program, id)),
            rule: step.rule,
            at: at.map(|at| at.to_string()),
        }
    }
}
