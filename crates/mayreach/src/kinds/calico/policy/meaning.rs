//! From the fields of a policy of any kind to the model.

use super::{direction::directions, place};
use crate::{
    error::{NoteCode, Place, Problem},
    kinds::{
        Draft,
        calico::{
            findings::{Findings, line_of},
            flatten::{self, Subject},
            rule::{Context, Direction, Rule, rules},
            selectors::{self, Dropped},
        },
    },
    manifest::{Document, Spanned},
    model::{
        network::{NetworkPolicy, NetworkRule, PolicyClass},
        selector::Selector,
    },
    options::CalicoDataPlane,
};

/// The fields of every kind of policy; a kind leaves those empty that it does not have.
#[derive(Clone, Debug, Default)]
pub(in crate::kinds::calico) struct Policy {
    pub(in crate::kinds::calico) kind: &'static str,
    /// `None` for a policy of the cluster.
    pub(in crate::kinds::calico) namespace: Option<String>,
    pub(in crate::kinds::calico) staged: Option<StagedAction>,
    pub(in crate::kinds::calico) tier: Option<Spanned<String>>,
    pub(in crate::kinds::calico) order: Option<f64>,
    pub(in crate::kinds::calico) selector: Option<Spanned<String>>,
    pub(in crate::kinds::calico) namespace_selector: Option<Spanned<String>>,
    pub(in crate::kinds::calico) service_account_selector: Option<Spanned<String>>,
    pub(in crate::kinds::calico) types: Option<Vec<Spanned<String>>>,
    pub(in crate::kinds::calico) ingress: Option<Vec<Spanned<Rule>>>,
    pub(in crate::kinds::calico) egress: Option<Vec<Spanned<Rule>>>,
    pub(in crate::kinds::calico) do_not_track: bool,
    pub(in crate::kinds::calico) pre_dnat: bool,
    pub(in crate::kinds::calico) apply_on_forward: bool,
    pub(in crate::kinds::calico) performance_hints: Vec<Spanned<String>>,
}

/// What a staged policy proposes. Felix tells only `Delete` from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kinds::calico) enum StagedAction {
    Set,
    Delete,
    Learn,
    Ignore,
}

/// Checks and lowers a policy.
pub(in crate::kinds::calico) fn lower(
    policy: Policy,
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut findings = Findings::new(document);
    let version = draft.options.calico;
    place::check_name(&policy, version, &mut findings);
    if policy.staged == Some(StagedAction::Delete) {
        check_empty(&policy, &mut findings);
        return findings.settle(draft);
    }
    let tier = place::tier(&policy, version, &mut findings);
    let tie = place::tie(&policy, version, &findings);
    let directions = directions(&policy, draft.options, &mut findings);
    let class = class(&policy, directions.egress, &mut findings);
    check_hints(&policy.performance_hints, &mut findings);
    let places = Places::of(&policy, document);
    let Ok(body) = body(policy, draft.options.calico_data_plane, &mut findings) else {
        findings.note(
            NoteCode::Ignored,
            0,
            "a selector of blanks makes Calico drop the whole policy: it governs nothing",
        );
        return findings.settle(draft);
    };
    let Body { kind, namespace, order, staged, subject, ingress, egress } = body;
    findings.settle(draft)?;
    let id = draft.policy(kind, document, namespace, places.ingress, places.egress);
    draft.model.network.policies.push(NetworkPolicy {
        id,
        tier,
        order,
        tie,
        subject: subject.unwrap_or(Selector::All),
        governs_ingress: directions.ingress,
        governs_egress: directions.egress,
        ingress,
        egress,
        staged,
        class,
        isolates: false,
    });
    Ok(())
}

/// The lines of the rules, for reasons.
struct Places {
    ingress: Vec<Place>,
    egress: Vec<Place>,
}

impl Places {
    fn of(policy: &Policy, document: &Document) -> Self {
        let places = |rules: &Option<Vec<Spanned<Rule>>>| {
            rules.iter().flatten().map(|rule| document.at(rule.line)).collect()
        };
        Self { ingress: places(&policy.ingress), egress: places(&policy.egress) }
    }
}

/// What is left of a policy once its place is known.
struct Body {
    kind: &'static str,
    namespace: Option<String>,
    order: Option<f64>,
    staged: bool,
    subject: Option<Selector>,
    ingress: Vec<NetworkRule>,
    egress: Vec<NetworkRule>,
}

