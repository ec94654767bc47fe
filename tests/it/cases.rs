//! Every case, in both evaluators.

use mayreach_conformance::{Case, Scenario, load, missing};
use mayreach_wire::{DecisionOut, FlowIn, OptionsIn};
use serde_json::{Map, Value};

/// Options that steer the recorded system and are no options of ours.
fn options(scenario: &Scenario) -> (OptionsIn, Map<String, Value>) {
    let name = &scenario.name;
    let mut ours = scenario.options.as_object().cloned().unwrap_or_default();
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
    if let Some(fields) = expect.as_object_mut() {
        // How Envoy words it is kept beside the case for people.
        fields.remove("envoy");
    }
    expect
}

/// What one scenario's cases answer that they should not.
fn failures(scenario: &Scenario) -> Vec<String> {
    let name = &scenario.name;
    let (options, theirs) = options(scenario);
    // A feature flag of istiod that is off unless somebody sets it.
    if theirs.contains_key("istiod") {
        return Vec::new();
    }
    let bypassed = theirs.contains_key("webhook");
    let options = options.build().unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let sources: Vec<_> = scenario
        .manifests
        .iter()
        .map(|(file, text)| mayreach::Source::new(file.clone(), text.clone()))
        .collect();
    let program = match mayreach::Program::compile(&sources, &options) {
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
            let shown = DecisionOut::new(&program, flow, &fast);
            serde_json::to_value(shown).map_err(|e| e.to_string())
        });
        let wrong = match answers {
            Ok(Ok(shown)) => missing(&expected(case), &shown).join("; "),
            Ok(Err(error)) => error,
            Err(problem) => format!("{problem:?}"),
        };
        if !wrong.is_empty() {
            out.push(format!("{name}\n    {}\n    {wrong}", case.flow));
        }
    }
    out
}

fn check(under: &str, at_least: usize) {
    let scenarios = load(under);
    let asked: usize = scenarios.iter().map(|s| s.cases.len()).sum();
    let wrong: Vec<String> = scenarios.iter().flat_map(failures).collect();
    assert!(
        wrong.is_empty(),
        "{under}: {} of {asked} disagree\n{}",
        wrong.len(),
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
