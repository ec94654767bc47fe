//! Reason codes are a promise: every one is documented, and has words of its own.

use mayreach::Reason;

use super::{LayerOut, ReasonOut};

#[test]
fn every_reason_code_is_documented() {
    let page = include_str!("../../../../docs/src/json.md");
    for code in Reason::CODES {
        assert!(page.contains(&format!("\n| `{code}` |")), "json.md does not name `{code}`");
    }
}

#[test]
fn every_reason_code_has_words() {
    for verdict in ["allow", "deny", "undetermined"] {
        for code in Reason::CODES {
            let reason = ReasonOut { code, ..ReasonOut::default() };
            let words = LayerOut { layer: "ingress", verdict, reason, hop: None }.words();
            assert_ne!(words, *code, "`{code}` has no words");
            assert!(!words.is_empty() && !words.ends_with('.'), "{words}");
        }
    }
}
