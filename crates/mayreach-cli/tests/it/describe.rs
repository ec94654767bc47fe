//! `mayreach describe`: one workload on one screen.

use crate::run::{json, run};

#[test]
fn what_selects_it_and_who_may_reach_it() {
    let ran = run(&["describe", "examples/bookinfo", "bookinfo/ratings"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    for line in [
        "bookinfo/ratings  Deployment  examples/bookinfo/workloads.yaml:",
        "  mesh              sidecar",
        "  port 8080    DISABLE  plaintext accepted  PeerAuthentication bookinfo/ratings-metrics",
        "  other ports  STRICT   plaintext refused",
        "  ALLOW  AuthorizationPolicy bookinfo/nothing",
        "  bookinfo/reviews   8080/TCP",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
}

#[test]
fn network_policies_come_in_the_order_they_are_asked() {
    let ran = run(&["describe", "examples/tenants", "tenant-acme/api", "--output", "json"]);
    let described = json(&ran);
    let names = |direction: &str| -> Vec<String> {
        let all = described[direction].as_array().expect("a list");
        all.iter().filter_map(|one| one["policy"]["name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names("egress"), ["default-deny", "dns-and-logs", "same-namespace"]);
    assert_eq!(names("ingress"), ["default-deny", "same-namespace"]);
    assert_eq!(described["services"][0]["service"], "tenant-acme/api");
    assert_eq!(described["namespace_labels"]["tenant"], "acme");
}

#[test]
fn an_unknown_workload_is_bad_input() {
    let ran = run(&["describe", "examples/tenants", "tenant-acme/ap"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("no manifest holds a workload `tenant-acme/ap`"), "{}", ran.err);
    assert!(ran.err.contains("`api`"), "{}", ran.err);
    assert_eq!(run(&["describe", "examples/tenants", "ap"]).status, 2);
}
