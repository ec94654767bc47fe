//! Reads the cases under `tests/cases`: literate Markdown, and recordings as gzipped JSON lines.
//!
//! A Markdown case has a `# title`, prose, fenced blocks and a `cases` block. Blocks: `files`
//! (paths from the root of the repository, one a line), `yaml` (manifests), `options` (JSON),
//! `cases` (a JSON object a line: `{"flow": …, "expect": …}`). A `## heading` begins a new
//! scenario that keeps no block of the one before. `expect` is a part of the decision's JSON;
//! `layers` is keyed by the layer's name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::explicit_auto_deref,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Map, Value};

/// Manifests, options and the flows to ask of them.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// File and title.
    pub name: String,
    /// Options as JSON.
    pub options: Value,
    /// (name, text) of each source.
    pub manifests: Vec<(String, String)>,
    /// What is asked, and what the real system (or the specification) answers.
    pub cases: Vec<Case>,
}

/// One flow and its answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// The flow's JSON.
    pub flow: Value,
    /// A part of the decision's JSON.
    pub expect: Value,
    /// Why another answer than the recorded one is taken, if it is.
    #[serde(default)]
    pub note: Option<String>,
}

#[derive(Deserialize)]
struct Recorded {
    name: String,
    #[serde(default)]
    options: Value,
    manifests: String,
    cases: Vec<Case>,
}

/// Root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Every scenario under `tests/cases/<under>`.
///
/// # Panics
/// If a file cannot be read: a case that is not run proves nothing.
pub fn load(under: &str) -> Vec<Scenario> {
    let mut files = Vec::new();
    walk(&root().join("tests/cases").join(under), &mut files);
    files.sort();
    let scenarios: Vec<Scenario> = files.iter().flat_map(|file| read(file)).collect();
    assert!(!scenarios.is_empty(), "no case found under tests/cases/{under}");
    scenarios
}

fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        if path.is_dir() {
            walk(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// Recordings that hold no flows; tests of their own replay them.
const OTHERS: [&str; 2] = ["selectors.jsonl.gz", "validation.jsonl.gz"];

fn read(file: &Path) -> Vec<Scenario> {
    let name = file.strip_prefix(root().join("tests/cases")).unwrap_or(file).display().to_string();
    if file.extension().is_some_and(|e| e == "md") {
        let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{name}: {e}"));
        literate(&name, &text)
    } else if name.ends_with(".jsonl.gz") && !OTHERS.iter().any(|other| name.ends_with(other)) {
        recorded(&name, file)
    } else {
        Vec::new()
    }
}

fn recorded(name: &str, file: &Path) -> Vec<Scenario> {
    gunzip(file)
        .lines()
        .map(|line| {
            let Recorded { name: title, options, manifests, cases } =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}"));
            let manifests = vec![("recorded.yaml".to_owned(), manifests)];
            Scenario { name: format!("{name}: {title}"), options, manifests, cases }
        })
        .collect()
}

/// The text of a gzipped file.
///
/// # Panics
/// If it cannot be read.
pub fn gunzip(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .read_to_string(&mut text)
        .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    text
}

fn literate(name: &str, text: &str) -> Vec<Scenario> {
    let mut out: Vec<Scenario> = Vec::new();
    let mut current = Scenario::default();
    let mut block: Option<(String, String)> = None;
    for line in text.lines() {
        match &mut block {
            None if line.starts_with("# ") || line.starts_with("## ") => {
                out.push(std::mem::take(&mut current));
                current.name = format!("{name}: {}", line.trim_start_matches(['#', ' ']));
            }
            None => {
                if let Some(lang) = line.strip_prefix("```").filter(|l| !l.is_empty()) {
                    block = Some((lang.to_owned(), String::new()));
                }
            }
            Some((lang, body)) if line == "```" => {
                add_block(name, &mut current, lang, body);
                block = None;
            }
            Some((_, body)) => {
                body.push_str(line);
                body.push('\n');
            }
        }
    }
    assert!(block.is_none(), "{name}: a block is not closed");
    out.push(current);
    out.retain(|s| !s.cases.is_empty());
    assert!(!out.is_empty(), "{name}: holds no case");
    out
}

fn add_block(name: &str, scenario: &mut Scenario, lang: &str, body: &str) {
    match lang {
        "yaml" => {
            let number = scenario.manifests.len() + 1;
            scenario.manifests.push((format!("{number}.yaml"), body.to_owned()));
        }
        "files" => {
            for path in body.split_whitespace() {
                let text = fs::read_to_string(root().join(path))
                    .unwrap_or_else(|e| panic!("{name}: {path}: {e}"));
                scenario.manifests.push((path.to_owned(), text));
            }
        }
        "options" => {
            scenario.options = serde_json::from_str(body).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        "cases" => {
            for line in body.lines().filter(|l| !l.trim().is_empty()) {
                scenario.cases.push(
                    serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}")),
                );
            }
        }
        _ => {}
    }
}

/// What of `expect` the decision does not say; empty if it says all.
pub fn missing(expect: &Value, actual: &Value) -> Vec<String> {
    let mut out = Vec::new();
    compare("", expect, actual, &mut out);
    out
}

fn compare(path: &str, expect: &Value, actual: &Value, out: &mut Vec<String>) {
    match (expect, actual) {
        (Value::Object(wanted), Value::Array(layers)) if path == ".layers" => {
            for (layer, value) in wanted {
                let found =
                    layers.iter().find(|l| l.get("layer").and_then(Value::as_str) == Some(layer));
                compare(&format!("{path}.{layer}"), value, found.unwrap_or(&Value::Null), out);
            }
        }
        (Value::Object(wanted), Value::Object(have)) => fields(path, wanted, have, out),
        (Value::Array(wanted), Value::Array(have)) if wanted.len() == have.len() => {
            for (n, (wanted, have)) in wanted.iter().zip(have).enumerate() {
                compare(&format!("{path}[{n}]"), wanted, have, out);
            }
        }
        _ if expect == actual => {}
        _ => out.push(format!("{}: expected {expect}, is {actual}", path.trim_start_matches('.'))),
    }
}

fn fields(
    path: &str,
    wanted: &Map<String, Value>,
    have: &Map<String, Value>,
    out: &mut Vec<String>,
) {
    for (key, value) in wanted {
        compare(&format!("{path}.{key}"), value, have.get(key).unwrap_or(&Value::Null), out);
    }
}
