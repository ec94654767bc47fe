//! Every case, in both evaluators.

use std::collections::BTreeMap;

use mayreach::{Flow, Program, Verdict, Without};
use mayreach_conformance::{Case, Scenario, load, missing};
use mayreach_wire::{DecisionOut, FlowIn, OptionsIn};
use serde_json::{Map, Value};

/// Options that steer the recorded system and are no options of ours.
fn options(scenario: &Scenario) -> (OptionsIn, Map<String, Value>) {
    let name = &scenario.name;
    let mut ours = scenario.options.as_object().cloned().unwrap_or_default();
    // The network recorder's word for the Calico release.
    if let Some(release) = ours.remove("compat") {
        let release = release.as_str().map(|r| Value::from(r.trim_start_matches('v')));
        ours.insert("calico_version".to_owned(), release.unwrap_or_default());
    }
    if name.starts_with("calico/") {
        ours.entry("plugin").or_insert("calico".into());
    }
    let theirs = ["webhook", "istiod"].iter();
    let theirs = theirs.filter_map(|k| ours.remove(*k).map(|v| ((*k).to_owned(), v))).collect();
    let options = serde_json::from_value(Value::Object(ours));
    (options.unwrap_or_else(|e| panic!("{name}: {e}")), theirs)
}

/// What Envoy's shadow engines reported: those that name a rule.
fn expected(case: &Case) -> Value {
    let mut expect = case.expect.clone();
    if let Some(Value::Array(marks)) = expect.get_mut("dry_run") {
        *marks = marks.iter().filter_map(|m| m.get("reason").cloned()).collect();
    }
    // Calico's trace says "profile" where a namespace's own profile allows, or is not there.
    for layer in expect.get_mut("layers").and_then(Value::as_object_mut).into_iter().flatten() {
        let allowed = layer.1.get("verdict").and_then(Value::as_str) == Some("allow");
        if let Some(code) = layer.1.pointer_mut("/reason/code").filter(|c| **c == "profile") {
            *code = if allowed { "default_allow" } else { "undefined_namespace" }.into();
        }
    }
    // An address may be a pod's: then that pod's own policy counts too, which the recorder, asked
    // for an address, did not ask.
    let by_address = |end: &str| case.flow.pointer(&format!("/{end}/ip")).is_some();
    let network = expect.pointer("/layers/egress").or(expect.pointer("/layers/ingress")).is_some();
    if let Some(fields) = expect.as_object_mut() {
        if network && (by_address("source") || by_address("destination")) {
            fields.remove("verdict");
        }
        // How Envoy words it is kept beside the case for people.
        fields.remove("envoy");
        // Asked apart.
        fields.remove("waypoint");
        // What a client heard before it spoke; of an allowed one the explanation says it.
        if let Some(heard) = fields.remove("banner")
            && let Some(sees) = fields.get_mut("client_sees").and_then(Value::as_object_mut)
        {
            let heard = (heard == true).then_some(heard);
            sees.insert("banner".to_owned(), heard.unwrap_or_default());
        }
    }
    expect
}

/// Calico has no word for "isolated by NetworkPolicies": it is the end of tier `default`.
fn isolated_is_end_of_tier(expect: &Value, shown: &mut Value) {
    for layer in shown.get_mut("layers").and_then(Value::as_array_mut).into_iter().flatten() {
        let name = layer.get("layer").and_then(Value::as_str).unwrap_or_default().to_owned();
        let wanted = expect.pointer(&format!("/layers/{name}/reason/code"));
        if wanted.and_then(Value::as_str) == Some("end_of_tier")
            && let Some(reason) = layer.get_mut("reason").filter(|r| r["code"] == "isolated")
        {
            reason["code"] = "end_of_tier".into();
            reason["tier"] = "default".into();
        }
    }
}

/// "A pod's traffic to its own address never leaves it, so no plugin sees it"; the recorded code was
/// asked all the same where a random address happened to be the pod's own.
fn own_address(expect: &mut Value, shown: &Value) {
    for layer in shown.get("layers").and_then(Value::as_array).into_iter().flatten() {
        let name = layer.get("layer").and_then(Value::as_str).unwrap_or_default();
        if layer.pointer("/reason/code").and_then(Value::as_str) == Some("local_traffic")
            && let Some(layers) = expect.get_mut("layers").and_then(Value::as_object_mut)
        {
            layers.remove(name);
        }
    }
}

/// Whether the explanation says that an application that speaks first is not heard.
fn waits_in_vain(program: &Program, flow: &Flow<'_>) -> bool {
    let walks = program.explain(flow).map(|e| e.walks).unwrap_or_default();
    walks.iter().flat_map(|walk| &walk.remarks).any(|remark| remark.contains("waits in vain"))
}

/// The waypoint that the explanation says the connection goes through.
fn waypoint(program: &Program, flow: &Flow<'_>) -> String {
    let walks = program.explain(flow).map(|e| e.walks).unwrap_or_default();
    let mut remarks = walks.iter().flat_map(|walk| &walk.remarks);
    let named = remarks.find_map(|r| r.strip_prefix("the connection goes through the waypoint "));
    named.unwrap_or("none").to_owned()
}

