//! Tests of `metadata`.

use crate::manifest::{Document, Limits, Source, read};

fn object(api_version: &str, metadata: &str) -> Result<Document, String> {
    let text = format!("apiVersion: {api_version}\nkind: X\nmetadata: {{{metadata}}}\n");
    match read(&[Source::new("a.yaml", text)], &Limits::default()) {
        Ok(mut documents) => Ok(documents.remove(0)),
        Err(problems) => Err(problems[0].to_string()),
    }
}

fn wrong(metadata: &str) -> String {
    object("v1", metadata).unwrap_err()
}

#[test]
fn what_bears_on_verdicts_is_read_and_the_rest_is_left() {
    let document = object(
        "apps/v1",
        "name: web, namespace: shop, labels: {a: b}, annotations: {c: d}, uid: u, \
         creationTimestamp: 2026-01-02T03:04:05Z, managedFields: [1], unknown: {x: 1}, \
         ownerReferences: [{kind: Job, name: j, controller: true, uid: x}, {kind: A, name: b}]",
    );
    let document = document.unwrap();
    let metadata = &document.metadata;
    assert_eq!(document.title(), "X shop/web");
    assert_eq!((document.group(), document.version()), ("apps", "v1"));
    assert_eq!(metadata.labels["a"], "b");
    assert_eq!(metadata.annotations["c"], "d");
    assert_eq!(metadata.creation_timestamp.as_deref(), Some("2026-01-02T03:04:05Z"));
    let owners: Vec<_> =
        metadata.owner_references.iter().map(|o| (&*o.kind, o.controller)).collect();
    assert_eq!(owners, [("Job", true), ("A", false)]);
}

#[test]
fn null_and_empty_are_absent() {
    let document = object("v1", "name: a, namespace: \"\", labels: null, creationTimestamp: null");
    let metadata = document.unwrap().metadata;
    assert_eq!((metadata.namespace, metadata.creation_timestamp), (None, None));
    assert!(metadata.labels.is_empty());
}

#[test]
fn a_name_must_be_there() {
    assert!(wrong("").contains("metadata.name: the object has no name"));
    assert!(wrong("generateName: a-").contains("write one to read the object offline"));
    let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n";
    let problems = read(&[Source::new("k.yaml", text)], &Limits::default()).unwrap_err();
    assert!(problems[0].to_string().contains("kubectl kustomize"));
}

#[test]
fn names_follow_the_rules_of_their_group() {
    for name in ["a", "a-b.c", "0", &"a".repeat(253)] {
        assert!(object("v1", &format!("name: \"{name}\"")).is_ok(), "{name}");
    }
    for name in ["A", "a_b", "-a", "a-", "a..b", ".a", "a/b", "a b", &"a".repeat(254)] {
        assert!(object("v1", &format!("name: \"{name}\"")).is_err(), "{name}");
    }
    let role = |name: &str| object("rbac.authorization.k8s.io/v1", &format!("name: \"{name}\""));
    assert!(role("system:node").is_ok());
    assert!(role("a/b").is_err() && role("..").is_err() && role("50%").is_err());
}

#[test]
fn labels_are_text_and_keep_to_their_alphabet() {
    assert!(wrong("name: a, labels: {version: 1.0}").contains("(put it in quotes)"));
    assert!(wrong("name: a, labels: {v: true}").contains("found the boolean `true`"));
    assert!(wrong("name: a, labels: {\"a b\": c}").contains("`a b` is not a valid label key"));
    assert!(wrong("name: a, labels: {a: \"b c\"}").contains("`b c` is not a valid label value"));
    assert!(wrong("name: a, labels: {a: -b}").contains("not a valid label value"));
    for label in ["a: \"\"", "example.com/a: B_c.d", "a.b_C: x"] {
        assert!(object("v1", &format!("name: a, labels: {{{label}}}")).is_ok(), "{label}");
    }
}

#[test]
fn annotations_are_free_text_under_checked_keys() {
    let long = "x".repeat(1000);
    assert!(object("v1", &format!("name: a, annotations: {{A/b: \"{long} ! \"}}")).is_ok());
    assert!(wrong("name: a, annotations: {a/b/c: x}").contains("not a valid annotation key"));
    assert!(wrong("name: a, annotations: {a: 1}").contains("(put it in quotes)"));
}

#[test]
fn namespaces_are_labels() {
    assert!(wrong("name: a, namespace: a.b").contains("`a.b` is not a valid namespace"));
    assert!(wrong("name: a, namespace: n").contains("found the boolean `false`"));
}
