//! `docs/src/coverage.md`: every field of every policy kind and how many cases use it, made from the
//! cases. A field that no case uses must say why. `UPDATE=1` writes the page again.

mod fields;

use std::{collections::BTreeMap, fmt::Write as _, fs};

use mayreach_conformance::{load, root};

use self::fields::KINDS;

const FAMILIES: [&str; 3] = ["kubernetes", "calico", "istio"];

/// Scenarios and flows by (kind, field), wherever the scenario stands.
fn count(family: &str) -> BTreeMap<(String, String), (usize, usize)> {
    let mut out: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for scenario in FAMILIES.iter().flat_map(|family| load(family)) {
        let mut seen: Vec<(String, String)> = Vec::new();
        for (_, text) in &scenario.manifests {
            for document in text.split("\n---") {
                for (_, kind, fields, _) in KINDS.iter().filter(|k| k.0 == family) {
                    if !is_kind(document, kind, family) {
                        continue;
                    }
                    for field in fields.split_whitespace() {
                        let key = ((*kind).to_owned(), field.to_owned());
                        if names(document, field) && !seen.contains(&key) {
                            seen.push(key);
                        }
                    }
                }
            }
        }
        for key in seen {
            let entry = out.entry(key).or_default();
            entry.0 += 1;
            entry.1 += scenario.cases.len();
        }
    }
    out
}

fn is_kind(document: &str, kind: &str, family: &str) -> bool {
    let of_kind = |kind: &str| {
        let line = format!("kind: {kind}");
        document.lines().any(|l| l.trim_start_matches(['-', ' ']).trim_end() == line)
    };
    match kind {
        // Every kind may have them.
        "labels and annotations" => return true,
        "mesh config" => {
            return ["ConfigMap", "IstioOperator", "Istio"].into_iter().any(of_kind);
        }
        "Gateway (Gateway API)" => {
            return of_kind("Gateway") && document.contains("gateway.networking.k8s.io/");
        }
        "Gateway (Istio)" => {
            return of_kind("Gateway") && document.contains("networking.istio.io/");
        }
        "GatewayClass" => return of_kind(kind),
        _ => {}
    }
    let of_family = match family {
        "calico" => document.contains("projectcalico.org/"),
        "istio" => document.contains("istio.io/"),
        _ => [
            ".k8s.io/",
            "apiVersion: v1",
            "apiVersion: apps/v1",
            "apiVersion: batch/v1",
            "argoproj.io/",
            "apps.openshift.io/",
        ]
        .iter()
        .any(|group| document.contains(group)),
    };
    of_family && of_kind(kind)
}

/// Whether a field (or a `when` key) stands in a document.
fn names(document: &str, field: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    document.match_indices(field).any(|(at, found)| {
        let before = document[..at].chars().next_back();
        let after = document[at + found.len()..].chars().next();
        !before.is_some_and(part)
            && after.is_some_and(|c| matches!(c, ':' | '"' | '[' | '\'' | ',' | '}' | '\n' | '.'))
    })
}

#[test]
fn every_field_has_a_case_or_a_reason() {
    let mut page = String::from(
        "# Coverage of the specification\n\nMade from the cases by `UPDATE=1 cargo test -p mayreach-conformance coverage`. A *scenario* is a set of\nmanifests; a *flow* is one question that a real system (or the cited specification) answered. Which rule\nof the real systems each hand-written scenario holds stands in `conformance/istio/COVERAGE.md` and\n`conformance/network/COVERAGE.md`.\n",
    );
    let mut bare = Vec::new();
    for family in FAMILIES {
        let counts = count(family);
        let _ = write!(page, "\n## {family}\n");
        for (_, kind, fields, reasons) in KINDS.iter().filter(|k| k.0 == family) {
            let _ = write!(
                page,
                "\n### {kind}\n\n| field | scenarios | flows | |\n|---|--:|--:|---|\n"
            );
            for field in fields.split_whitespace() {
                let why = reasons.iter().find(|(of, _)| *of == field).map_or("", |(_, why)| why);
                let key = ((*kind).to_owned(), field.to_owned());
                let (scenarios, flows) = counts.get(&key).copied().unwrap_or_default();
                if scenarios == 0 && why.is_empty() {
                    bare.push(format!("{kind}.{field}"));
                }
                let why = if scenarios == 0 { why } else { "" };
                let _ = writeln!(page, "| `{field}` | {scenarios} | {flows} | {why} |");
            }
        }
    }
    let path = root().join("docs/src/coverage.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(bare.is_empty(), "no case, and no reason why: {}", bare.join(", "));
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/src/coverage.md is stale: UPDATE=1 cargo test -p mayreach-conformance coverage"
    );
}