/// What one scenario's cases answer that they should not, by a compiled evaluator that does without some parts.
fn failures(scenario: &Scenario, without: Without) -> Vec<String> {
    let name = &scenario.name;
    let (options, theirs) = options(scenario);
    // A feature flag of istiod that is off unless somebody sets it.
    if theirs.contains_key("istiod") {
        return Vec::new();
    }
    let bypassed = theirs.contains_key("webhook");
    let mut options = options.build().unwrap_or_else(|e| panic!("{name}: {e:?}"));
    options.without = without;
    let sources: Vec<_> = scenario
        .manifests
        .iter()
        .map(|(file, text)| mayreach::Source::new(file.clone(), text.clone()))
        .collect();
    let program = match Program::compile(&sources, &options) {
        Ok(program) => program,
        // The webhook refuses these objects, and so do we.
        Err(_) if bypassed => return Vec::new(),
        Err(error) => return vec![format!("{name}: {error}")],
    };
    let recorded = name.contains("/recorded/");
    let mut out = Vec::new();
    for case in &scenario.cases {
        let mut asked = case.flow.clone();
        // The recorders send bytes where a flow says nothing of HTTP.
        if recorded && let Some(fields) = asked.as_object_mut() {
            fields.entry("http").or_insert(Value::Null);
        }
        let flow: FlowIn = match serde_json::from_value(asked) {
            Ok(flow) => flow,
            Err(error) => {
                out.push(format!("{name}: {}: {error}", case.flow));
                continue;
            }
        };
        let answers = flow.with_flow(|flow| {
            if let Err(problem) = program.check(flow) {
                return Err(problem.to_string());
            }
            let fast = program.decide(flow);
            let slow = program.decide_by_reference(flow);
            if fast != slow {
                return Err(format!("evaluators differ: {fast:?} {slow:?}"));
            }
            if let Some(heard) = case.expect.get("banner")
                && fast.verdict == Verdict::Allow
                && waits_in_vain(&program, flow) == *heard
            {
                return Err(format!("the application was heard: {heard}"));
            }
            if let Some(way) = case.expect.get("waypoint").and_then(Value::as_str) {
                let taken = waypoint(&program, flow);
                if taken != way {
                    return Err(format!("goes through the waypoint {taken}, not {way}"));
                }
            }
            let shown = DecisionOut::new(&program, flow, &fast);
            serde_json::to_value(shown).map_err(|e| e.to_string())
        });
        let wrong = match answers {
            Ok(Ok(mut shown)) if recorded => {
                isolated_is_end_of_tier(&case.expect, &mut shown);
                let mut expect = expected(case);
                own_address(&mut expect, &shown);
                missing(&expect, &shown).join("; ")
            }
            Ok(Ok(shown)) => missing(&case.expect, &shown).join("; "),
            Ok(Err(error)) => error,
            Err(problem) => format!("{problem:?}"),
        };
        if !wrong.is_empty() {
            out.push(format!("{name}\n    {}\n    {wrong}", case.flow));
        }
    }
    out
}

/// How many disagree in each file.
fn by_file(wrong: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in wrong {
        *counts.entry(line.split(": ").next().unwrap_or_default()).or_default() += 1;
    }
    counts.iter().map(|(file, n)| format!("  {n:6}  {file}")).collect::<Vec<_>>().join("\n")
}

fn check(under: &str, at_least: usize) {
    let scenarios = load(under);
    let asked: usize = scenarios.iter().map(|s| s.cases.len()).sum();
    let wrong: Vec<String> =
        scenarios.iter().flat_map(|s| failures(s, Without::default())).collect();
    assert!(
        wrong.is_empty(),
        "{under}: {} of {asked} disagree\n{}\n{}",
        wrong.len(),
        by_file(&wrong),
        wrong.iter().take(30).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(asked >= at_least, "{under}: only {asked} cases found");
}

#[test]
fn seeds() {
    check("seeds", 50);
}

#[test]
fn kubernetes() {
    check("kubernetes", 20_000);
}

#[test]
fn calico() {
    check("calico", 20_000);
}

#[test]
fn istio() {
    check("istio", 20_000);
}

/// Each part of the compiled evaluator switched off in turn: of the recorded clusters a sample, another for each
/// part; built with optimisation, all of them.
#[test]
fn without_each_part_in_turn() {
    let on = Without::default();
    let parts = [
        Without { mesh: true, ..on },
        Without { groups: true, ..on },
        Without { pairs: true, ..on },
        Without { rows: true, ..on },
        Without { direct: true, ..on },
    ];
    let every = if cfg!(debug_assertions) { 40 } else { 1 };
    for under in ["seeds", "kubernetes", "calico", "istio"] {
        let scenarios = load(under);
        for (number, part) in parts.into_iter().enumerate() {
            let sample: Vec<_> = scenarios.iter().skip(number % every).step_by(every).collect();
            let wrong: Vec<String> = sample.iter().flat_map(|s| failures(s, part)).collect();
            assert!(wrong.is_empty(), "{part:?}: {}\n{}", wrong.len(), wrong[0]);
            assert!(!sample.is_empty() || under == "seeds", "{under}: nothing is asked");
        }
    }
}
