//! The layer from a compiled pick: rules already chosen and in Envoy's order, asked until one is
//! sure.

use super::{
    Authorization, Policies, custom,
    rules::{Asked, RuleRef},
    scene::Scene,
    sees, settle,
};
use crate::{
    compiled::authz::{Pick, Rule},
    decision::{Verdict, trace::Trace},
    model::{
        Model, Tri,
        authz::{AuthzRule, Condition},
    },
};

/// Asks the layer at a sidecar or gateway.
pub(super) fn authorization(
    model: &Model,
    pick: &Pick,
    early: &Scene<'_>,
    late: &Scene<'_>,
) -> Authorization {
    let policy = |index: &u32| model.authz.get(*index as usize);
    let mut mine =
        Policies { none: pick.head.none, allows: pick.head.allows, ..Policies::default() };
    mine.custom = pick.custom.iter().filter_map(policy).collect();
    let custom = custom::ask(model, &mine.custom, early, &mut Trace::off());
    let (deny, allow) = pick.rules.split_at_checked(pick.head.denies as usize).unwrap_or_default();
    let deny = ask(model, deny, late, false);
    let allow = ask(model, allow, late, true);
    let mut answer = settle(&mine, &custom, &deny, &allow);
    answer.sees = (answer.decision.verdict == Verdict::Deny)
        .then(|| sees(&answer.decision.reason, early.seen));
    answer
}

/// The first rule that surely matches, or every one that may.
fn ask(model: &Model, rules: &[Rule], scene: &Scene<'_>, allow: bool) -> Vec<Asked> {
    let tcp = scene.seen.is_none();
    let mut open = Vec::new();
    for rule in rules {
        // "ALLOW: any HTTP attribute anywhere in the rule ⇒ whole rule dropped" (model.go)
        if tcp && allow && rule.http {
            continue;
        }
        let policy = model.authz.get(rule.policy as usize);
        let Some(written) = policy.and_then(|p| p.rules.get(rule.rule as usize)) else { continue };
        let matched = matches(scene, written, tcp);
        let asked = Asked { at: RuleRef { policy: rule.id, rule: rule.rule }, matched };
        match matched {
            Tri::Yes => return vec![asked],
            Tri::No => {}
            Tri::Unknown(_) => open.push(asked),
        }
    }
    open
}

fn matches(scene: &Scene<'_>, rule: &AuthzRule, tcp: bool) -> Tri {
    let mut outcome = all(scene, &rule.when, tcp);
    for alternatives in [&rule.to, &rule.from] {
        if outcome.is_no() {
            return Tri::No;
        }
        if !alternatives.is_empty() {
            let mut any = Tri::No;
            for one in alternatives {
                any = any.or(all(scene, one, tcp));
                if any.is_yes() {
                    break;
                }
            }
            outcome = outcome.and(any);
        }
    }
    outcome
}

/// "DENY / AUDIT / CUSTOM: the attribute is removed; what remains decides."
fn all(scene: &Scene<'_>, conditions: &[Condition], tcp: bool) -> Tri {
    let mut outcome = Tri::Yes;
    for condition in conditions {
        if tcp && condition.attribute.http_only() {
            continue;
        }
        outcome = outcome.and(scene.holds(condition));
        if outcome.is_no() {
            return Tri::No;
        }
    }
    outcome
}
