//! Reason codes are a promise: every one is documented, none is unknown.

use super::codes;

#[test]
fn every_reason_code_is_documented() {
    let page = include_str!("../../../../docs/src/json.md");
    for code in codes() {
        assert!(page.contains(&format!("| `{code}` |")), "docs/src/json.md does not name `{code}`");
    }
}
