//! Casbin: one line for each combination of principal, method and path.

use std::time::Duration;

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use mayreach_benches::METHODS;

use crate::{Set, keep};

const MODEL: &str = r#"
[request_definition]
r = workload, sub, act, path
[policy_definition]
p = workload, sub, act, path, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.workload == p.workload && r.sub == p.sub && r.act == p.act && keyMatch(r.path, p.path)
"#;

fn named(set: &Set, workload: usize) -> String {
    let workload = &set.cluster.workloads[workload];
    format!("{}/{}", workload.namespace, workload.name)
}

fn lines(set: &Set) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for rule in &set.cluster.rules {
        let effect = if rule.deny { "deny" } else { "allow" };
        for client in rule.clients {
            for method in rule.methods {
                for prefix in &rule.prefixes {
                    lines.push(vec![
                        named(set, rule.workload),
                        set.cluster.workloads[client].principal(),
                        METHODS[method].to_owned(),
                        format!("{prefix}*"),
                        effect.to_owned(),
                    ]);
                }
            }
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

async fn enforcer(set: &Set) -> Enforcer {
    let model = DefaultModel::from_str(MODEL).await.expect("a model");
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.expect("an enforcer");
    enforcer.add_policies(lines(set)).await.expect("policies");
    enforcer
}

pub(crate) fn rows(set: &Set, budget: Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let enforcer = runtime.block_on(enforcer(set));
    let allows = |n: usize| {
        let ask = &set.asks[n];
        let method = METHODS[usize::from(ask.method)].to_owned();
        let workload = named(set, ask.destination as usize);
        let question = (workload, set.principals[n].clone(), method, ask.path().to_owned());
        enforcer.enforce(question).expect("an answer")
    };
    keep("casbin", set, budget, allows);
}
