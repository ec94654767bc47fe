//! A denial by absence: which rule came nearest, and what it missed.

use std::collections::BTreeSet;

use crate::decision::Layer;
use crate::{
    LayerWalk, Outcome, PolicyId, Program, Reason, Step, StepKind, Verdict,
    error::Place,
    model::{authz::AuthzAction, network::Action},
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
        let allowing = self.allowing_rules(egress);
        let mut best: Option<(usize, Nearest)> = None;
        for (start, step) in layer.steps.iter().enumerate() {
            let (StepKind::Rule, Some(policy), Some(rule)) = (step.kind, step.policy, step.rule)
            else {
                continue;
            };
            if !allowing.contains(&(policy, rule)) {
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

    /// Every rule that allows what it matches; of an AuthorizationPolicy, all of its rules.
    fn allowing_rules(&self, egress: bool) -> BTreeSet<(PolicyId, u32)> {
        let model = &self.inner.model;
        let network = model.network.policies.iter().flat_map(|policy| {
            let rules = if egress { &policy.egress } else { &policy.ingress };
            let allowing = rules.iter().filter(|rule| rule.action == Action::Allow);
            allowing.map(|rule| (policy.id, rule.index))
        });
        let authz = model.authz.iter().filter(|p| p.action == AuthzAction::Allow && !p.dry_run);
        let authz = authz.flat_map(|policy| {
            let rules = u32::try_from(policy.rules.len()).unwrap_or(u32::MAX);
            (0..rules).map(|rule| (policy.id, rule))
        });
        network.chain(authz).collect()
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
