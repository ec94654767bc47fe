//! `mayreach isolate`.

use crate::run::{json, run};

#[test]
fn tenants_are_proved_isolated_and_shared_services_are_open() {
    let outcome = run(&["isolate", "examples/tenants", "--by", "label:tenant", "--output", "json"]);
    let found = json(&outcome);
    assert_eq!(outcome.status, 1);
    let pair = |from: &str, to: &str| {
        let pairs = found["pairs"].as_array().expect("pairs");
        let pair = pairs.iter().find(|p| p["from"] == from && p["to"] == to).expect("a pair");
        let index = usize::try_from(pair["finding"].as_u64().expect("a number")).expect("small");
        (pair["verdict"].clone(), found["findings"][index].clone())
    };
    let (verdict, finding) = pair("acme", "globex");
    assert_eq!(verdict, "isolated");
    assert_eq!(finding["alone"], serde_json::json!(["egress", "ingress", "authorization"]));
    let (verdict, finding) = pair("acme", "shared");
    assert_eq!(verdict, "open");
    let request = finding["holes"][0]["flow"]["http"].clone();
    assert_eq!(request["headers"], serde_json::json!([["x-tenant-id", "acme"]]));
    assert_eq!(finding["holes"][0]["decision"]["verdict"], "allow");
}
