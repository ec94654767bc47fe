//! CUSTOM policies: external authorizers, whose answer is an input (builder.go, extauthz.go).

use super::{
    rules::{Asked, RuleRef, any, ask as ask_rules, first, first_open},
    scene::Scene,
};
use crate::{
    decision::{Reason, trace::Trace},
    model::{
        Attributes, AuthorizerAnswer, Model, Tri,
        authz::{AuthzAction, AuthzPolicy},
        inventory::{Provider, ProviderKind},
    },
};

/// What came of all CUSTOM policies together.
#[derive(Debug, Default)]
pub(crate) struct Custom {
    pub(crate) denies: Tri,
    denier: Option<Reason>,
    /// A rule whose provider was asked and said yes, or failed open.
    pub(crate) asked: Option<Reason>,
    pub(crate) open: Option<RuleRef>,
}

impl Custom {
    /// Who denied, if that is sure.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.denier.filter(|_| self.denies.is_yes())
    }
}

/// What a provider does with what its rules match.
enum Answer {
    /// "matching CUSTOM rule ⇒ `ext_authz` is called".
    Says(bool),
    /// "failOpen ⇒ `failure_mode_allow`"; the status of a denial otherwise.
    Fails {
        open: bool,
        status: u16,
    },
    NotKnown,
    /// "provider missing/invalid ⇒ every matching request is DENIED".
    Bad,
    /// "HTTP-type provider on a TCP chain ⇒ CUSTOM silently skipped".
    Skipped,
}

pub(crate) fn ask(
    model: &Model,
    policies: &[&AuthzPolicy],
    scene: &Scene<'_>,
    trace: &mut Trace,
) -> Custom {
    let mut providers: Vec<&str> = policies.iter().filter_map(|p| provider(p)).collect();
    providers.sort_unstable();
    providers.dedup();
    // ">1 distinct provider on a workload without PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS
    // ⇒ likewise DENY for all matching".
    let several = providers.len() > 1;
    let mut custom = Custom::default();
    for name in providers {
        let mine: Vec<&AuthzPolicy> =
            policies.iter().copied().filter(|p| provider(p) == Some(name)).collect();
        let answer = answer(model, scene, name, several);
        let title = match answer {
            Answer::Says(true) => format!("CUSTOM policies of `{name}`, which says yes"),
            Answer::Says(false) => format!("CUSTOM policies of `{name}`, which says no"),
            Answer::Fails { open: true, .. } => {
                format!("CUSTOM policies of `{name}`, which fails open: matches pass")
            }
            Answer::Fails { open: false, .. } => {
                format!("CUSTOM policies of `{name}`, which fails closed: matches are denied")
            }
            Answer::NotKnown => format!("CUSTOM policies of `{name}`, whose answer is not given"),
            Answer::Bad => {
                format!("CUSTOM policies of `{name}`, which istiod refuses: matches are denied")
            }
            Answer::Skipped => {
                format!("CUSTOM policies of `{name}`, an HTTP authorizer that TCP skips")
            }
        };
        let asked = ask_rules(scene, &mine, &title, trace);
        custom.add(&answer, &asked);
    }
    custom
}

impl Custom {
    fn add(&mut self, answer: &Answer, asked: &[Asked]) {
        let matched = any(asked);
        let at = first(asked);
        let denies = match answer {
            Answer::Skipped => return,
            Answer::Says(true) | Answer::Fails { open: true, .. } => Tri::No,
            Answer::Says(false) | Answer::Fails { open: false, .. } | Answer::Bad => matched,
            Answer::NotKnown => matched.and(Tri::Unknown(Attributes::EXT_AUTHZ)),
        };
        self.denies = self.denies.or(denies);
        let reason = at.and_then(|RuleRef { policy, rule }| match answer {
            Answer::Bad => Some(Reason::BadProvider { policy, rule }),
            Answer::Says(_) => Some(Reason::Provider { policy, rule }),
            Answer::Fails { status, .. } => {
                Some(Reason::ProviderFailed { policy, rule, status: *status })
            }
            Answer::NotKnown | Answer::Skipped => None,
        });
        match answer {
            Answer::Says(true) | Answer::Fails { open: true, .. } => {
                self.asked = self.asked.or(reason);
            }
            _ => self.denier = self.denier.or(reason),
        }
        if !denies.missing().is_empty() {
            self.open = self.open.or(at).or_else(|| first_open(asked));
        }
    }
}

fn provider(policy: &AuthzPolicy) -> Option<&str> {
    match &policy.action {
        AuthzAction::Custom(name) => Some(name),
        AuthzAction::Allow | AuthzAction::Deny | AuthzAction::Audit => None,
    }
}

fn answer(model: &Model, scene: &Scene<'_>, name: &str, several: bool) -> Answer {
    let known: Option<&Provider> = model
        .inventory
        .mesh
        .providers
        .iter()
        .find(|p| p.name == name && p.kind != ProviderKind::Other);
    let Some(found) = known.filter(|p| p.invalid.is_none() && !several) else {
        return Answer::Bad;
    };
    if scene.seen.is_none() && found.kind == ProviderKind::ExtAuthzHttp {
        return Answer::Skipped;
    }
    let said = |who: &str| scene.asked.flow.ext_authz.iter().find(|(by, _)| *by == who);
    // A flow that names nobody in particular says `provider`.
    match said(name).or_else(|| said("provider")) {
        Some((_, AuthorizerAnswer::Allow)) => Answer::Says(true),
        Some((_, AuthorizerAnswer::Deny)) => Answer::Says(false),
        Some((_, AuthorizerAnswer::Error)) => {
            let status = if found.status_on_error == 0 { 403 } else { found.status_on_error };
            Answer::Fails { open: found.fail_open, status }
        }
        None => Answer::NotKnown,
    }
}
