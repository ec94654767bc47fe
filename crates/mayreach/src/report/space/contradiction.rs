//! Whether conditions can hold together at all.

use super::text::{self, Kind, Pattern};
use crate::{
    decision::{matching, mesh::spiffe},
    model::{
        Model,
        authz::{Attribute, AuthzRule, Condition, Matcher, TextMatch},
    },
};

/// Why no request can match a rule: the fields that contradict each other. `None`: some may.
pub(crate) fn of_rule(model: &Model, rule: &AuthzRule) -> Option<String> {
    let none: Vec<Vec<Condition>> = vec![Vec::new()];
    let from = if rule.from.is_empty() { &none } else { &rule.from };
    let to = if rule.to.is_empty() { &none } else { &rule.to };
    let mut why = None;
    for source in from {
        for operation in to {
            let all: Vec<&Condition> = source.iter().chain(operation).chain(&rule.when).collect();
            why = Some(of_conditions(model, &all)?);
        }
    }
    why
}

fn of_conditions(model: &Model, all: &[&Condition]) -> Option<String> {
    let identity = |a: &Attribute| {
        use Attribute::{Namespace, Principal, ServiceAccount, TrustDomain};
        matches!(a, Principal | Namespace | ServiceAccount | TrustDomain)
    };
    let who: Vec<&Condition> = all.iter().copied().filter(|c| identity(&c.attribute)).collect();
    if !who.is_empty() && !some_identity(model, &who) {
        return Some(fields(&who));
    }
    for condition in all {
        let same: Vec<&Condition> =
            all.iter().copied().filter(|c| c.attribute == condition.attribute).collect();
        if !some_text(&condition.attribute, &same) {
            return Some(fields(&same));
        }
    }
    None
}

fn fields(conditions: &[&Condition]) -> String {
    let mut out: Vec<String> = Vec::new();
    for condition in conditions {
        let texts = |list: &[(Matcher, String)]| {
            let all: Vec<String> = list.iter().map(|(_, t)| format!("`{t}`")).collect();
            all.join(", ")
        };
        let (values, not) = (texts(&condition.values), texts(&condition.not_values));
        out.push(match (values.is_empty(), not.is_empty()) {
            (false, true) => format!("`{}` wants {values}", condition.field),
            (true, false) => format!("`{}` wants none of {not}", condition.field),
            _ => format!("`{}` wants {values} and none of {not}", condition.field),
        });
    }
    out.dedup();
    out.join(", while ")
}

/// Whether a client can be who all conditions want, or be nobody.
fn some_identity(model: &Model, conditions: &[&Condition]) -> bool {
    let mesh = &model.inventory.mesh;
    let known = model.inventory.workloads.iter().map(|w| Some(spiffe(mesh, w)));
    let made = candidates(&mesh.trust_domain, conditions).into_iter().map(Some);
    known.chain(made).chain([None]).any(|id: Option<String>| {
        let matches = |list: &[(Matcher, String)]| {
            id.as_ref().is_some_and(|id| list.iter().any(|(m, _)| matching::identity(m, id)))
        };
        conditions
            .iter()
            .all(|c| (c.values.is_empty() || matches(&c.values)) && !matches(&c.not_values))
    })
}

/// For each pattern the identities that it leaves most room for others.
fn candidates(domain: &str, conditions: &[&Condition]) -> Vec<String> {
    let mut out = vec![format!("spiffe://{domain}/ns/x/sa/x"), "spiffe://x/ns/x/sa/x".to_owned()];
    let (mut heads, mut tails) = (vec![format!("{domain}/ns/x/sa/")], vec![String::new()]);
    let all = conditions.iter().flat_map(|c| c.values.iter().chain(&c.not_values));
    for (matcher, _) in all {
        match matcher {
            Matcher::NamespacePattern(parts) => {
                out.push(format!("spiffe://{domain}/ns/{}/sa/x", parts.join("x")));
                heads.push(format!("{domain}/ns/{}/sa/", parts.join("x")));
            }
            Matcher::ServiceAccount(space, name) => {
                out.push(format!("spiffe://{domain}/ns/{space}/sa/{name}"));
            }
            Matcher::TrustDomain(TextMatch::Exact(other)) => {
                out.push(format!("spiffe://{other}/ns/x/sa/x"));
                heads.push(format!("{other}/ns/x/sa/"));
            }
            Matcher::Identity(TextMatch::Exact(id)) => out.push(format!("spiffe://{id}")),
            Matcher::Identity(TextMatch::Prefix(head)) => heads.push(head.clone()),
            Matcher::Identity(TextMatch::Suffix(tail)) => tails.push(tail.clone()),
            // Anything may fit: nothing is said.
            _ => heads.push(format!("{domain}/ns/")),
        }
    }
    for head in &heads {
        for tail in &tails {
            out.push(format!("spiffe://{head}x{tail}"));
            out.push(format!("spiffe://{head}{tail}"));
            out.push(format!("spiffe://{head}x/ns/x/sa/x{tail}"));
        }
    }
    out
}

/// Whether a request can have a value, or lines, that all conditions on one attribute want.
fn some_text(attribute: &Attribute, conditions: &[&Condition]) -> bool {
    let (kind, lines) = match attribute {
        Attribute::Method => (Kind::Line, false),
        Attribute::Path => (Kind::Path { canonical: true, merged: false, query: false }, false),
        Attribute::Header(_) => (Kind::Line, true),
        _ => return true,
    };
    let all = conditions.iter().flat_map(|c| c.values.iter().chain(&c.not_values));
    let patterns: Vec<Pattern> = all.clone().filter_map(|(m, _)| Pattern::of(m)).collect();
    if patterns.len() != all.count() || patterns.iter().any(text::unreadable) {
        return true;
    }
    let Some(classes) = text::classes(&patterns, kind) else { return true };
    let holds = |mask: u64, present: bool| {
        let mut at = 0;
        conditions.iter().all(|c| {
            let any = |list: &[(Matcher, String)], at: &mut u32| {
                let found = (0..list.len()).fold(false, |any, _| {
                    let bit = mask >> *at & 1 == 1;
                    *at += 1;
                    any || bit
                });
                present && found
            };
            let wanted = any(&c.values, &mut at);
            let unwanted = any(&c.not_values, &mut at);
            (c.values.is_empty() || wanted) && !unwanted
        })
    };
    if lines && holds(0, false) {
        return true;
    }
    let masks: Vec<u64> = classes.iter().map(|c| c.mask).collect();
    // Lines may match together what one cannot.
    let several = |a: u64| masks.iter().any(|b| holds(a | b, true));
    masks.iter().any(|mask| holds(*mask, true) || (lines && several(*mask)))
}
