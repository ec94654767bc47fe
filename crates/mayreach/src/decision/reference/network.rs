//! One direction of one workload's network policy: tiers, policies, rules, in order.

use crate::{
    decision::{
        Layer, LayerDecision, Marked, Outcome, Reason, Step, StepKind, Verdict,
        reference::{forward, host, packet},
        resolve::{Address, Asked, End},
        trace::Trace,
    },
    model::{
        Attributes, Model, PolicyId, TierId, Tri,
        inventory::{Workload, WorkloadKind},
        network::{Action, NetworkPolicy, NetworkRule, Plugin, PolicyClass, Tier, TierDefault},
    },
};

/// What a walk can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Reason,
}

impl Found {
    pub(crate) const fn new(verdict: Verdict, reason: Reason) -> Self {
        Self { verdict, reason }
    }

    /// "Either this, if the unknown condition holds, or `otherwise`": sure only where both agree.
    pub(crate) fn unless(self, otherwise: Self, missing: Attributes, policy: PolicyId) -> Self {
        if self.verdict == otherwise.verdict && self.verdict != Verdict::Undetermined {
            return otherwise;
        }
        let missing = missing.union(self.missing()).union(otherwise.missing());
        let policy = Some(policy);
        Self::new(Verdict::Undetermined, Reason::Missing { attributes: missing, policy })
    }

    pub(crate) fn missing(self) -> Attributes {
        match self.reason {
            Reason::Missing { attributes, .. } => attributes,
            _ => Attributes::NONE,
        }
    }
}

/// Asks one direction of network policy.
pub(crate) fn network(
    model: &Model,
    asked: &Asked<'_>,
    layer: Layer,
    trace: &mut Trace,
) -> LayerDecision {
    let egress = layer == Layer::Egress;
    let found = ask(model, asked, egress, trace);
    let found = by_replica(asked, found, |one| ask(model, one, egress, &mut Trace::off()));
    LayerDecision::new(layer, found.verdict, found.reason)
}

/// Most pairs of replicas that are asked one by one.
const MOST_PAIRS: usize = 256;

/// What is open only because a controller's pods have several addresses, and is the same for
/// each of them, is what each of them is told.
pub(crate) fn by_replica<'m>(
    asked: &Asked<'m>,
    found: Found,
    ask: impl Fn(&Asked<'m>) -> Found,
) -> Found {
    let several = |end: &End<'_>| matches!(end.address, Address::OneOf(_));
    let open = found.verdict == Verdict::Undetermined;
    if !open || !(several(&asked.source) || several(&asked.destination)) {
        return found;
    }
    let (from, to) = (asked.source.replicas(), asked.destination.replicas());
    if from.len() * to.len() > MOST_PAIRS {
        return found;
    }
    let mut same: Option<Found> = None;
    for source in &from {
        for destination in &to {
            let one =
                Asked { source: source.clone(), destination: destination.clone(), ..asked.clone() };
            let answer = ask(&one);
            let agrees = same.is_none_or(|other| other.verdict == answer.verdict);
            if !agrees || answer.verdict == Verdict::Undetermined {
                return found;
            }
            same = same.or(Some(answer));
        }
    }
    same.unwrap_or(found)
}

fn ask(model: &Model, asked: &Asked<'_>, egress: bool, trace: &mut Trace) -> Found {
    let (own, other) = if egress {
        (&asked.source, &asked.destination)
    } else {
        (&asked.destination, &asked.source)
    };
    let allow = |reason| Found::new(Verdict::Allow, reason);
    let Some(workload) = own.workload.filter(|w| !w.host_network) else {
        if let Some(found) = host::ask(model, asked, egress, trace) {
            return found;
        }
        remark(trace, "no network policy governs this end: it is not a pod of its own network");
        return allow(Reason::NotPoliced);
    };
    // "pod to own pod IP never leaves its netns, so no CNI sees it"
    if itself(asked) {
        remark(trace, "a pod's traffic to its own address never leaves it");
        return allow(Reason::LocalTraffic);
    }
    let found = pod(model, asked, workload, egress, None, trace);
    let found = match forward::ask(model, asked, egress, trace) {
        Some(host) => forward::both(found, host, egress),
        None => found,
    };
    if egress || other.node.is_none() {
        return found;
    }
    // "ingress is allowed if the traffic source is the pod's local node" (networking/v1 types.go;
    // Calico: "We don't currently police host -> endpoint")
    match local(own, other) {
        Tri::Yes => allow(Reason::LocalTraffic),
        Tri::No => found,
        Tri::Unknown(missing) if found.verdict == Verdict::Allow => {
            let _ = missing;
            found
        }
        Tri::Unknown(missing) => {
            Found::new(Verdict::Undetermined, Reason::Missing { attributes: missing, policy: None })
        }
    }
}

