//! Rules of a chain: which of a policy's rules a proxy has, and whether they match.

use super::scene::Scene;
use crate::{
    decision::{Outcome, Step, StepKind, trace::Trace},
    model::{
        PolicyId, Tri,
        authz::{AuthzAction, AuthzPolicy, AuthzRule, Condition, Matcher},
    },
};

/// One rule of one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuleRef {
    pub(crate) policy: PolicyId,
    pub(crate) rule: u32,
}

/// One rule and how it came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) at: RuleRef,
    pub(crate) matched: Tri,
}

/// What is left of a rule on one chain (model.go checkError).
fn on_chain<'r>(
    scene: &Scene<'_>,
    action: &AuthzAction,
    conditions: &'r [Condition],
) -> Vec<&'r Condition> {
    let tcp = scene.seen.is_none();
    conditions
        .iter()
        .filter(|c| !(tcp && *action != AuthzAction::Allow && c.attribute.http_only()))
        .collect()
}

/// "ALLOW: any such attribute anywhere in the rule ⇒ whole rule dropped"; negative lists too.
fn dropped(scene: &Scene<'_>, action: &AuthzAction, rule: &AuthzRule) -> bool {
    scene.seen.is_none()
        && *action == AuthzAction::Allow
        && rule
            .from
            .iter()
            .chain(&rule.to)
            .flatten()
            .chain(&rule.when)
            .any(|c| c.attribute.http_only())
}

/// "Rule = OR(from) AND OR(to) AND all(when). No `from` = any source; no `to` = any operation."
fn rule_matches(scene: &Scene<'_>, action: &AuthzAction, rule: &AuthzRule) -> Tri {
    if dropped(scene, action, rule) {
        return Tri::No;
    }
    let all = |conditions: &[Condition]| {
        Tri::all(on_chain(scene, action, conditions).into_iter().map(|c| scene.holds(c)))
    };
    let any = |alternatives: &[Vec<Condition>]| {
        if alternatives.is_empty() {
            return Tri::Yes;
        }
        // "An and-set left empty becomes `any: true`."
        Tri::any(alternatives.iter().map(|one| all(one)))
    };
    any(&rule.from).and(any(&rule.to)).and(all(&rule.when))
}

/// Asks every rule of a group of policies, in the order in which Envoy reports them: "the first
/// match in byte order of the name `ns[..]-policy[..]-rule[..]`".
pub(crate) fn ask(
    scene: &Scene<'_>,
    policies: &[&AuthzPolicy],
    title: &str,
    trace: &mut Trace,
) -> Vec<Asked> {
    if policies.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(String, Asked)> = Vec::new();
    for policy in policies {
        for (index, rule) in (0_u32..).zip(&policy.rules) {
            let matched = rule_matches(scene, &policy.action, rule);
            let at = RuleRef { policy: policy.id, rule: index };
            found.push((envoy_name(policy, index), Asked { at, matched }));
        }
    }
    explain(scene, policies, title, trace);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, asked)| asked).collect()
}

fn envoy_name(policy: &AuthzPolicy, rule: u32) -> String {
    format!("ns[{}]-policy[{}]-rule[{rule}]", policy.namespace, policy.name)
}

/// Whether any rule matches.
pub(crate) fn any(asked: &[Asked]) -> Tri {
    Tri::any(asked.iter().map(|a| a.matched))
}

/// The rule that is reported: the first that surely matches.
pub(crate) fn first(asked: &[Asked]) -> Option<RuleRef> {
    asked.iter().find(|a| a.matched.is_yes()).map(|a| a.at)
}

/// The first rule whose match is open.
pub(crate) fn first_open(asked: &[Asked]) -> Option<RuleRef> {
    asked.iter().find(|a| !a.matched.missing().is_empty()).map(|a| a.at)
}

// === Explanations ===

fn explain(scene: &Scene<'_>, policies: &[&AuthzPolicy], title: &str, trace: &mut Trace) {
    trace.step(|| step(StepKind::Tier, Outcome::Info, title.to_owned(), None, None));
    for policy in policies {
        let matched = Tri::any(policy.rules.iter().map(|r| rule_matches(scene, &policy.action, r)));
        trace.step(|| {
            let text = format!("{}/{}", policy.namespace, policy.name);
            let text = if policy.dry_run { format!("{text} (dry-run)") } else { text };
            let text = if policy.rules.is_empty() {
                format!("{text} has no rules, so it matches nothing")
            } else {
                text
            };
            step(StepKind::Policy, matched.into(), text, Some(policy.id), None)
        });
        for (index, rule) in (0_u32..).zip(&policy.rules) {
            explain_rule(scene, policy, index, rule, trace);
        }
    }
}

fn explain_rule(
    scene: &Scene<'_>,
    policy: &AuthzPolicy,
    index: u32,
    rule: &AuthzRule,
    trace: &mut Trace,
) {
    let gone = dropped(scene, &policy.action, rule);
    let matched = rule_matches(scene, &policy.action, rule);
    trace.step(|| {
        let text = if gone {
            format!("rule {index} names HTTP attributes, which a TCP connection has not: dropped")
        } else {
            format!("rule {index}")
        };
        let outcome = if gone { Outcome::Skipped } else { matched.into() };
        let mut made = step(StepKind::Rule, outcome, text, Some(policy.id), Some(index));
        made.place = Some(rule.place);
        made
    });
    if gone {
        return;
    }
    let groups = [("from", &rule.from), ("to", &rule.to)];
    for (side, alternatives) in groups {
        for (n, one) in alternatives.iter().enumerate() {
            explain_conditions(scene, policy, index, &format!("{side}[{n}]"), one, trace);
        }
    }
    explain_conditions(scene, policy, index, "when", &rule.when, trace);
}

fn explain_conditions(
    scene: &Scene<'_>,
    policy: &AuthzPolicy,
    index: u32,
    side: &str,
    conditions: &[Condition],
    trace: &mut Trace,
) {
    for condition in conditions {
        let vanished = scene.seen.is_none() && condition.attribute.http_only();
        trace.step(|| {
            let (outcome, end) = if vanished {
                (Outcome::Skipped, "not asked of a TCP connection".to_owned())
            } else {
                let is = scene.actual(&condition.attribute);
                (scene.holds(condition).into(), format!("is {is}"))
            };
            let text = format!("{side} {}: {end}", wanted(condition));
            let mut made = step(StepKind::Condition, outcome, text, Some(policy.id), Some(index));
            made.place = Some(condition.place);
            made
        });
    }
}

/// The field and what it wants.
fn wanted(condition: &Condition) -> String {
    let list = |values: &[(Matcher, String)]| {
        let mut shown: Vec<String> = Vec::new();
        for (_, text) in values {
            let quoted = format!("`{text}`");
            if !shown.contains(&quoted) {
                shown.push(quoted);
            }
        }
        shown.join(", ")
    };
    let mut text = format!("`{}`", condition.field);
    if !condition.values.is_empty() {
        text = format!("{text} wants {}", list(&condition.values));
    }
    if !condition.not_values.is_empty() {
        let word = if condition.values.is_empty() { "wants none of" } else { "and none of" };
        text = format!("{text} {word} {}", list(&condition.not_values));
    }
    text
}

fn step(
    kind: StepKind,
    outcome: Outcome,
    text: String,
    policy: Option<PolicyId>,
    rule: Option<u32>,
) -> Step {
    Step { kind, outcome, text, policy, rule, place: None }
}
