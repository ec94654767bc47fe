//! Tests of `manifest`.

use super::*;
use crate::error::{ErrorCode, Problem};

fn object(rest: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{rest}")
}

fn read_text(text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    read_within(text, &Limits::default())
}

fn read_within(text: &str, limits: &Limits) -> Result<Vec<Document>, Vec<Problem>> {
    read(&[Source::new("a.yaml", text)], limits)
}

fn problems(text: &str) -> Vec<String> {
    read_text(text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn titles(text: &str) -> Vec<String> {
    let documents = read_text(text).unwrap();
    documents
        .iter()
        .map(|document| format!("{}:{}", document.place.line, document.title()))
        .collect()
}

#[test]
fn documents_know_their_source_and_line() {
    let sources = [
        Source::new("a.yaml", format!("# first\n{}---\n\n# second\n{}", object(""), object(""))),
        Source::new("b.json", r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}}"#),
    ];
    let documents = read(&sources, &Limits::default()).unwrap();
    let places: Vec<_> = documents.iter().map(|d| (d.place.source.0, d.place.line)).collect();
    assert_eq!(places, [(0, 2), (0, 8), (1, 1)]);
}

#[test]
fn positions_are_exact_however_deep() {
    let text = object(
        "spec:\n  rules:\n  - to:\n    - é: [x, \"y\"]\n      z: &a\n        k: v\n  # c\n  - *a\n",
    );
    let documents = read_text(&text).unwrap();
    let rules = documents[0].root.get("spec").unwrap().get("rules").unwrap();
    let Value::List(rules) = &rules.value else { panic!() };
    let to = rules[0].get("to").unwrap();
    let Value::List(to) = &to.value else { panic!() };
    let Value::List(items) = &to[0].get("é").unwrap().value else { panic!() };
    let at = |node: &Node| (node.line, node.column);
    assert_eq!(at(&rules[0]), (6, 5));
    assert_eq!(at(&to[0]), (7, 7));
    assert_eq!((at(&items[0]), at(&items[1])), ((7, 11), (7, 14)));
    let z = to[0].entry("z").unwrap();
    assert_eq!((z.line, z.column), (8, 7));
    assert_eq!(at(z.value.get("k").unwrap()), (9, 12));
    // What an alias brings stands where it is written out.
    assert_eq!(at(rules[1].get("k").unwrap()), (9, 12));
}

#[test]
fn lists_are_opened_at_every_depth() {
    let text = "\
apiVersion: v1
kind: List
metadata: {resourceVersion: \"\"}
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
- apiVersion: v1
  kind: PodList
  items:
  - metadata: {name: b}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: c, namespace: d}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicyList
  items: null
";
    assert_eq!(titles(text), ["5:Pod a", "11:Pod b", "12:Deployment d/c"]);
    assert!(titles("apiVersion: v1\nkind: List\nitems: []\n").is_empty());
}

#[test]
fn items_of_a_list_take_its_type() {
    let text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n- metadata: {name: a}\n";
    let documents = read_text(text).unwrap();
    assert_eq!(documents[0].api_version, "networking.k8s.io/v1");
    assert_eq!(documents[0].kind, "NetworkPolicy");
    let text = "apiVersion: v1\nkind: List\nitems:\n- metadata: {name: a}\n";
    assert_eq!(
        problems(text),
        [
            "a.yaml:4:3: items[0]: the object has no `apiVersion` (every Kubernetes object says its `apiVersion` and `kind`)"
        ]
    );
}

#[test]
fn a_kind_that_only_ends_like_a_list_is_an_object() {
    assert_eq!(
        titles("apiVersion: a/v1\nkind: AllowList\nmetadata: {name: a}\n"),
        ["1:AllowList a"]
    );
}

#[test]
fn what_is_not_an_object_is_told() {
    let code = |text: &str| read_text(text).unwrap_err()[0].code;
    for text in ["a", "- a\n- b\n", "5", "a: b\n", "kind: Pod\nmetadata: {name: a}\n"] {
        assert_eq!(code(text), ErrorCode::NotAnObject, "{text}");
    }
    assert!(problems("apiversion: v1\nkind: Pod\n")[0].contains("where `apiversion` is written"));
    assert_eq!(code("apiVersion: 1\nkind: Pod\n"), ErrorCode::WrongType);
    assert_eq!(code("apiVersion: v1\nkind: List\nitems: {}\n"), ErrorCode::WrongType);
}

#[test]
fn empty_sources_are_an_error_and_empty_documents_are_not() {
    for text in ["", "\n \n", "# only a comment\n", "---\n---\n", "null\n", "\u{FEFF}"] {
        assert_eq!(read_text(text).unwrap_err()[0].code, ErrorCode::Empty, "{text:?}");
    }
    let text = format!("---\n# nothing\n---\n{}---\n", object(""));
    assert_eq!(titles(&text), ["4:ConfigMap a"]);
}

#[test]
fn every_problem_comes_back_one_for_each_document() {
    let text = format!("a: [\n---\n{}---\nkind: X\n---\nb: {{\n", object("x: 1\nx: 2\n"));
    let lines: Vec<_> = read_text(&text).unwrap_err().iter().map(|p| (p.code, p.line)).collect();
    let expected = [
        (ErrorCode::Syntax, 1),
        (ErrorCode::DuplicateKey, 7),
        (ErrorCode::NotAnObject, 9),
        (ErrorCode::Syntax, 11),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn unknown_top_level_fields_are_found() {
    let document = |rest: &str| read_text(&object(rest)).unwrap().remove(0);
    assert!(document("spec: {}\nstatus: {}\n").unknown_top_level(&["spec"]).is_none());
    let problem = document("sepc: {}\n").unknown_top_level(&["spec"]).unwrap();
    assert_eq!((problem.code, problem.line, problem.column), (ErrorCode::UnknownField, 4, 1));
    assert_eq!(problem.help.as_deref(), Some("did you mean `spec`?"));
    assert!(document("data: {}\n").unknown_top_level(&[]).is_some());
}

#[test]
fn text_must_be_utf_8() {
    let message = |bytes: &[u8]| {
        read(&[Source::new("a.yaml", bytes)], &Limits::default()).unwrap_err()[0].to_string()
    };
    assert!(message(b"a: \xFF\n").starts_with("a.yaml:1: the text is not UTF-8"));
    assert!(message(b"a: 1\n\0").starts_with("a.yaml:2: the text holds a NUL byte"));
    assert!(message(b"\xFF\xFEa\0").contains("UTF-16"));
    assert!(message(b"\xFE\xFF\0a").contains("UTF-16"));
}

/// Reads at a limit, which is fine, and one past it, which is the error of that limit.
fn edge(set: fn(&mut Limits, usize), most: usize, text: &str, name: &str) {
    let mut limits = Limits::default();
    set(&mut limits, most);
    assert!(read_within(text, &limits).is_ok(), "{name} refuses what it allows");
    set(&mut limits, most - 1);
    let problems = read_within(text, &limits).unwrap_err();
    assert_eq!((problems.len(), problems[0].code), (1, ErrorCode::Limit), "{name}");
    let help = problems[0].help.as_deref().unwrap_or_default();
    assert!(help.contains(&format!("`{name}`")), "{help}");
}

#[test]
fn limits_hold_to_the_last_one() {
    let text = object("");
    edge(|limits, most| limits.source_bytes = most, text.len(), &text, "source_bytes");
    edge(|limits, most| limits.total_bytes = most, text.len(), &text, "total_bytes");
    let three = [object(""), object(""), object("")].join("---\n");
    edge(|limits, most| limits.objects = most, 3, &three, "objects");
    // The object, three fields, the name, a list and its two items.
    let nodes = object("x: [1, 2]\n");
    edge(|limits, most| limits.nodes = most, 8, &nodes, "nodes");
    let yaml = object("x: [[{y: []}]]\n");
    edge(|limits, most| limits.depth = most, 5, &yaml, "depth");
    let json =
        r#"{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "x": [[{"y": []}]]}"#;
    edge(|limits, most| limits.depth = most, 5, json, "depth");
    edge(|limits, most| limits.nodes = most, 9, json, "nodes");
    let alias = object("x: &a [abcd]\ny: *a\n");
    // Kept once for later, copied once: a list and an item of four bytes.
    let bytes = 2 * (2 * size_of::<node::Entry>() + 4);
    edge(|limits, most| limits.alias_bytes = most, bytes, &alias, "alias_bytes");
}

#[test]
fn total_bytes_are_those_of_all_sources() {
    let sources = [Source::new("a.yaml", object("")), Source::new("b.yaml", object(""))];
    let total_bytes = 2 * object("").len();
    let mut limits = Limits { total_bytes, ..Limits::default() };
    assert_eq!(read(&sources, &limits).unwrap().len(), 2);
    limits.total_bytes -= 1;
    let problems = read(&sources, &limits).unwrap_err();
    assert_eq!(problems[0].code, ErrorCode::Limit);
    assert_eq!(problems[0].file.as_deref(), Some("b.yaml"));
}

#[test]
fn depth_counts_what_an_alias_brings() {
    let limits = Limits { depth: 4, ..Limits::default() };
    assert!(read_within(&object("x: &a [[1]]\ny: [*a]\n"), &limits).is_ok());
    let problems = read_within(&object("x: &a [[1]]\ny: [[*a]]\n"), &limits).unwrap_err();
    assert_eq!(problems[0].code, ErrorCode::Limit);
}

#[test]
fn no_depth_overflows_the_stack() {
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    let yaml = object(&format!("x: {}{}\n", "[".repeat(100_000), "]".repeat(100_000)));
    let json = format!("{{\"x\": {}", "[".repeat(100_000));
    let blocks = object(&format!("x:\n  {}a\n", "- ".repeat(100_000)));
    for text in [yaml, json, blocks] {
        assert_eq!(read_within(&text, &limits).unwrap_err()[0].code, ErrorCode::Limit);
    }
    let deepest = Limits::MAX_DEPTH - 1;
    let text = object(&format!("x: {}{}\n", "[".repeat(deepest), "]".repeat(deepest)));
    let documents = read_within(&text, &limits).unwrap();
    assert_eq!(documents.clone()[0].root.depth(), Limits::MAX_DEPTH);
}
