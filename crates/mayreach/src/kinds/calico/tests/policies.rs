//! Whom policies govern, in which directions and stages.

use super::{gnp, lower, model, model_with, notes, np, policy, selector};
use crate::{
    error::NoteCode,
    model::network::PolicyClass,
    options::{CalicoDefaulting, CalicoVersion, Options},
};

fn subject(text: &str) -> crate::model::selector::Selector {
    policy(&model(text)).subject.clone()
}

#[test]
fn subjects_are_flat() {
    assert_eq!(subject(&np("")), selector("projectcalico.org/namespace == 'shop'"));
    assert_eq!(
        subject(&np("selector: app == 'a', serviceAccountSelector: role == 'b'")),
        selector("((app == 'a') && projectcalico.org/namespace == 'shop') && pcsa.role == 'b'")
    );
    assert_eq!(subject(&gnp("")), selector("all()"));
    assert_eq!(
        subject(&gnp("selector: all(), namespaceSelector: all()")),
        selector("has(projectcalico.org/namespace) && has(projectcalico.org/namespace)")
    );
    assert_eq!(subject(&gnp("namespaceSelector: env != 'prod'")), selector("pcns.env != 'prod'"));
}

#[test]
fn a_missing_namespace_is_default() {
    let text = "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p}\n";
    let model = model(text);
    assert_eq!(policy(&model).subject, selector("projectcalico.org/namespace == 'default'"));
    assert_eq!(
        model.policy(policy(&model).id).expect("meta").namespace.as_deref(),
        Some("default")
    );
}

#[test]
fn absent_types_have_four_meanings() {
    let allow = "[{action: Allow}]";
    let directions = |how: CalicoDefaulting, spec: &str| {
        let options = Options { calico_defaulting: how, ..Options::default() };
        let model = model_with(&np(spec), &options);
        let policy = policy(&model);
        (policy.governs_ingress, policy.governs_egress)
    };
    let (ingress, egress) = (format!("ingress: {allow}"), format!("egress: {allow}"));
    let both = format!("{ingress}, {egress}");
    for (spec, api, admission) in [
        ("", (true, false), (true, false)),
        ("egress: []", (true, false), (false, true)),
        ("ingress: [], egress: []", (true, false), (true, true)),
        (&ingress, (true, false), (true, false)),
        (&egress, (false, true), (false, true)),
        (&both, (true, true), (true, true)),
    ] {
        assert_eq!(directions(CalicoDefaulting::ApiServer, spec), api, "{spec}");
        assert_eq!(directions(CalicoDefaulting::Admission, spec), admission, "{spec}");
        assert_eq!(directions(CalicoDefaulting::Raw, spec), (true, true), "{spec}");
        assert_eq!(directions(CalicoDefaulting::ByVersion, spec), api, "{spec}");
    }
    let raw = np("").replace("projectcalico.org/v3", "crd.projectcalico.org/v1");
    let raw = model(&raw);
    assert!(policy(&raw).governs_egress);
    assert_eq!(notes(&raw, NoteCode::Suspicious).len(), 1);
    let explicit = format!("types: [Egress], {both}");
    assert_eq!(directions(CalicoDefaulting::Raw, &explicit), (false, true));
}

#[test]
fn what_types_leave_out_is_noted() {
    let model = model(&np("types: [Egress], ingress: [{action: Allow}]"));
    assert!(notes(&model, NoteCode::Ignored)[0].contains("`types` does not have `Ingress`"));
}

#[test]
fn stages_of_global_policies() {
    let class = |spec: &str| policy(&model(&gnp(spec))).class;
    assert_eq!(class(""), PolicyClass::Normal);
    assert_eq!(class("applyOnForward: true"), PolicyClass::Forward);
    assert_eq!(class("applyOnForward: true, preDNAT: true"), PolicyClass::PreDnat);
    assert_eq!(class("applyOnForward: true, doNotTrack: true"), PolicyClass::Untracked);
}