/// What staged policies would do if each were enforced: those that would decide, or deny by their
/// tier's end what passes now.
pub(crate) fn staged(model: &Model, asked: &Asked<'_>, decided: LayerDecision) -> Vec<Marked> {
    let egress = decided.layer == Layer::Egress;
    let own = if egress { &asked.source } else { &asked.destination };
    let Some(workload) = own.workload.filter(|w| !w.host_network && !itself(asked)) else {
        return Vec::new();
    };
    let policies = model.network.policies.iter();
    policies
        .filter(|p| p.staged && governs(model, p, workload, egress))
        .filter_map(|policy| {
            let found = pod(model, asked, workload, egress, Some(policy.id), &mut Trace::off());
            let rule = match found.reason {
                Reason::Rule { policy: decider, rule } if decider == policy.id => Some(rule),
                _ if found.verdict != decided.verdict => None,
                _ => return None,
            };
            let would = Some(found.verdict);
            Some(Marked { policy: policy.id, rule, layer: decided.layer, would })
        })
        .collect()
}

/// The tiers that govern a pod, then its namespace's profile.
fn pod(
    model: &Model,
    asked: &Asked<'_>,
    workload: &Workload,
    egress: bool,
    staged: Option<PolicyId>,
    trace: &mut Trace,
) -> Found {
    // "pods with no policy are allowed by `kns.<ns>`; if the Namespace is unknown, denied"
    // (active_rules_calculator.go DummyDropRules)
    let defined = model.inventory.namespaces.get(&workload.namespace).is_some_and(|n| n.defined);
    let after = if model.network.plugin == Plugin::Calico && !defined {
        Found::new(Verdict::Deny, Reason::UndefinedNamespace)
    } else {
        Found::new(Verdict::Allow, Reason::DefaultAllow)
    };
    let governs = |policy: &NetworkPolicy| governs(model, policy, workload, egress);
    let walk = Walk { model, asked, egress, governs: &governs, forced_pass: false, after, staged };
    walk.tiers(trace)
}

/// A pod that calls its own address. Through a Service the packet leaves the pod and comes back.
pub(crate) fn itself(asked: &Asked<'_>) -> bool {
    asked.service.is_none()
        && asked.source.id.is_some()
        && asked.source.id == asked.destination.id
        && asked.source.workload.is_some_and(|w| w.kind == WorkloadKind::Pod)
}

/// Whether the other end is the node that this pod runs on.
pub(crate) fn local(own: &End<'_>, other: &End<'_>) -> Tri {
    match (own.workload.and_then(|w| w.node.as_deref()), other.node) {
        (Some(mine), Some(Some(theirs))) => Tri::of(mine == theirs),
        (_, None) => Tri::No,
        _ => Tri::Unknown(Attributes::NODE),
    }
}

pub(super) fn remark(trace: &mut Trace, text: &str) {
    trace.step(|| Step {
        kind: StepKind::Remark,
        outcome: Outcome::Info,
        text: text.to_owned(),
        policy: None,
        rule: None,
        place: None,
    });
}

/// Whether a policy governs a workload in one direction.
pub(crate) fn governs(
    model: &Model,
    policy: &NetworkPolicy,
    workload: &Workload,
    egress: bool,
) -> bool {
    let direction = if egress { policy.governs_egress } else { policy.governs_ingress };
    // "doNotTrack/preDNAT policies apply to HEPs only" (event_sequencer.go)
    let class = matches!(policy.class, PolicyClass::Normal | PolicyClass::Forward);
    direction
        && class
        && policy.subject.matches(&|key| model.inventory.workload_label(workload, key))
}

/// One walk through all tiers, for one endpoint and direction.
pub(crate) struct Walk<'a> {
    pub(crate) model: &'a Model,
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) egress: bool,
    /// Which policies govern the endpoint.
    pub(crate) governs: &'a dyn Fn(&NetworkPolicy) -> bool,
    /// "Tier defaultAction is forced to Pass for untracked and preDNAT" (event_sequencer.go).
    pub(crate) forced_pass: bool,
    /// What comes after the last tier.
    pub(crate) after: Found,
    /// A staged policy to ask as if it were enforced.
    pub(crate) staged: Option<PolicyId>,
}

