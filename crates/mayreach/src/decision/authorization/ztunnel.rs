//! ztunnel's own reading of AuthorizationPolicy (serviceregistry/ambient/authorization.go,
//! ztunnel src/rbac.rs and src/state.rs): layer 4 only, and stricter or laxer than Envoy where
//! conditions are lost.

use super::{Authorization, nothing_allows, remark, scene::Scene};
use crate::{
    decision::{ClientSees, Outcome, Reason, Step, StepKind, Verdict, trace::Trace},
    model::{
        Model, Tri,
        authz::{
            Attach, Attribute, AuthzAction, AuthzPolicy, AuthzRule, Condition, Matcher, TextMatch,
        },
        inventory::{Mesh, Workload},
    },
};

/// "any non-dry-run DENY match ⇒ deny; no non-dry-run ALLOW ⇒ allow; any ALLOW match ⇒ allow;
/// else deny."
pub(super) fn authorization(
    model: &Model,
    workload: &Workload,
    scene: &Scene<'_>,
    trace: &mut Trace,
) -> Authorization {
    let mine: Vec<&AuthzPolicy> =
        model.authz.iter().filter(|p| takes(&model.inventory.mesh, workload, p)).collect();
    let of = |action: AuthzAction| -> Vec<&AuthzPolicy> {
        mine.iter().copied().filter(|p| p.action == action).collect()
    };
    let (deny, allow) = (of(AuthzAction::Deny), of(AuthzAction::Allow));
    tell(scene, &deny, "DENY policies of ztunnel: any match denies", trace);
    tell(scene, &allow, "ALLOW policies of ztunnel: one must match", trace);
    if mine.is_empty() {
        remark(trace, "no AuthorizationPolicy that ztunnel knows selects the workload: allowed");
    }
    let (denied, by) = ask(scene, &deny);
    let (matched, by_allow) = ask(scene, &allow);
    let allowed = if allow.is_empty() { Tri::Yes } else { matched };
    let rule = |at: (crate::model::PolicyId, u32)| Reason::Rule { policy: at.0, rule: at.1 };
    let mut answer = match denied.not().and(allowed) {
        Tri::Yes if mine.is_empty() => Authorization::plain(Verdict::Allow, Reason::NoPolicy),
        Tri::Yes => {
            Authorization::plain(Verdict::Allow, by_allow.map_or(Reason::DefaultAllow, rule))
        }
        Tri::No if denied.is_yes() => {
            Authorization::plain(Verdict::Deny, by.map_or_else(|| nothing_allows(&allow), rule))
        }
        Tri::No => Authorization::plain(Verdict::Deny, nothing_allows(&allow)),
        Tri::Unknown(attributes) => {
            let policy = by.or(by_allow).map(|at| at.0);
            Authorization::plain(Verdict::Undetermined, Reason::Missing { attributes, policy })
        }
    };
    // "Denial over HBONE: HTTP 401 to the CONNECT, plaintext: close": the client sees its
    // connection close either way.
    answer.sees = (answer.decision.verdict == Verdict::Deny).then_some(ClientSees::Closed);
    answer
}

/// "policies with targetRefs skipped; AUDIT/CUSTOM not converted; dry-run skipped"; "`selector:
/// {}` is attached to nothing".
fn takes(mesh: &Mesh, workload: &Workload, policy: &AuthzPolicy) -> bool {
    let here = policy.namespace == mesh.root_namespace || policy.namespace == workload.namespace;
    let known = matches!(policy.action, AuthzAction::Allow | AuthzAction::Deny) && !policy.dry_run;
    here && known
        && match &policy.attach {
            Attach::Namespace => true,
            Attach::Labels(pairs) => {
                !pairs.is_empty()
                    && pairs.iter().all(|(k, v)| workload.labels.get(k).is_some_and(|l| l == v))
            }
            Attach::Targets(_) => false,
        }
}

type At = Option<(crate::model::PolicyId, u32)>;

/// Whether any rule matches, and the first that surely does (or that is open).
fn ask(scene: &Scene<'_>, policies: &[&AuthzPolicy]) -> (Tri, At) {
    let mut any = Tri::No;
    let (mut sure, mut open) = (None, None);
    for policy in policies {
        for (index, rule) in (0_u32..).zip(&policy.rules) {
            let matched = rule_matches(scene, &policy.action, rule);
            any = any.or(matched);
            let at = Some((policy.id, index));
            match matched {
                Tri::Yes => sure = sure.or(at),
                Tri::Unknown(_) => open = open.or(at),
                Tri::No => {}
            }
        }
    }
    (any, sure.or(open))
}

/// "L7 found = hosts/methods/paths, remoteIpBlocks, requestPrincipals, or a `when` key outside
/// {source.ip, source.namespace, source.principal, destination.ip, destination.port}".
fn layer7(condition: &Condition, when: bool) -> bool {
    match condition.attribute {
        Attribute::Principal
        | Attribute::Namespace
        | Attribute::SourceIp
        | Attribute::DestinationIp
        | Attribute::DestinationPort => false,
        // "`trustDomains` in a source are not converted and not reported as L7".
        Attribute::ServiceAccount | Attribute::TrustDomain => when,
        _ => true,
    }
}

