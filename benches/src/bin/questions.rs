//! Writes clusters and questions with their answers as files, for engines that are no crates, and
//! times our own answers to them. `cargo xtask bench --proxies` runs it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a suite that cannot go on must stop"
)]

use std::{fs, hint::black_box, time::Duration};

use mayreach::{Flow, Program, Verdict};
use mayreach_benches::{Ask, Cluster, METHODS, Shape, folder, hot, record, timed};
use serde_json::{Value, json};

fn main() {
    let quick = std::env::var_os("MAYREACH_QUICK").is_some();
    let size = |full: usize| if quick { full / 10 } else { full };
    authorization("mesh", &Cluster::new(Shape::Mesh, size(10_000), size(2_500), 1));
    // What the proxy of one of those workloads has.
    authorization("sidecar", &Cluster::new(Shape::Mesh, 4, size(2_500), 1));
    authorization("hot", &Cluster::new(Shape::Hot, size(10_000), size(2_000), 1));
    authorization("hot-small", &Cluster::new(Shape::Hot, size(1_000), size(200), 1));
    network("network", &Cluster::new(Shape::Selectors, size(1_000), size(10_000), 1));
}

/// AuthorizationPolicies as plain rules.
fn authorization(name: &str, cluster: &Cluster) {
    let asks = hot(cluster);
    let answers = ours(name, cluster, &asks, |program, flow| program.decide(flow).verdict);
    let rules = cluster.rules.iter().map(|rule| {
        json!({
            "workload": rule.workload,
            "deny": rule.deny,
            "clients": rule.clients.map(|client| cluster.workloads[client].principal()),
            "methods": rule.methods.map(|method| METHODS[method]),
            "prefixes": rule.prefixes,
        })
    });
    let rules: Vec<Value> = rules.collect();
    write(name, &json!({"rules": rules, "asks": written(cluster, &asks, &answers)}));
}

/// NetworkPolicies as manifests.
fn network(name: &str, cluster: &Cluster) {
    let asks = hot(cluster);
    let allows = |program: &Program, flow: &Flow<'_>| {
        let denies = program.network(flow).iter().any(|layer| layer.verdict == Verdict::Deny);
        if denies { Verdict::Deny } else { Verdict::Allow }
    };
    let answers = ours(name, cluster, &asks, allows);
    let manifests: Vec<&str> = cluster.manifests.iter().map(|(_, text)| text.as_str()).collect();
    write(name, &json!({"manifests": manifests, "asks": written(cluster, &asks, &answers)}));
}

/// What we answer, and how long it takes.
fn ours(
    name: &str,
    cluster: &Cluster,
    asks: &[Ask],
    ask: impl Fn(&Program, &Flow<'_>) -> Verdict,
) -> Vec<bool> {
    let program = cluster.compile();
    let flows: Vec<Flow<'_>> = asks.iter().map(|ask| ask.named()).collect();
    let (ns, _) = timed(flows.len(), Duration::from_millis(500), |n| {
        black_box(ask(&program, black_box(&flows[n])));
    });
    println!("{name}: {ns:.1} ns");
    record(&format!("proxies/{name}"), &ns.to_string());
    flows.iter().map(|flow| ask(&program, flow) == Verdict::Allow).collect()
}

fn written(cluster: &Cluster, asks: &[Ask], answers: &[bool]) -> Vec<Value> {
    let each = asks.iter().zip(answers).map(|(ask, allow)| {
        let [from, to] = [ask.source, ask.destination].map(|n| &cluster.workloads[n as usize]);
        json!({
            "principal": from.principal(),
            "source_ip": dotted(from.ip),
            "destination": ask.destination,
            "destination_ip": dotted(to.ip),
            "port": ask.port,
            "method": METHODS[usize::from(ask.method)],
            "path": ask.path(),
            "allow": allow,
        })
    });
    each.collect()
}

fn dotted(ip: [u8; 4]) -> String {
    ip.map(|byte| byte.to_string()).join(".")
}

fn write(name: &str, value: &Value) {
    let questions = folder().join("questions");
    fs::create_dir_all(&questions).expect("a folder");
    fs::write(questions.join(format!("{name}.json")), value.to_string()).expect("a file");
}
