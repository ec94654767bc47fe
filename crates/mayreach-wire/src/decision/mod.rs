//! A decision as JSON: a verdict for each layer and overall, each with its reason.

mod reason;
mod sees;
#[cfg(test)]
mod tests;
mod words;

use mayreach::{Decision, Flow, Hop, LayerDecision, Marked, Program, Verdict};
use serde::Serialize;

pub use self::{
    reason::{PolicyOut, ReasonOut},
    sees::SeesOut,
};
use crate::{flow::Id, note::NoteOut};

/// The answer to one flow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionOut {
    /// The asker's name for the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// `allow`, `deny` or `undetermined`.
    pub verdict: &'static str,
    /// The first layer that denies or, failing that, is undetermined.
    pub decided_by: Option<&'static str>,
    /// `egress`, `ingress`, `mtls`, `jwt`, `authorization`, in this order.
    pub layers: Vec<LayerOut>,
    /// What the client sees of a denial.
    pub client_sees: Option<SeesOut>,
    /// The workload that answers: of a Service, the backend that this is about.
    pub destination: Option<String>,
    /// The port that the network layers see.
    pub port: Option<u16>,
    /// AUDIT policies that matched.
    pub audited_by: Vec<MarkOut>,
    /// Dry-run and staged policies that would have decided.
    pub dry_run: Vec<MarkOut>,
    /// Notes on the policies and namespaces that this decision names.
    pub notes: Vec<NoteOut>,
}

/// What one layer answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerOut {
    /// Which layer.
    pub layer: &'static str,
    /// Its verdict.
    pub verdict: &'static str,
    /// What decided.
    pub reason: ReasonOut,
    /// Where a waypoint makes two connections of one, the one that was decided on: `to_waypoint` or
    /// `from_waypoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop: Option<&'static str>,
}

/// A policy that marks or would decide, and does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MarkOut {
    /// The policy.
    pub policy: PolicyOut,
    /// Its rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    /// Where that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Its layer.
    pub layer: &'static str,
    /// What it would do if it were enforced; absent for AUDIT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would: Option<&'static str>,
}

impl DecisionOut {
    /// The decision of a program on a flow, with every name and place spelled out.
    pub fn new(program: &Program, flow: &Flow<'_>, decision: &Decision) -> Self {
        let marks = program.marks(flow);
        let layers = decision.layers.iter().map(|layer| LayerOut::new(program, flow, layer));
        let destination = decision.destination.and_then(|id| program.workload_info(id));
        let marked = |all: &[Marked]| all.iter().map(|m| MarkOut::new(program, m)).collect();
        Self {
            id: None,
            verdict: decision.verdict.as_str(),
            decided_by: decision.decided_by.map(mayreach::Layer::as_str),
            layers: layers.collect(),
            client_sees: decision.client_sees.map(SeesOut::from),
            destination: destination.map(|workload| workload.to_string()),
            port: decision.port,
            audited_by: marked(&marks.audited_by),
            dry_run: marked(&marks.dry_run),
            notes: Vec::new(),
        }
    }

    /// One layer by name.
    pub fn layer(&self, name: &str) -> Option<&LayerOut> {
        self.layers.iter().find(|layer| layer.layer == name)
    }

    /// Whether the verdict is `allow`.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow.as_str()
    }
}

impl LayerOut {
    /// One layer of the decision on a flow, with every name and place spelled out.
    pub fn new(program: &Program, flow: &Flow<'_>, layer: &LayerDecision) -> Self {
        Self {
            layer: layer.layer.as_str(),
            verdict: layer.verdict.as_str(),
            reason: ReasonOut::new(program, flow, layer),
            hop: (layer.hop != Hop::Direct).then(|| layer.hop.as_str()),
        }
    }
}

impl MarkOut {
    pub(crate) fn new(program: &Program, mark: &Marked) -> Self {
        let info = program.policy(mark.policy);
        let rule_at = |rule| info.and_then(|i| i.rule_at(mark.layer, rule));
        let at = mark.rule.and_then(rule_at).or_else(|| info.and_then(|i| i.at()));
        Self {
            policy: PolicyOut::new(program, mark.policy),
            rule: mark.rule,
            at: at.map(|at| at.to_string()),
            layer: mark.layer.as_str(),
            would: mark.would.map(Verdict::as_str),
        }
    }
}