impl Walk<'_> {
    fn policies<'s>(&'s self, tier: &'s Tier) -> Vec<&'s NetworkPolicy> {
        tier.policies
            .iter()
            .filter_map(|p| self.model.network.policies.get(*p as usize))
            .filter(|p| (self.governs)(p))
            .collect()
    }

    /// All tiers, from the last to the first: what a tier leaves undecided is what the next one
    /// says, so each is asked once, and the walk a reader sees stops where it was decided.
    pub(crate) fn tiers(&self, trace: &mut Trace) -> Found {
        let mut after = trace.fresh();
        let mut next = self.after;
        remark(&mut after, after_text(next));
        let mut walked = vec![after];
        for (number, tier) in self.model.network.tiers.iter().enumerate().rev() {
            let mut steps = trace.fresh();
            let (found, goes_on) = self.tier(number, tier, next, &mut steps);
            if !goes_on {
                walked.clear();
            }
            walked.push(steps);
            next = found;
        }
        for steps in walked.into_iter().rev() {
            trace.extend(steps);
        }
        next
    }

    /// One tier, given what comes after it; and whether that mattered.
    fn tier(&self, number: usize, tier: &Tier, next: Found, trace: &mut Trace) -> (Found, bool) {
        let all = self.policies(tier);
        // "A tier takes part iff at least one enforced policy with a matching selector governs the
        // direction; otherwise skipped without default action" (endpoints.go, check.go)
        let enforced: Vec<&NetworkPolicy> =
            all.iter().copied().filter(|p| !p.staged || Some(p.id) == self.staged).collect();
        let (Some(first), Some(last)) = (enforced.first(), enforced.last()) else {
            return (next, true);
        };
        trace.step(|| Step {
            kind: StepKind::Tier,
            outcome: Outcome::Info,
            text: format!("tier {}", tier.name),
            policy: None,
            rule: None,
            place: None,
        });
        let mut possible: Vec<(Attributes, PolicyId, Option<Found>)> = Vec::new();
        let mut sure: Option<Option<Found>> = None;
        for policy in &enforced {
            self.enter(policy, trace);
            for rule in self.rules(policy) {
                let Self { model, asked, egress, .. } = *self;
                let tri = matches(model, asked, egress, policy.id, rule, trace);
                // "Log is non-terminal: continue with the next rule"
                if sure.is_some() || tri.is_no() || rule.action == Action::Log {
                    continue;
                }
                let reason = Reason::Rule { policy: policy.id, rule: rule.index };
                let outcome = match rule.action {
                    Action::Allow => Some(Found::new(Verdict::Allow, reason)),
                    Action::Deny => Some(Found::new(Verdict::Deny, reason)),
                    // "Pass ends this tier; in the last tier, profiles"
                    Action::Pass | Action::Log => None,
                };
                match tri {
                    Tri::Unknown(missing) => possible.push((missing, policy.id, outcome)),
                    _ => sure = Some(outcome),
                }
            }
        }
        let isolated = enforced.iter().all(|p| p.isolates);
        let end = match tier.default {
            TierDefault::Pass => None,
            TierDefault::Deny if self.forced_pass => None,
            TierDefault::Deny if isolated => {
                Some(Found::new(Verdict::Deny, Reason::Isolated { policy: first.id }))
            }
            TierDefault::Deny => {
                let tier = TierId(u32::try_from(number).unwrap_or(u32::MAX));
                Some(Found::new(Verdict::Deny, Reason::EndOfTier { tier, policy: last.id }))
            }
        };
        let decided = sure.unwrap_or(end);
        let goes_on = decided.is_none() || possible.iter().any(|(_, _, found)| found.is_none());
        // Where an earlier rule may match, both futures are followed.
        let found = possible.iter().rev().fold(
            decided.unwrap_or(next),
            |otherwise, (missing, policy, outcome)| {
                outcome.unwrap_or(next).unless(otherwise, *missing, *policy)
            },
        );
        (found, goes_on)
    }

    fn enter(&self, policy: &NetworkPolicy, trace: &mut Trace) {
        let place = self.model.policy(policy.id).map(|m| m.place);
        trace.step(|| Step {
            kind: StepKind::Policy,
            outcome: Outcome::Info,
            text: String::new(),
            policy: Some(policy.id),
            rule: None,
            place,
        });
    }

    fn rules<'p>(&self, policy: &'p NetworkPolicy) -> &'p [NetworkRule] {
        if self.egress { &policy.egress } else { &policy.ingress }
    }
}

/// Whether one rule matches, step by step.
pub(crate) fn matches(
    model: &Model,
    asked: &Asked<'_>,
    egress: bool,
    policy: PolicyId,
    rule: &NetworkRule,
    trace: &mut Trace,
) -> Tri {
    let conditions = packet::conditions(model, asked, rule);
    let outcome = Tri::all(conditions.iter().map(|c| c.outcome));
    let place = model.policy(policy).and_then(|m| {
        let lines = if egress { &m.egress_rules } else { &m.rules };
        lines.get(rule.index as usize).copied()
    });
    let step = |kind, outcome, text| Step {
        kind,
        outcome,
        text,
        policy: Some(policy),
        rule: Some(rule.index),
        place,
    };
    trace.step(|| step(StepKind::Rule, outcome.into(), format!("{:?}", rule.action)));
    for condition in conditions {
        trace.step(|| step(StepKind::Condition, condition.outcome(), condition.text));
    }
    outcome
}

fn after_text(found: Found) -> &'static str {
    match found.reason {
        Reason::UndefinedNamespace => {
            "Calico has no profile for a namespace that is not defined, and denies"
        }
        Reason::NoProfile => "the host endpoint has no profile that allows: dropped",
        _ => "no policy decides: allowed by default",
    }
}
