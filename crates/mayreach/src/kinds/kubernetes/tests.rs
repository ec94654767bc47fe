//! What the tests of the family share, and tests of its dispatch.

use crate::{
    error::{ErrorCode, Note, NoteCode, Problem},
    kinds::{self, kubernetes::cidr},
    manifest::{self, Limits, Source},
    model::{
        Model,
        inventory::Workload,
        network::{NetworkPolicy, NetworkRule},
        selector::Selector,
    },
    options::Options,
};

pub(super) fn try_model(text: &str, options: &Options) -> Result<Model, Vec<Problem>> {
    let sources = [Source::new("test.yaml", text)];
    kinds::lower(&manifest::read(&sources, &Limits::default())?, options)
}

pub(super) fn model_with(text: &str, options: &Options) -> Model {
    try_model(text, options).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

pub(super) fn model(text: &str) -> Model {
    model_with(text, &Options::default())
}

fn lines(problems: &[Problem]) -> String {
    let each: Vec<String> = problems.iter().map(|p| format!("{}: {p}", p.line)).collect();
    each.join("\n")
}

/// The problems as `line code field: message`.
pub(super) fn problems(text: &str) -> Vec<String> {
    let found = try_model(text, &Options::default()).expect_err("it should be rejected");
    let each = found.iter().map(|p| {
        let field = p.field.as_deref().unwrap_or("-");
        format!("{} {} {field}: {}", p.line, p.code.as_str(), p.message)
    });
    each.collect()
}

/// The one problem of a spec, below a head of four lines.
pub(super) fn rejected(head: &str, spec: &str) -> String {
    let found = problems(&format!("{head}{spec}"));
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    one.clone()
}

pub(super) fn workload<'m>(model: &'m Model, name: &str) -> &'m Workload {
    let mut found = model.inventory.workloads.iter().filter(|w| w.name == name);
    found.next().expect("it is in the inventory")
}

pub(super) fn policy(model: &Model) -> &NetworkPolicy {
    let [one] = model.network.policies.as_slice() else { panic!("{:#?}", model.network.policies) };
    one
}

pub(super) fn rule(rules: &[NetworkRule]) -> &NetworkRule {
    let [one] = rules else { panic!("{rules:#?}") };
    one
}

pub(super) fn notes(model: &Model, code: NoteCode) -> Vec<&Note> {
    model.notes.iter().filter(|note| note.code == code).collect()
}

pub(super) fn eq(key: &str, value: &str) -> Selector {
    Selector::Eq(key.into(), value.into())
}

pub(super) fn is_pod() -> Selector {
    eq("projectcalico.org/orchestrator", "k8s")
}

pub(super) fn in_namespace(name: &str) -> Selector {
    eq("projectcalico.org/namespace", name)
}

pub(super) fn any_namespace() -> Selector {
    Selector::Has("projectcalico.org/namespace".into())
}

pub(super) fn all<const N: usize>(selectors: [Selector; N]) -> Selector {
    Selector::And(selectors.into())
}

#[test]
fn versions_that_nobody_serves_say_what_to_write() {
    for (written, kind, right) in [
        ("extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"),
        ("extensions/v1beta1", "Deployment", "apps/v1"),
        ("apps/v1beta2", "Deployment", "apps/v1"),
        ("batch/v1beta1", "CronJob", "batch/v1"),
        (
            "policy.networking.k8s.io/v1alpha1",
            "ClusterNetworkPolicy",
            "policy.networking.k8s.io/v1alpha2",
        ),
        ("v2", "Pod", "v1"),
    ] {
        let text = format!("apiVersion: {written}\nkind: {kind}\nmetadata: {{name: x}}\n");
        let found = try_model(&text, &Options::default()).unwrap_err();
        assert_eq!(found[0].code, ErrorCode::UnsupportedVersion, "{written} {kind}");
        assert_eq!(found[0].help.as_deref(), Some(format!("write `apiVersion: {right}`").as_str()));
    }
}

#[test]
fn kinds_of_the_same_name_in_other_groups_are_not_ours() {
    let text = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\n";
    assert!(model(text).inventory.services.is_empty());
}

#[test]
fn every_problem_of_every_document_is_named() {
    let found = problems(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a.b\n---\napiVersion: v1\nkind: \
         Service\nmetadata: {name: x, namespace: z}\nspec:\n  ports:\n  - port: 0\n  - port: 1\n",
    );
    assert_eq!(
        found,
        [
            "4 invalid_value metadata.name: `a.b` is not a valid name",
            "11 invalid_value spec.ports[0].port: port 0 is not between 1 and 65535",
            "12 missing_field spec.ports[1].name: each port of a Service with several needs a name",
        ]
    );
}

#[test]
fn cidrs_are_read_as_the_field_reads_them() {
    let sloppy =
        |text: &str| cidr::sloppy(text).map(|c| (c.net.to_string(), c.host_bits, c.leading_zeros));
    let net = |text: &str, host_bits, zeros| Some((text.to_owned(), host_bits, zeros));
    for (text, expected) in [
        ("10.0.0.0/8", net("10.0.0.0/8", false, false)),
        ("10.1.0.0/8", net("10.0.0.0/8", true, false)),
        ("010.0.0.0/8", net("10.0.0.0/8", false, true)),
        ("00.0.0.0/0", net("0.0.0.0/0", false, true)),
        ("10.0.0.0/08", net("10.0.0.0/8", false, false)),
        ("fd00::1/64", net("fd00::/64", true, false)),
        ("::ffff:10.1.2.3/120", net("10.1.2.0/24", true, false)),
        ("::ffff:0:0/95", net("::fffe:0:0/95", true, false)),
        ("10.0.0.0", None),
        ("10.0.0.0/33", None),
        ("10.0.0.0/+8", None),
        ("10.0.0.0/", None),
        ("10.0.0/8", None),
        ("10.0.0.256/8", None),
        ("fe80::1%eth0/64", None),
        (" 10.0.0.0/8", None),
    ] {
        assert_eq!(sloppy(text), expected, "{text}");
    }
    for (text, right) in [
        ("10.1.0.0/8", true),
        ("fd00::/8", true),
        ("010.0.0.0/8", false),
        ("10.0.0.0/08", false),
        ("::ffff:10.0.0.0/104", false),
    ] {
        assert_eq!(cidr::strict(text).is_some(), right, "{text}");
    }
    assert_eq!(cidr::address("010.000.00.1"), "10.0.0.1".parse().ok());
    assert_eq!(cidr::address("::ffff:10.0.0.1"), "10.0.0.1".parse().ok());
    assert_eq!(cidr::address("10.0.0"), None);
}
