//! regorus: policies as data, keyed by workload, on its virtual machine; inputs built beforehand.

use std::{collections::BTreeMap, time::Duration};

use mayreach_benches::{METHODS, Rule};
use regorus::{Engine, Value, languages::rego::compiler::Compiler, rvm::vm::RegoVM};

use crate::{Set, keep};

const TEXT: &str = r#"
package authz
import rego.v1
default allow := false
hit(p) if {
  input.principal in p.principals
  input.method in p.methods
  some x in p.prefixes
  startswith(input.path, x)
}
denied if { some p in data.deny[input.workload]; hit(p) }
permitted if { some p in data.allow[input.workload]; hit(p) }
allow if { not denied; permitted }
"#;

fn text(value: &str) -> Value {
    Value::String(value.into())
}

fn list<'a>(values: impl Iterator<Item = &'a str>) -> Value {
    Value::from(values.map(text).collect::<Vec<_>>())
}

fn object(fields: impl IntoIterator<Item = (String, Value)>) -> Value {
    let fields = fields.into_iter().map(|(key, value)| (text(&key), value));
    Value::from(fields.collect::<BTreeMap<_, _>>())
}

fn named(set: &Set, workload: usize) -> String {
    let workload = &set.cluster.workloads[workload];
    format!("{}/{}", workload.namespace, workload.name)
}

fn policy(set: &Set, rule: &Rule) -> Value {
    let principals = rule.clients.map(|client| set.cluster.workloads[client].principal());
    object([
        ("principals".to_owned(), list(principals.iter().map(String::as_str))),
        ("methods".to_owned(), list(rule.methods.iter().map(|m| METHODS[*m]))),
        ("prefixes".to_owned(), list(rule.prefixes.iter().map(String::as_str))),
    ])
}

fn data(set: &Set) -> Value {
    let side = |deny: bool| {
        let mut by: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for rule in set.cluster.rules.iter().filter(|rule| rule.deny == deny) {
            by.entry(named(set, rule.workload)).or_default().push(policy(set, rule));
        }
        object(by.into_iter().map(|(key, values)| (key, Value::from(values))))
    };
    object([("deny".to_owned(), side(true)), ("allow".to_owned(), side(false))])
}

pub(crate) fn rows(set: &Set, budget: Duration) {
    let inputs: Vec<Value> = set
        .asks
        .iter()
        .zip(&set.principals)
        .map(|(ask, who)| {
            object([
                ("workload".to_owned(), text(&named(set, ask.destination as usize))),
                ("principal".to_owned(), text(who)),
                ("method".to_owned(), text(METHODS[usize::from(ask.method)])),
                ("path".to_owned(), text(ask.path())),
            ])
        })
        .collect();
    let data = data(set);
    let mut engine = Engine::new();
    engine.add_policy("authz.rego".into(), TEXT.into()).expect("a policy");
    engine.add_data(data.clone()).expect("data");
    let rule: regorus::Rc<str> = "data.authz.allow".into();
    let policy = engine.compile_with_entrypoint(&rule).expect("an entry point");
    let program = Compiler::compile_from_policy(&policy, &["data.authz.allow"]).expect("a program");
    let mut machine = RegoVM::new_with_policy(policy);
    machine.load_program(program);
    machine.set_max_instructions(usize::MAX);
    machine.set_data(data).expect("data");
    keep("regorus-indexed", set, budget, |n| {
        machine.set_input(Value::clone(&inputs[n]));
        machine.execute_entry_point_by_index(0).expect("an answer") == Value::Bool(true)
    });
}