#[test]
fn staged_policies_take_no_part() {
    let staged =
        |action: &str| np(action).replace("kind: NetworkPolicy", "kind: StagedNetworkPolicy");
    let model_set = model(&staged("selector: all()"));
    assert!(policy(&model_set).staged);
    assert_eq!(policy(&model_set).tie, "p/shop/StagedNetworkPolicy");
    assert!(policy(&model(&staged("stagedAction: Learn"))).staged);
    assert!(model(&staged("stagedAction: Delete, tier: x")).network.policies.is_empty());
    let global = gnp("order: 3").replace("kind: Global", "kind: StagedGlobal");
    assert_eq!(policy(&model(&global)).tie, "p//StagedGlobalNetworkPolicy");
}

#[test]
fn a_selector_of_blanks_drops_the_policy() {
    let model = model(&np("selector: ' '"));
    assert!(model.network.policies.is_empty());
    assert_eq!(model.notes.len(), 1);
}

#[test]
fn tiers_by_version() {
    let named = |name: &str, spec: &str| np(spec).replace("name: p,", &format!("name: {name},"));
    let old = Options { calico: CalicoVersion::V3_31, ..Options::default() };
    let place = |text: &str, options: &Options| {
        let model = model_with(text, options);
        (policy(&model).tier.clone(), policy(&model).tie.clone())
    };
    let new = Options::default();
    let pair = |tier: &str, tie: &str| (tier.to_owned(), tie.to_owned());
    assert_eq!(place(&named("p", ""), &new), pair("default", "p/shop/NetworkPolicy"));
    assert_eq!(place(&named("a.p", "tier: b"), &new), pair("b", "a.p/shop/NetworkPolicy"));
    assert_eq!(place(&named("p", ""), &old), pair("default", "shop/default.p"));
    assert_eq!(place(&named("a.p", "tier: a"), &old), pair("a", "shop/a.p"));
    let raw = named("a.p", "").replace("projectcalico.org/v3", "crd.projectcalico.org/v1");
    assert_eq!(place(&raw, &old), pair("a", "shop/a.p"));
    assert!(lower(&named("p", "tier: a"), &old).is_err());
    assert!(lower(&named("b.p", "tier: a"), &old).is_err());
}

#[test]
fn rules_keep_their_lines() {
    let text = "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\n\
                metadata:\n  name: p\nspec:\n  ingress:\n  - action: Allow\n  - action: Deny\n  \
                egress:\n  - action: Pass\n";
    let model = model(text);
    let meta = model.policy(policy(&model).id).expect("meta");
    let lines = |places: &[crate::error::Place]| places.iter().map(|p| p.line).collect::<Vec<_>>();
    assert_eq!(lines(&meta.rules), [7, 8]);
    assert_eq!(lines(&meta.egress_rules), [10]);
    assert_eq!(meta.kind, "GlobalNetworkPolicy");
}

#[test]
fn staged_policies_of_kubernetes() {
    let text =
        |spec: &str| np(spec).replace("kind: NetworkPolicy", "kind: StagedKubernetesNetworkPolicy");
    let lowered =
        model(&text("stagedAction: Set, podSelector: {matchLabels: {app: a}}, ingress: [{}]"));
    let policy = policy(&lowered);
    assert!(policy.staged && policy.governs_ingress && !policy.governs_egress);
    assert_eq!(policy.tie, "p/shop/StagedKubernetesNetworkPolicy");
    assert_eq!((policy.tier.as_str(), policy.order), ("default", Some(1000.0)));
    let meta = lowered.policy(policy.id).expect("meta");
    assert_eq!((meta.kind, meta.rules.len()), ("StagedKubernetesNetworkPolicy", 1));
    assert!(model(&text("stagedAction: Delete")).network.policies.is_empty());
    assert!(
        lower(&text("stagedAction: Delete, podSelector: {a: b}"), &Options::default()).is_err()
    );
    let refused = lower(&text("podSelectr: {}"), &Options::default()).expect_err("unknown");
    assert_eq!(refused[0].field.as_deref(), Some("spec.podSelectr"));
}