fn rule_matches(scene: &Scene<'_>, action: &AuthzAction, rule: &AuthzRule) -> Tri {
    let lost = rule.from.iter().chain(&rule.to).flatten().any(|c| layer7(c, false))
        || rule.when.iter().any(|c| layer7(c, true));
    // "ALLOW + L7 ⇒ rule omitted".
    if lost && *action == AuthzAction::Allow {
        return Tri::No;
    }
    // "one clause for `to` (alternatives ORed), one for `from`, one per `when`"; "group without
    // clauses ⇒ match all".
    let clause = |alternatives: &[Vec<Condition>]| {
        if alternatives.is_empty() {
            return Tri::Yes;
        }
        Tri::any(alternatives.iter().map(|one| matches_all(scene, one, false)))
    };
    let when = rule.when.iter().map(|c| matches_all(scene, std::slice::from_ref(c), true));
    clause(&rule.from).and(clause(&rule.to)).and(Tri::all(when))
}

/// "inside a match all types `ANDed`"; "an empty match is match-NONE".
fn matches_all(scene: &Scene<'_>, conditions: &[Condition], when: bool) -> Tri {
    let kept: Vec<&Condition> = conditions
        .iter()
        .filter(|c| !layer7(c, when) && c.attribute != Attribute::TrustDomain)
        .collect();
    if kept.is_empty() {
        return Tri::No;
    }
    Tri::all(kept.into_iter().map(|c| holds(scene, c)))
}

fn holds(scene: &Scene<'_>, condition: &Condition) -> Tri {
    let any = |list: &[(Matcher, String)]| {
        Tri::any(list.iter().map(|(matcher, text)| match condition.attribute {
            // "principals are S-style on the identity with `spiffe://` stripped"; no trust-domain
            // rewriting, so the text as written counts.
            Attribute::Principal => scene.connection.identity.test(|id| {
                id.strip_prefix("spiffe://").is_some_and(|p| TextMatch::plain(text).matches(p))
            }),
            Attribute::Namespace => scene.connection.identity.test(|id| {
                parts(id).is_some_and(|(space, _)| TextMatch::plain(text).matches(space))
            }),
            Attribute::ServiceAccount => scene.connection.identity.test(|id| {
                let Matcher::ServiceAccount(space, account) = matcher else { return false };
                parts(id) == Some((space, account))
            }),
            _ => return_holds(scene, condition, matcher, text),
        }))
    };
    let wanted = if condition.values.is_empty() { Tri::Yes } else { any(&condition.values) };
    wanted.and(any(&condition.not_values).not())
}

/// Addresses and ports are compared as Envoy does.
fn return_holds(scene: &Scene<'_>, condition: &Condition, matcher: &Matcher, text: &str) -> Tri {
    scene.holds(&Condition {
        attribute: condition.attribute.clone(),
        field: String::new(),
        values: vec![(matcher.clone(), text.to_owned())],
        not_values: Vec::new(),
        place: condition.place,
    })
}

/// Namespace and service account of `spiffe://td/ns/N/sa/S`, "exactly 5 parts".
fn parts(identity: &str) -> Option<(&str, &str)> {
    let mut all = identity.strip_prefix("spiffe://")?.split('/');
    let (_domain, ns, space, sa, account) =
        (all.next()?, all.next()?, all.next()?, all.next()?, all.next()?);
    (ns == "ns" && sa == "sa" && all.next().is_none()).then_some((space, account))
}

fn tell(scene: &Scene<'_>, policies: &[&AuthzPolicy], title: &str, trace: &mut Trace) {
    if policies.is_empty() {
        return;
    }
    let line = |kind, outcome, text: String, policy: Option<&AuthzPolicy>, rule| Step {
        kind,
        outcome,
        text,
        policy: policy.map(|p| p.id),
        rule,
        place: None,
    };
    trace.step(|| line(StepKind::Tier, Outcome::Info, title.to_owned(), None, None));
    for policy in policies {
        let matches = |rule: &AuthzRule| rule_matches(scene, &policy.action, rule);
        let all = Tri::any(policy.rules.iter().map(matches));
        trace.step(|| {
            let text = format!("{}/{}", policy.namespace, policy.name);
            line(StepKind::Policy, all.into(), text, Some(policy), None)
        });
        for (index, rule) in (0_u32..).zip(&policy.rules) {
            trace.step(|| {
                let lost = rule.from.iter().chain(&rule.to).flatten().any(|c| layer7(c, false))
                    || rule.when.iter().any(|c| layer7(c, true));
                let text = if lost {
                    format!("rule {index}, without the HTTP attributes that ztunnel cannot see")
                } else {
                    format!("rule {index}")
                };
                let mut made =
                    line(StepKind::Rule, matches(rule).into(), text, Some(policy), Some(index));
                made.place = Some(rule.place);
                made
            });
        }
    }
}
