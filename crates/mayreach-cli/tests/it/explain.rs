//! `mayreach explain`: the whole walk.

use crate::run::{json, run};

#[test]
fn the_walk_is_shown_rule_by_rule() {
    let flow = ["--from", "tenant-acme/web", "--to", "tenant-globex/api", "--port", "8080"];
    let ran = run(&[&["explain", "examples/tenants"], &flow[..]].concat());
    assert_eq!(ran.status, 1, "{ran:?}");
    for line in [
        "✗ egress: isolated by 3 NetworkPolicies",
        "  tier default",
        "    NetworkPolicy tenant-acme/dns-and-logs",
        "      ✗ rule 0: allow, alternative 1 of 2",
        "        ✗ protocol UDP, is TCP",
        "DENIED  tenant-acme/web → tenant-globex/api",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
}

#[test]
fn json_has_every_step_and_the_nearest_rule() {
    let flow = ["--from", "tenant-acme/web", "--to", "tenant-globex/api", "--port", "8080"];
    let ran = run(&[&["explain", "examples/tenants", "--output", "json"], &flow[..]].concat());
    let explanation = json(&ran);
    assert_eq!(explanation["decision"]["verdict"], "deny");
    let egress = &explanation["walks"][0]["layers"][0];
    assert_eq!(egress["layer"], "egress");
    assert_eq!(egress["nearest"]["policy"]["name"], "same-namespace");
    assert_eq!(egress["nearest"]["failed"].as_array().map(Vec::len), Some(1));
    assert!(egress["steps"].as_array().is_some_and(|steps| steps.len() > 5), "{egress}");
}
