//! Random mesh policies for the oracle property.

use serde_json::{Value, json};

use super::oracle::Choices;

fn source(d: &mut impl Choices) -> Value {
    let negate = d.roll(3) == 0;
    let (field, values): (&str, &[&'static str]) = match d.roll(4) {
        0 => {
            ("principals", &["cluster.local/ns/a/sa/one", "*", "cluster.local/ns/b/*", "*/sa/two"])
        }
        1 => ("namespaces", &["a", "b*", "*"]),
        2 => ("ipBlocks", &["10.244.0.0/16", "10.244.1.0/24", "203.0.113.0/24"]),
        _ => ("requestPrincipals", &["*", "iss/sub"]),
    };
    let field = if negate {
        format!("not{}{}", &field[..1].to_uppercase(), &field[1..])
    } else {
        field.into()
    };
    let mut out = json!({});
    out[field] = json!([d.pick_text(values)]);
    json!({ "source": out })
}

fn operation(d: &mut impl Choices) -> Value {
    let (field, values): (&str, &[&'static str]) = match d.roll(6) {
        0 => ("methods", &["GET", "POST", "*"]),
        1 => ("notMethods", &["GET"]),
        2 => ("paths", &["/v1/*", "/admin", "*x", "/v1/{*}"]),
        3 => ("notPaths", &["/v1/*", "/admin"]),
        4 => ("hosts", &["api", "api:*", "*"]),
        _ => ("ports", &["8080", "80"]),
    };
    let mut out = json!({});
    out[field] = json!([d.pick_text(values)]);
    json!({ "operation": out })
}

fn when(d: &mut impl Choices) -> Value {
    match d.roll(3) {
        0 => json!({"key": "request.headers[x-id]", "values": [d.pick_text(&["1", "2", "*"])]}),
        1 => json!({"key": "request.headers[x-id]", "notValues": ["1"]}),
        _ => json!({"key": "source.namespace", "values": ["a"]}),
    }
}

fn rule(d: &mut impl Choices) -> Value {
    let mut out = json!({});
    if d.roll(2) == 0 {
        out["from"] = json!((0..=d.roll(2)).map(|_| source(d)).collect::<Vec<_>>());
    }
    if d.roll(2) == 0 {
        out["to"] = json!((0..=d.roll(2)).map(|_| operation(d)).collect::<Vec<_>>());
    }
    if d.roll(3) == 0 {
        out["when"] = json!([when(d)]);
    }
    out
}

/// PeerAuthentications, AuthorizationPolicies and the Services that declare ports.
pub(crate) fn policies(d: &mut impl Choices) -> Vec<Value> {
    let mut out = Vec::new();
    for namespace in ["a", "b"] {
        if d.roll(2) == 0 {
            out.push(json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
                "metadata": {"name": "pa", "namespace": namespace},
                "spec": {"mtls": {"mode": d.pick_text(&["STRICT", "PERMISSIVE", "DISABLE", "UNSET"])}}}));
        }
        if d.roll(2) == 0 {
            out.push(json!({"apiVersion": "v1", "kind": "Service",
                "metadata": {"name": "svc", "namespace": namespace},
                "spec": {"selector": {"app": d.pick_text(&["web", "api", "db"])},
                    "ports": [{"name": d.pick_text(&["http", "tcp", "grpc"]), "port": 80, "targetPort": 8080}]}}));
        }
    }
    for n in 0..d.roll(5) {
        let action = d.pick_text(&["ALLOW", "ALLOW", "DENY", "AUDIT"]);
        let rules: Vec<Value> =
            (0..d.roll(3) + u64::from(action == "DENY")).map(|_| rule(d)).collect();
        let mut policy = json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": format!("ap{n}"), "namespace": d.pick_text(&["a", "b", "istio-system"])},
            "spec": {"action": action, "rules": rules}});
        if d.roll(2) == 0 {
            policy["spec"]["selector"] =
                json!({"matchLabels": {"app": d.pick_text(&["web", "api", "db"])}});
        }
        out.push(policy);
    }
    out
}
