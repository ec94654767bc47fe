//! Property: a program that was changed step by step answers as one compiled from scratch, verdict,
//! reason, place and notes.

use mayreach::{Changes, ObjectRef, Options, Program, Source};
use mayreach_wire::DecisionOut;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    oracle::{Dice, cluster, flow},
    oracle_mesh::policies,
};

fn text<'v>(object: &'v Value, field: &str) -> Option<&'v str> {
    object["metadata"][field].as_str()
}

fn name(object: &Value) -> String {
    let namespace = text(object, "namespace").unwrap_or_default();
    format!("{} {namespace}/{}", object["kind"].as_str().unwrap(), text(object, "name").unwrap())
}

/// One object a source, named after it: so a place is the same whatever happened before.
fn source(object: &Value) -> Source {
    Source::new(name(object), object.to_string())
}

fn reference(object: &Value) -> ObjectRef {
    let kind = object["kind"].as_str().unwrap();
    ObjectRef::new(kind, text(object, "namespace"), text(object, "name").unwrap())
}

fn compile(objects: &[Value]) -> Result<Program, mayreach::Error> {
    let sources: Vec<Source> = objects.iter().map(source).collect();
    Program::compile(&sources, &Options::default())
}

fn notes(program: &Program) -> Vec<String> {
    let place =
        |note: &mayreach::Note| note.place.and_then(|p| program.location(p)).map(|l| l.to_string());
    let mut all: Vec<String> =
        program.notes().iter().map(|n| format!("{n:?} {:?}", place(n))).collect();
    // Numbers of sources are the program's own affair.
    for note in &mut all {
        if let Some((before, after)) = note.split_once("source: SourceId(") {
            *note = format!("{before}{}", after.split_once(')').map_or("", |(_, rest)| rest));
        }
    }
    all.sort();
    all
}

/// A few objects of `goal` that differ are set, a few that it lacks are removed.
fn step(d: &mut Dice, now: &mut Vec<Value>, goal: &[Value]) -> Changes {
    let mut changes = Changes::default();
    for object in goal {
        let at = now.iter().position(|other| name(other) == name(object));
        if at.is_some_and(|at| now[at] == *object) || !d.one_in(2) {
            continue;
        }
        changes.set.push(source(object));
        match at {
            Some(at) => now[at] = object.clone(),
            None => now.push(object.clone()),
        }
    }
    let gone = |object: &Value| !goal.iter().any(|other| name(other) == name(object));
    now.retain(|object| {
        let goes = gone(object) && d.one_in(2);
        if goes {
            changes.remove.push(reference(object));
        }
        !goes
    });
    changes
}

