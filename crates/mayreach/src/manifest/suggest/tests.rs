//! Tests of `suggest`.

use super::*;

fn near(word: &str) -> Option<&'static str> {
    closest(word, ["podSelector", "namespaceSelector", "ports", "from", "to"].into_iter())
}

#[test]
fn small_slips_are_found() {
    assert_eq!(near("podSelecter"), Some("podSelector"));
    assert_eq!(near("PODSELECTOR"), Some("podSelector"));
    assert_eq!(near("port"), Some("ports"));
    assert_eq!(near("form"), Some("from"));
    assert_eq!(near("frm"), Some("from"));
}

#[test]
fn other_words_are_not() {
    assert_eq!(near("ipBlock"), None);
    assert_eq!(near(""), None);
    assert_eq!(near(&"x".repeat(100_000)), None);
}
