//! Objects, right and wrong, as the real API server and webhook judged them: what they refuse is an
//! error here, what they take is read.

use std::collections::BTreeMap;

use mayreach::{Options, Program, Source};
use mayreach_conformance::{gunzip, root};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Judged {
    object: Value,
    #[serde(default)]
    refused: String,
    #[serde(default)]
    warned: String,
}

/// What we answer otherwise, and why that is right, by a part of the real system's words.
const KNOWN: &[(&str, &str)] = &[(
    "empty value not allowed, found in request.headers[",
    "an article this project began with has it: it is read, with a note, as Envoy takes it",
)];

fn known(judged: &Judged) -> bool {
    KNOWN.iter().any(|(words, _)| judged.refused.contains(words) || judged.warned.contains(words))
}

fn replay(file: &str, at_least: usize) {
    let text = gunzip(&root().join("tests/cases").join(file));
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut asked = 0;
    for line in text.lines().skip(1) {
        let judged: Judged = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        asked += 1;
        let source = Source::new("object.json", judged.object.to_string());
        let ours = Program::compile(&[source], &Options::default());
        let said = match (&ours, judged.refused.is_empty()) {
            (Ok(_), true) | (Err(_), false) => continue,
            (Ok(_), false) => format!("we take what is refused: {}", judged.refused),
            (Err(error), true) => format!("we refuse what is taken: {error}"),
        };
        if !known(&judged) {
            let kind: String = said.chars().filter(|c| !c.is_ascii_digit()).take(90).collect();
            let entry = wrong.entry(kind).or_insert((0, format!("{said}\n    {}", judged.object)));
            entry.0 += 1;
        }
    }
    let mut lines: Vec<String> =
        wrong.values().map(|(count, said)| format!("{count:5} × {said}")).collect();
    lines.sort_by(|a, b| b.cmp(a));
    assert!(lines.is_empty(), "{file}:\n{}", lines.join("\n"));
    assert!(asked >= at_least, "{file}: only {asked} objects");
}

#[test]
fn istio() {
    replay("istio/recorded/validation.jsonl.gz", 5_000);
}