/// Notes, policies and decisions are the same.
fn alike(
    changed: &Program,
    fresh: &Program,
    d: &mut Dice,
    now: &[Value],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(notes(changed), notes(fresh));
    let policies = |p: &Program| -> Vec<String> {
        p.policies().map(|(_, policy)| format!("{policy} {:?}", policy.at())).collect()
    };
    prop_assert_eq!(policies(changed), policies(fresh));
    for _ in 0..30 {
        let flow = flow(d);
        let out = |p: &Program| DecisionOut::new(p, &flow, &p.decide(&flow));
        prop_assert_eq!(out(changed), out(fresh), "{:?}\n{}", flow, json!(now));
        prop_assert_eq!(changed.decide(&flow), changed.decide_by_reference(&flow));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_program_is_a_fresh_one(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let mut now = cluster(&mut d);
        let mut program = compile(&now).unwrap();
        for _ in 0..4 {
            let goal = cluster(&mut d);
            let before = now.clone();
            let changes = step(&mut d, &mut now, &goal);
            let (changed, fresh) = match (program.update(&changes), compile(&now)) {
                (Ok(changed), Ok(fresh)) => (changed, fresh),
                (Err(changed), Err(fresh)) => {
                    prop_assert_eq!(changed.to_string(), fresh.to_string());
                    now = before;
                    continue;
                }
                (changed, fresh) => {
                    let said = (changed.map(|_| ()), fresh.map(|_| ()));
                    return Err(TestCaseError::fail(format!("{said:?}\n{}", json!(now))));
                }
            };
            alike(&changed, &fresh, &mut d, &now)?;
            program = changed;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn policies_that_take_their_own_place(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let mut now = cluster(&mut d);
        now.extend(policies(&mut d).into_iter().map(|mut policy| {
            policy["metadata"]["name"] = json!(format!("own-{}", text(&policy, "name").unwrap()));
            policy
        }));
        let mut program = compile(&now).unwrap();
        for _ in 0..6 {
            let own: Vec<usize> = (0..now.len()).filter(|n| is_authorization(&now[*n])).collect();
            let other = policies(&mut d).into_iter().find(is_authorization);
            let (false, Some(other)) = (own.is_empty(), other) else { break };
            let at = *d.pick(&own);
            for field in ["rules", "action"] {
                now[at]["spec"][field] = other["spec"][field].clone();
            }
            if d.one_in(4) {
                now[at]["spec"]["selector"] = other["spec"]["selector"].clone();
            }
            let set = vec![source(&now[at])];
            program = program.update(&Changes { set, ..Changes::default() }).unwrap();
            alike(&program, &compile(&now).unwrap(), &mut d, &now)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    /// Policies of every kind that changes alone come, go, and mean something else or others.
    #[test]
    fn policies_that_come_and_go(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let mut now = cluster(&mut d);
        let mut program = compile(&now).unwrap();
        for _ in 0..8 {
            let mut changes = Changes::default();
            for _ in 0..=d.roll(3) {
                let others = [cluster(&mut d), policies(&mut d)].concat();
                let others: Vec<Value> = others.into_iter().filter(alone).collect();
                if others.is_empty() {
                    continue;
                }
                let mut one = d.pick(&others).clone();
                one["metadata"]["name"] = json!(format!("own-{}", d.roll(3)));
                let known = now.iter().position(|object| name(object) == name(&one));
                let named = |sources: &[Source]| sources.iter().any(|s| s.name() == name(&one));
                if named(&changes.set) || changes.remove.contains(&reference(&one)) {
                    continue;
                }
                match known {
                    Some(at) if d.one_in(2) => {
                        now.remove(at);
                        changes.remove.push(reference(&one));
                    }
                    Some(at) => {
                        now[at] = one.clone();
                        changes.set.push(source(&one));
                    }
                    None => {
                        now.push(one.clone());
                        changes.set.push(source(&one));
                    }
                }
            }
            program = program.update(&changes).unwrap();
            alike(&program, &compile(&now).unwrap(), &mut d, &now)?;
        }
    }
}

fn is_authorization(object: &Value) -> bool {
    object["kind"] == "AuthorizationPolicy"
}

/// Of a kind that is compiled on its own after a change.
fn alone(object: &Value) -> bool {
    let kind = object["kind"].as_str().unwrap_or_default();
    let group = object["apiVersion"].as_str().unwrap_or_default();
    group.starts_with("security.istio.io")
        || (kind, group) == ("NetworkPolicy", "networking.k8s.io/v1")
}

#[test]
fn readers_go_on_with_the_old_program() {
    let pod =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "shop"}});
    let closed = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "closed", "namespace": "shop"}, "spec": {"podSelector": {}}});
    let old = compile(&[pod]).unwrap();
    let new = old.update(&Changes { set: vec![source(&closed)], ..Changes::default() }).unwrap();
    assert_eq!((old.policies().count(), new.policies().count()), (0, 1));
    let broken = Source::new("broken.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: A_}}");
    let error = new.update(&Changes { set: vec![broken], ..Changes::default() }).unwrap_err();
    assert_eq!(error.problems()[0].file.as_deref(), Some("broken.yaml"));
}
