//! `mayreach matrix`: who may reach whom.

use serde_json::{Value, json as value};

use crate::run::{json, run, run_with};

/// The cell of one pair of groups.
fn cell<'m>(matrix: &'m Value, from: &str, to: &str) -> &'m Value {
    let cells = matrix["cells"].as_array().expect("cells");
    let cell = cells.iter().find(|cell| cell["from"] == from && cell["to"] == to);
    cell.unwrap_or_else(|| panic!("{from} → {to}"))
}

#[test]
fn tenants_do_not_reach_each_other() {
    let ran = run(&["matrix", "examples/tenants", "--by", "label:tenant", "--output", "json"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let matrix = json(&ran);
    assert_eq!(matrix["by"], "label:tenant");
    let tenants = ["acme", "globex", "initech"];
    for from in tenants {
        for to in tenants.iter().filter(|to| **to != from) {
            let pair = cell(&matrix, from, to);
            assert_eq!(pair["verdict"], "deny", "{from} → {to}");
            assert_eq!(pair["pairs"]["deny"], 9, "{pair}");
        }
        assert_eq!(cell(&matrix, from, "shared")["verdict"], "some");
        assert_eq!(cell(&matrix, from, "platform")["verdict"], "some");
    }
    assert_eq!(cell(&matrix, "shared", "platform")["verdict"], "allow");
}

/// All ports at once, and what a request must be on each.
#[test]
fn a_finding_says_exactly_what_gets_through() {
    let matrix = json(&run(&["matrix", "examples/bookinfo", "--output", "json"]));
    let pair = cell(&matrix, "bookinfo/reviews", "bookinfo/ratings");
    let at = pair["findings"][0]["finding"].as_u64().expect("a place");
    let found = &matrix["findings"][usize::try_from(at).expect("small")];
    let ways = found["ways"].as_array().expect("ways");
    // mTLS is disabled on 8080, where nobody has an identity: metrics alone pass there.
    assert_eq!(ways[0]["ports"], value!([[8080, 8080]]));
    let asks = |way: &Value| way["conditions"].clone();
    let paths = |path: &str| value!({"field": "paths", "values": [path], "not_values": []});
    assert!(asks(&ways[0]).as_array().expect("a list").contains(&paths("/metrics")));
    assert_eq!(
        ways[1]["ports"],
        value!([[1, 8079], [8081, 15019], [15022, 15089], [15091, 65535]])
    );
    assert!(asks(&ways[1]).as_array().expect("a list").contains(&paths("/ratings/*")));
}

/// What a DENY rule takes away, and a rule of several operations, are said as they are.
#[test]
fn the_text_takes_away_what_is_denied() {
    let manifests = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}, spec: {containers: [{name: c}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x, labels: {app: b}}, spec: {containers: [{name: c}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: some, namespace: x}
spec:
  selector: {matchLabels: {app: b}}
  rules: [{to: [{operation: {ports: ["80"], methods: [GET]}}, {operation: {ports: ["81"], methods: [POST]}}]}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: none, namespace: x}
spec:
  selector: {matchLabels: {app: b}}
  action: DENY
  rules: [{to: [{operation: {paths: [/admin/*]}}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: tcp, namespace: x}
spec: {podSelector: {matchLabels: {app: b}}, ingress: [{ports: [{port: 80, endPort: 81}]}]}
"#;
    let ran = run_with(&["matrix", "-"], manifests.as_bytes());
    let lines = [
        "  x/a → x/b",
        "      80-81/TCP (ports 80, GET) or (ports 81, POST)",
        "      but not paths /admin/* (rule 0 of AuthorizationPolicy x/none)\n",
    ];
    assert!(ran.out.contains(&lines.join("\n")), "{}", ran.out);
    assert!(ran.out.contains("x/b  ✓ all  ·"), "{}", ran.out);
    let csv = run_with(&["matrix", "-", "--output", "csv"], manifests.as_bytes());
    assert!(csv.out.contains("x/a,x/b,some,\"80-81/TCP (ports 80, GET) or"), "{}", csv.out);
}

#[test]
fn declared_ports_can_be_asked_alone() {
    let ran = run(&["matrix", "examples/tenants", "--by", "label:tenant", "--declared"]);
    assert!(
        ran.out.contains("acme → shared     on http.method, http.path, http.headers"),
        "{ran:?}"
    );
    assert!(ran.out.contains("✗ deny"));
    let wide = run(&["matrix", "examples/tenants", "--declared"]);
    assert!(wide.out.contains("3 tenant-acme/api "), "{}", wide.out);
    let html = run(&["matrix", "examples/tenants", "--declared", "--output", "html"]);
    assert_eq!(html.status, 2, "{}", html.err);
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
    let ran = run_with(&["matrix", "-", "--declared", "--output", "json"], manifests.as_bytes());
    assert_eq!(json(&ran)["cells"][1]["answers"][0]["port"], Value::Null);
}

#[test]
fn another_grouping_is_refused() {
    let ran = run(&["matrix", "examples/tenants", "--by", "label:"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("--by: cannot roll up by `label:`"), "{}", ran.err);
}
