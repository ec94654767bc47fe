//! A denial by absence: which rule came nearest, and what it missed.

use crate::decision::Layer;
use crate::{
    LayerWalk, Outcome, PolicyId, Program, Reason, Step, StepKind, Verdict,
    error::Place,
    model::{
        authz::AuthzAction,
        network::{Action, NetworkRule},
    },
};

/// The rule that would have allowed, but for the fewest conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Its policy.
    pub policy: PolicyId,
    /// The rule, from 0.
    pub rule: u32,
    /// Where it is written.
    pub place: Option<Place>,
    /// The conditions that did not hold, in the order written.
    pub failed: Vec<String>,
}

impl Program {
    /// For a layer that denied because nothing allowed: the allowing rule with the fewest failed
    /// conditions, the first asked of equals. Says what was missed, not what should be opened.
    pub fn nearest(&self, layer: &LayerWalk) -> Option<Nearest> {
        let absent = matches!(
            layer.decision.reason,
            Reason::Isolated { .. } | Reason::EndOfTier { .. } | Reason::NoAllowMatch { .. }
        );
        if !absent || layer.decision.verdict != Verdict::Deny {
            return None;
        }
        let egress = layer.decision.layer == Layer::Egress;
        let mut best: Option<(usize, Nearest)> = None;
        for (start, step) in layer.steps.iter().enumerate() {
            let (StepKind::Rule, Some(policy), Some(rule)) = (step.kind, step.policy, step.rule)
            else {
                continue;
            };
            if !self.allows(policy, rule, egress) {
                continue;
            }
            let rest = layer.steps.iter().skip(start + 1);
            let failed = failed(rest);
            let fewer = best.as_ref().is_none_or(|(least, _)| failed.len() < *least);
            if fewer && !failed.is_empty() {
                let place = step.place;
                best = Some((failed.len(), Nearest { policy, rule, place, failed }));
            }
        }
        best.map(|(_, nearest)| nearest)
    }

    /// Whether a rule allows what it matches.
    fn allows(&self, policy: PolicyId, rule: u32, egress: bool) -> bool {
        let model = &self.inner.model;
        if let Some(authz) = model.authz.iter().find(|p| p.id == policy) {
            return authz.action == AuthzAction::Allow && !authz.dry_run;
        }
        let network = model.network.policies.iter().find(|p| p.id == policy);
        let rules = network.map(|p| if egress { &p.egress } else { &p.ingress });
        let is = |r: &NetworkRule| r.index == rule && r.action == Action::Allow;
        rules.is_some_and(|rules| rules.iter().any(is))
    }
}

/// The conditions of one rule that did not hold.
fn failed<'s>(steps: impl Iterator<Item = &'s Step>) -> Vec<String> {
    steps
        .take_while(|step| !matches!(step.kind, StepKind::Rule | StepKind::Policy | StepKind::Tier))
        .filter(|s| s.kind == StepKind::Condition && s.outcome == Outcome::NotMatched)
        .map(|step| step.text.clone())
        .collect()
}
