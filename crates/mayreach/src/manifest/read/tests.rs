//! Tests of `read`.

use super::*;
use crate::manifest::{json::Reader, node::Entry};

/// Every document of a text, before anything is asked of it.
fn nodes(text: &str) -> std::result::Result<Vec<Node>, Problem> {
    let limits = Limits::default();
    let mut nodes = Vec::new();
    let mut wrong = None;
    walk(text, &mut Budget::new(&limits), &mut |part, _| match part {
        Ok(Some(Node { value: Value::Null, .. }) | None) => {}
        Ok(Some(node)) => nodes.push(node),
        Err(failure) => {
            wrong.get_or_insert(failure);
        }
    });
    match wrong {
        Some(failure) => Err(failure.of(SourceId(0), "a.yaml")),
        None => Ok(nodes),
    }
}

/// One JSON text.
fn json(text: &str) -> Node {
    let limits = Limits::default();
    Reader::new(text).next(&mut Budget::new(&limits)).unwrap().unwrap()
}

/// Equal, wherever it stands and in whatever order keys are written.
fn same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Map(left), Value::Map(right)) => {
            let has = |entry: &Entry| {
                right.iter().any(|other| other.key == entry.key && same(&entry.value, &other.value))
            };
            left.len() == right.len() && left.iter().all(has)
        }
        (left, right) => left == right,
    }
}

/// A line of a recording: what `kubectl` makes of a text. Recorded with
/// `k8s.io/apimachinery` 0.34.1 (`yaml.NewYAMLOrJSONDecoder`), sigs.k8s.io/yaml 1.6.0 and
/// go.yaml.in/yaml/v2 2.4.2; `kubectl` itself reads with these.
struct Recorded {
    line: Node,
    text: String,
    /// `None` if `kubectl` refuses the text.
    is: Option<Node>,
    /// `kubectl` reads the text and we refuse it, on purpose.
    cautious: bool,
}

fn recorded(lines: &str) -> Vec<Recorded> {
    let read = |line: &str| {
        let line = json(line);
        let text = line.get("text").unwrap().as_str().unwrap().to_owned();
        let is = line.get("is").cloned();
        let cautious = line.get("cautious").is_some();
        Recorded { line, text, is, cautious }
    };
    lines.lines().map(read).collect()
}

/// Whatever `kubectl` reads, we read the same or refuse; whatever it refuses, we refuse.
fn compare(recorded: &Recorded, text: &str, ours: Option<&Node>) {
    match (&recorded.is, ours) {
        (Some(theirs), Some(ours)) => assert!(same(theirs, ours), "{text:?} is {ours:#?}"),
        (None, Some(ours)) => panic!("kubectl refuses {text:?}, we read {ours:#?}"),
        (Some(_), None) => assert!(recorded.cautious, "kubectl reads {text:?}, we do not"),
        (None, None) => {}
    }
    assert!(!recorded.cautious || ours.is_none(), "{text:?} is read by now");
}

#[test]
fn scalars_are_read_as_kubectl_reads_them() {
    let lines = recorded(include_str!("kubectl-scalars.jsonl"));
    assert!(lines.len() > 1000);
    for recorded in &lines {
        let scalar = &recorded.text;
        let data = match recorded.line.get("at").unwrap().as_str().unwrap() {
            "value" => format!("data:\n  k: {scalar}\n"),
            "key" => format!("data:\n  {scalar}: v\n"),
            "item" => format!("data: [{scalar}, b]\n"),
            "flow key" => format!("data: {{{scalar}: v}}\n"),
            other => panic!("{other}"),
        };
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n{data}");
        let null = Node { line: 0, column: 0, value: Value::Null };
        let ours = nodes(&text).ok().map(|nodes| match nodes.as_slice() {
            [node] => node.get("data").cloned().unwrap_or(null),
            _ => panic!("{text:?}"),
        });
        compare(recorded, &text, ours.as_ref());
    }
}

#[test]
fn documents_are_split_as_kubectl_splits_them() {
    for recorded in &recorded(include_str!("kubectl-documents.jsonl")) {
        let ours = nodes(&recorded.text).ok();
        let ours = ours.map(|nodes| Node { line: 0, column: 0, value: Value::List(nodes) });
        compare(recorded, &recorded.text, ours.as_ref());
    }
}

#[test]
fn a_template_is_told_to_be_rendered() {
    for text in ["a: {{ .Values.a }}\n", "{{- if .Values.a }}\na: b\n{{- end }}\n"] {
        let help = nodes(text).unwrap_err().help.unwrap();
        assert!(help.contains("helm template"), "{help}");
    }
}