fn body(
    policy: Policy,
    data_plane: CalicoDataPlane,
    findings: &mut Findings<'_>,
) -> Result<Body, Dropped> {
    let Policy {
        kind,
        namespace,
        staged,
        tier: _,
        order,
        selector,
        namespace_selector,
        service_account_selector,
        types: _,
        ingress,
        egress,
        do_not_track: _,
        pre_dnat: _,
        apply_on_forward: _,
        performance_hints: _,
    } = policy;
    let written = [
        ("spec.selector", selector.as_ref()),
        ("spec.namespaceSelector", namespace_selector.as_ref()),
        ("spec.serviceAccountSelector", service_account_selector.as_ref()),
    ];
    for (field, written) in written {
        let parsed = selectors::check(written, field, findings);
        selectors::forbid_global(written, field, findings);
        selectors::remark(parsed.as_ref(), line_of(written), field, findings);
    }
    let parts = Subject {
        selector: selectors::text(selector.as_ref()),
        namespace_selector: selectors::text(namespace_selector.as_ref()),
        account_selector: selectors::text(service_account_selector.as_ref()),
    };
    let flat = match &namespace {
        Some(namespace) => flatten::namespaced_subject(namespace, parts),
        None => flatten::global_subject(parts),
    };
    let subject = if findings.clean() { selectors::flat(&flat)? } else { None };
    let ebpf = data_plane == CalicoDataPlane::Ebpf;
    let context = |direction| Context { namespace: namespace.as_deref(), direction, ebpf };
    let (ingress, egress) = (ingress.unwrap_or_default(), egress.unwrap_or_default());
    let ingress = rules(ingress, "spec.ingress", context(Direction::Ingress), findings)?;
    let egress = rules(egress, "spec.egress", context(Direction::Egress), findings)?;
    Ok(Body { kind, order, staged: staged.is_some(), subject, ingress, egress, namespace })
}

/// "Staged Delete must otherwise be zero-valued", its tier aside.
fn check_empty(policy: &Policy, findings: &mut Findings<'_>) {
    let text = |written: &Option<Spanned<String>>| !selectors::text(written.as_ref()).is_empty();
    let set = [
        (policy.order.is_some(), "order"),
        (text(&policy.selector), "selector"),
        (text(&policy.namespace_selector), "namespaceSelector"),
        (text(&policy.service_account_selector), "serviceAccountSelector"),
        (policy.types.as_ref().is_some_and(|types| !types.is_empty()), "types"),
        (policy.ingress.as_ref().is_some_and(|rules| !rules.is_empty()), "ingress"),
        (policy.egress.as_ref().is_some_and(|rules| !rules.is_empty()), "egress"),
        (policy.do_not_track, "doNotTrack"),
        (policy.pre_dnat, "preDNAT"),
        (policy.apply_on_forward, "applyOnForward"),
        (!policy.performance_hints.is_empty(), "performanceHints"),
    ];
    for (_, field) in set.iter().filter(|(set, _)| *set) {
        findings.conflict(
            0,
            format!("spec.{field}"),
            format!("`{field}` cannot be set if `stagedAction` is `Delete`"),
            "only `tier` may stand beside it",
        );
    }
}

fn check_hints(hints: &[Spanned<String>], findings: &mut Findings<'_>) {
    for (index, Spanned { value, line }) in hints.iter().enumerate() {
        let field = format!("spec.performanceHints[{index}]");
        if value != "AssumeNeededOnEveryNode" {
            let message = format!("`{value}` is not a performance hint");
            findings.invalid(*line, field, message, "`AssumeNeededOnEveryNode`");
        } else if index > 0 {
            findings.invalid(*line, field, "a hint is given twice", "give it once");
        }
    }
}

/// Which traffic the policy sees, and that its flags go together (CEL of `GlobalNetworkPolicySpec`).
fn class(policy: &Policy, egress: bool, findings: &mut Findings<'_>) -> PolicyClass {
    let Policy { do_not_track, pre_dnat, apply_on_forward, .. } = *policy;
    let mut conflict = |field: &str, message: &str, help: &str| {
        findings.conflict(0, format!("spec.{field}"), message, help);
    };
    if do_not_track && pre_dnat {
        conflict("preDNAT", "`preDNAT` and `doNotTrack` cannot both be true", "write two policies");
    }
    if pre_dnat && policy.egress.as_ref().is_some_and(|rules| !rules.is_empty()) {
        conflict("egress", "a `preDNAT` policy cannot have egress rules", "write two policies");
    }
    let explicit = policy.types.as_ref().is_some_and(|types| !types.is_empty());
    if pre_dnat && explicit && egress {
        conflict("types", "a `preDNAT` policy cannot have type `Egress`", "write two policies");
    }
    if (do_not_track || pre_dnat) && !apply_on_forward {
        let message = "`applyOnForward` must be true if `preDNAT` or `doNotTrack` is";
        conflict("applyOnForward", message, "add `applyOnForward: true`");
    }
    match (do_not_track, pre_dnat, apply_on_forward) {
        (true, _, _) => PolicyClass::Untracked,
        (false, true, _) => PolicyClass::PreDnat,
        (false, false, true) => PolicyClass::Forward,
        (false, false, false) => PolicyClass::Normal,
    }
}
