//! `mayreach matrix`: who may reach whom.

use crate::run::{json, run, run_with};

#[test]
fn tenants_do_not_reach_each_other() {
    let ran = run(&["matrix", "examples/tenants", "--by", "label:tenant", "--output", "json"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let matrix = json(&ran);
    assert_eq!(matrix["by"], "label:tenant");
    let cells = matrix["cells"].as_array().expect("cells");
    let verdict = |from: &str, to: &str| {
        let cell = cells.iter().find(|cell| cell["from"] == from && cell["to"] == to);
        cell.unwrap_or_else(|| panic!("{from} → {to}"))["verdict"].clone()
    };
    let tenants = ["acme", "globex", "initech"];
    for from in tenants {
        for to in tenants.iter().filter(|to| **to != from) {
            assert_eq!(verdict(from, to), "deny", "{from} → {to}");
        }
        assert_eq!(verdict(from, "shared"), "depends");
        assert_eq!(verdict(from, "platform"), "allow");
    }
}

#[test]
fn the_text_says_what_a_cell_depends_on() {
    let ran = run(&["matrix", "examples/tenants", "--by", "label:tenant"]);
    assert!(
        ran.out.contains("acme → shared     on http.method, http.path, http.headers"),
        "{ran:?}"
    );
    assert!(ran.out.contains("✗ deny"));
    let wide = run(&["matrix", "examples/tenants"]);
    assert!(wide.out.contains("3 tenant-acme/api "), "{}", wide.out);
}

#[test]
fn pods_of_a_controller_do_not_stand_twice() {
    let manifests = r"
{apiVersion: v1, kind: Namespace, metadata: {name: x}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: r, namespace: x}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: r-1, namespace: x, labels: {a: b}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u, controller: true}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: alone, namespace: x}}
";
    let ran = run_with(&["matrix", "-", "--output", "json"], manifests.as_bytes());
    let matrix = json(&ran);
    assert_eq!(matrix["groups"], serde_json::json!(["x/alone", "x/r"]));
    // A pod does not reach itself over the network; replicas reach each other.
    let pairs: Vec<String> = matrix["cells"]
        .as_array()
        .expect("cells")
        .iter()
        .map(|cell| format!("{} {}", cell["from"], cell["to"]).replace('"', ""))
        .collect();
    assert_eq!(pairs, ["x/alone x/r", "x/r x/alone", "x/r x/r"]);
    // Where no port is declared, any is asked.
    assert_eq!(matrix["cells"][1]["answers"][0]["port"], serde_json::Value::Null);
}

#[test]
fn another_grouping_is_refused() {
    let ran = run(&["matrix", "examples/tenants", "--by", "label:"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("--by: cannot roll up by `label:`"), "{}", ran.err);
}
