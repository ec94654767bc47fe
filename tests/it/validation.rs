//! Objects that the real validation code took or refused (`conformance/network`,
//! `conformance/istio`): ours does the same.

use std::collections::BTreeMap;

use mayreach::{Options, Program, Source};
use mayreach_conformance::{gunzip, root};
use serde_json::Value;

/// What is decided otherwise here, by a part of either error, and why.
type Otherwise = &'static [(&'static str, &'static str)];

fn replay(file: &str, otherwise: Otherwise) {
    let text = gunzip(&root().join("tests/cases").join(file));
    let mut wrong = BTreeMap::new();
    let mut seen = [0_usize; 2];
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        // A first line may say what recorded the others.
        let Some(manifest) = line.get("manifest").or(line.get("object")) else { continue };
        let error = line.get("error").or(line.get("refused"));
        let error = error.and_then(Value::as_str).unwrap_or_default();
        let valid = line["valid"].as_bool().unwrap_or(error.is_empty());
        let manifest = manifest.to_string();
        let ours =
            Program::compile(&[Source::new("object.json", manifest.clone())], &Options::default());
        let same = ours.is_ok() == valid;
        let said = ours.err().map_or_else(|| error.to_owned(), |problem| problem.to_string());
        if same || otherwise.iter().any(|(part, _)| error.contains(part) || said.contains(part)) {
            seen[usize::from(valid)] += 1;
            continue;
        }
        wrong.entry(said).or_insert(manifest);
    }
    let shown: Vec<_> =
        wrong.iter().take(30).map(|(said, text)| format!("{said}\n    {text}")).collect();
    assert!(wrong.is_empty(), "{file}: {} disagree\n{}", wrong.len(), shown.join("\n"));
    assert!(seen.iter().all(|count| *count > 200), "{file}: hardly any objects: {seen:?}");
}

/// A CRD's schema leaves the inside of a selector open; who reads the object refuses it
/// (apimachinery `LabelSelectorAsSelector`), so that it is an error here.
const OPEN: &str = "the CRD takes any text in a selector, and its reader refuses it";

#[test]
fn kubernetes_takes_and_refuses_the_same() {
    replay(
        "validation/kubernetes.jsonl.gz",
        &[
            ("is not a valid label", OPEN),
            ("is no selector operator", OPEN),
            ("takes no values", OPEN),
            ("needs at least one value", OPEN),
            ("protocol `", "the CRDs of v1alpha1 take any text for a protocol; nothing has it"),
            ("the name is empty", "the CRDs take an empty name of a port; no port has it"),
            ("portRange", "the CRDs of v1alpha1 take a range whose end is before its start"),
        ],
    );
}

#[test]
fn calico_takes_and_refuses_the_same() {
    replay(
        "validation/calico.jsonl.gz",
        &[
            (
                "rules that specify ports must",
                "later releases take a named port without a protocol",
            ),
            ("catch-all CIDR", "later releases refuse it"),
            ("is neither an address nor a CIDR", "that release takes an empty text, and drops it"),
        ],
    );
}

#[test]
fn istio_takes_and_refuses_the_same() {
    replay(
        "istio/recorded/validation.jsonl.gz",
        &[(
            "empty value not allowed, found in request.headers[",
            "an article this project began with has it: it is read, with a note, as Envoy takes it",
        )],
    );
}
