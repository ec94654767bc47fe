//! Classes of text against every short text.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use crate::decision::matching;

fn plain(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|t| Pattern::Text(TextMatch::plain(t))).collect()
}

fn matches(patterns: &[Pattern], text: &str) -> u64 {
    patterns.iter().enumerate().fold(0, |mask, (n, pattern)| {
        let hit = match pattern {
            Pattern::Text(t) | Pattern::Target(t) => t.matches(text),
            Pattern::Template(parts) => matching::path(&Matcher::PathTemplate(parts.clone()), text),
            // Identities have a test of their own.
            Pattern::Pieces(_) => false,
        };
        mask | u64::from(hit) << n
    })
}

/// Every text of at most so many letters.
fn every(letters: &[char], most: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..most {
        last = last.iter().flat_map(|t| letters.iter().map(move |l| format!("{t}{l}"))).collect();
        all.extend(last.iter().cloned());
    }
    all
}

#[test]
fn every_text_is_in_a_class_and_every_witness_in_its_own() {
    let sets: [&[&str]; 6] = [
        &["a", "a*", "*a"],
        &["ab*", "*ba", "aba", "*"],
        &["*aab", "*ab", "a*"],
        &[""],
        &["b*", "*b", "bb", "bab"],
        &["*"],
    ];
    for set in sets {
        let patterns = plain(set);
        let found = classes(&patterns, Kind::Line).expect("few states");
        for class in &found {
            assert_eq!(matches(&patterns, &class.witness), class.mask, "{set:?} {class:?}");
        }
        for text in every(&['a', 'b', 'z'], 6) {
            let mask = matches(&patterns, &text);
            assert!(found.iter().any(|c| c.mask == mask), "{set:?} `{text}`");
        }
    }
}

#[test]
fn paths_and_templates() {
    let template = Pattern::Template(vec![
        TemplatePart::Literal("/a/".into()),
        TemplatePart::One,
        TemplatePart::Literal("/b".into()),
        TemplatePart::Many,
    ]);
    let mut patterns = plain(&["/a/*", "*b", "/a/b/b"]);
    patterns.push(template);
    let kind = Kind::Path { canonical: true, merged: false, query: false };
    let found = classes(&patterns, kind).expect("few states");
    for class in &found {
        assert!(class.witness.starts_with('/'), "{class:?}");
        assert_eq!(matches(&patterns, &class.witness), class.mask, "{class:?}");
    }
    for text in every(&['a', 'b', '/', '['], 7).iter().filter(|t| t.starts_with('/')) {
        let mask = matches(&patterns, text);
        assert!(found.iter().any(|c| c.mask == mask), "`{text}`");
    }
}

#[test]
fn too_many_states_are_no_answer() {
    let texts: Vec<String> =
        (0..40).map(|n| format!("*{}{}", "ab".repeat(n % 7 + 1), "a".repeat(n))).collect();
    let patterns: Vec<Pattern> = texts.iter().map(|t| Pattern::Text(TextMatch::plain(t))).collect();
    let found = classes(&patterns, Kind::Any);
    for class in found.unwrap_or_default() {
        assert_eq!(matches(&patterns, &class.witness), class.mask);
    }
    let many = vec![Pattern::Text(TextMatch::Present); PATTERNS_MAX + 1];
    assert_eq!(classes(&many, Kind::Any), None);
}
