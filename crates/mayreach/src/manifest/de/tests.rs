//! Tests of `de`.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use super::{IntOrString, Spanned};
use crate::{
    error::Problem,
    manifest::{Document, Limits, Source, read},
};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    #[serde(default)]
    pod_selector: Selector,
    #[serde(default)]
    ingress: Option<Vec<Spanned<Rule>>>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    flag: Option<bool>,
    #[serde(default)]
    number: Option<u16>,
    #[serde(default)]
    float: Option<f64>,
    #[serde(default = "tcp")]
    protocol: String,
    #[serde(default)]
    present: Option<Spanned<IgnoredAny>>,
}

fn tcp() -> String {
    "TCP".to_owned()
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Selector {
    match_labels: BTreeMap<String, String>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rule {
    ports: Vec<Port>,
    hosts: Vec<Spanned<String>>,
    action: Option<Action>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Port {
    port: IntOrString,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Action {
    Allow,
    Deny,
}

fn document(api_version: &str, spec: &str) -> Document {
    let text = format!("apiVersion: {api_version}\nkind: X\nmetadata: {{name: a}}\n{spec}");
    let mut documents = read(&[Source::new("a.yaml", text)], &Limits::default()).unwrap();
    documents.remove(0)
}

fn spec(text: &str) -> Result<Option<Spec>, Problem> {
    document("v1", text).field("spec")
}

fn wrong(text: &str) -> String {
    let problem = spec(text).unwrap_err();
    format!("{} {}:{} {problem}", problem.code.as_str(), problem.line, problem.column)
}

#[test]
fn absent_and_null_are_the_same() {
    assert_eq!(spec(""), Ok(None));
    assert_eq!(spec("spec:"), Ok(None));
    assert_eq!(spec("spec: null"), Ok(None));
    let empty = spec("spec: {}").unwrap().unwrap();
    let nulls = "spec: {podSelector: null, ingress: ~, labels: , flag: null, number: null, \
                 float: null, protocol: null, present: null}";
    assert_eq!(spec(nulls), Ok(Some(empty)));
}

#[test]
fn null_items_are_empty_in_built_in_kinds_and_refused_in_custom_resources() {
    let text = "spec: {ingress: [null, {hosts: [null]}], labels: {a: null}}";
    let spec: Spec = document("networking.k8s.io/v1", text).field("spec").unwrap().unwrap();
    let ingress = spec.ingress.unwrap();
    assert_eq!(ingress[0].value, Rule::default());
    assert_eq!(ingress[1].value.hosts[0].value, "");
    assert_eq!(spec.labels["a"], "");

    let refused = document("security.istio.io/v1", text).field::<Spec>("spec").unwrap_err();
    assert_eq!(refused.to_string(), "spec.ingress[0]: expected a map, found null");
    let text = "spec: {labels: {a: null, b: c}}";
    let spec: Spec = document("projectcalico.org/v3", text).field("spec").unwrap().unwrap();
    assert_eq!(spec.labels.len(), 1, "the API server drops a null from a map");
}

#[test]
fn lines_are_those_of_the_values() {
    let text = "spec:\n  ingress:\n  -\n    hosts:\n    - a\n    - \"b\"\n  - hosts: [c,\n      d]\n  \
                present:\n    x: 1\n";
    let spec = spec(text).unwrap().unwrap();
    let ingress = spec.ingress.unwrap();
    let lines = |rule: &Spanned<Rule>| -> Vec<u32> {
        rule.value.hosts.iter().map(|host| host.line).collect()
    };
    assert_eq!((ingress[0].line, ingress[1].line), (7, 10));
    assert_eq!(lines(&ingress[0]), [8, 9]);
    assert_eq!(lines(&ingress[1]), [10, 11]);
    assert_eq!(spec.present.unwrap().line, 13);
}

#[test]
fn unknown_fields_name_what_was_probably_meant() {
    assert_eq!(
        wrong("spec:\n  podSelecter:\n    matchLabels: {}"),
        "unknown_field 5:3 spec.podSelecter: unknown field `podSelecter` (did you mean \
         `podSelector`?)"
    );
    assert_eq!(
        wrong("spec:\n  podselector: {}"),
        "unknown_field 5:3 spec.podselector: unknown field `podselector` (did you mean \
         `podSelector`?)"
    );
    assert_eq!(
        wrong("spec:\n  ingress:\n  - ports:\n    - port: 80\n      zzz: 1"),
        "unknown_field 8:7 spec.ingress[0].ports[0].zzz: unknown field `zzz` (known here: `port`)"
    );
    assert!(wrong("spec: {unknown: null}").starts_with("unknown_field"));
}

#[test]
fn missing_fields_are_reported_where_the_map_begins() {
    assert_eq!(
        wrong("spec:\n  ingress:\n  - ports:\n    - {}"),
        "missing_field 7:7 spec.ingress[0].ports[0].port: the field `port` is missing"
    );
    assert!(wrong("spec: {ingress: [{ports: [{port: null}]}]}").starts_with("missing_field"));
}

#[test]
fn text_is_text_and_numbers_are_numbers() {
    let quotes = "(put it in quotes)";
    assert_eq!(
        wrong("spec:\n  labels:\n    version: 1.5"),
        format!(
            "wrong_type 6:14 spec.labels.version: expected a string, found the number `1.5` {quotes}"
        )
    );
    assert!(wrong("spec: {labels: {a: 080}}").contains("found the number `80`"));
    assert!(wrong("spec: {labels: {a: yes}}").contains("`off`, `y` and `n` are booleans"));
    assert!(wrong("spec: {number: \"80\"}").ends_with("(remove the quotes)"));
    assert!(wrong("spec: {flag: \"true\"}").ends_with("(remove the quotes)"));
    assert!(wrong("spec: {number: 80.5}").contains("expected an integer, found the number `80.5`"));
    assert_eq!(spec("spec: {number: 80.0}").unwrap().unwrap().number, Some(80));
    assert_eq!(spec("spec: {float: 1}").unwrap().unwrap().float, Some(1.0));
}

#[test]
fn numbers_keep_to_the_range_of_their_field() {
    assert_eq!(spec("spec: {number: 65535}").unwrap().unwrap().number, Some(65535));
    for number in ["65536", "-1", "9223372036854775807"] {
        let text = wrong(&format!("spec: {{number: {number}}}"));
        assert!(text.starts_with("invalid_value 4:16"), "{text}");
        assert!(text.contains("is outside 0 to 65535"), "{text}");
    }
    let port = |port: &str| wrong(&format!("spec: {{ingress: [{{ports: [{{port: {port}}}]}}]}}"));
    assert!(port("2147483648").starts_with("invalid_value 4:34"), "{}", port("2147483648"));
    assert!(port("[]").contains("expected an integer or a string, found a list"));
}

#[test]
fn ports_are_numbers_or_names() {
    let text = "spec: {ingress: [{ports: [{port: 80}, {port: \"80\"}, {port: web}]}]}";
    let ports = spec(text).unwrap().unwrap().ingress.unwrap().remove(0).value.ports;
    let ports: Vec<_> = ports.into_iter().map(|port| port.port).collect();
    let name = |name: &str| IntOrString::String(name.to_owned());
    assert_eq!(ports, [IntOrString::Int(80), name("80"), name("web")]);
}

#[test]
fn words_of_an_enumeration_are_checked() {
    let action = |word: &str| wrong(&format!("spec: {{ingress: [{{action: {word}}}]}}"));
    assert_eq!(
        action("Alow"),
        "invalid_value 4:27 spec.ingress[0].action: `Alow` is not one of `Allow` and `Deny` (did \
         you mean `Allow`?)"
    );
    assert!(action("allow").ends_with("(did you mean `Allow`?)"));
    assert!(action("1").starts_with("wrong_type"));
    assert!(action("{Allow: 1}").starts_with("wrong_type"));
}

#[test]
fn lists_and_maps_are_not_taken_for_one_another() {
    assert!(wrong("spec: []").starts_with("wrong_type 4:7 spec: expected a map, found a list"));
    assert!(wrong("spec: a").contains("expected a map, found the string `a`"));
    assert!(wrong("spec: {ingress: {}}").contains("expected a list, found a map"));
    assert!(wrong("spec: {ingress: [{hosts: a}]}").contains("behind `- `"));
}

#[test]
fn paths_show_keys_that_are_not_words_in_brackets() {
    let text = wrong("spec: {labels: {app.kubernetes.io/name: 1}}");
    assert!(text.contains(" spec.labels[app.kubernetes.io/name]: "), "{text}");
}
