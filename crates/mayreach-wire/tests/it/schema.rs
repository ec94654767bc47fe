//! Flows that are read and refused, decisions that are written: all as the schemas say.

use std::{io, path::Path};

use mayreach_wire::{Engine, FlowIn, load, mayreach::Options};
use serde_json::{Value, json};

use crate::validate::validate;

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema").join(name);
    let text = std::fs::read_to_string(path).expect("a schema");
    serde_json::from_str(&text).expect("JSON")
}

/// A flow, whether it is one, with some fields of it set.
fn flow(fields: Value) -> Value {
    let mut flow = json!({"source": {"workload": "a/b"}, "destination": {"workload": "a/c"}});
    for (name, value) in fields.as_object().cloned().unwrap_or_default() {
        flow[name] = value;
    }
    flow
}

fn good() -> Vec<Value> {
    let fields = [
        json!({}),
        json!({"id": "x"}),
        json!({"id": 7}),
        json!({"port": 8080, "protocol": "UDP", "source_port": 1}),
        json!({"port": "http", "protocol": 6}),
        json!({"port": null, "protocol": null, "icmp": null, "tls": null, "now": null}),
        json!({"protocol": "ICMP", "icmp": {"type": 8, "code": 0}}),
        json!({"http": null}),
        json!({"http": {}}),
        json!({"http": {"method": "GET", "path": "/", "host": "h", "headers": [["a", "b"]]}}),
        json!({"tls": {"sni": "s"}, "token": "eyJ"}),
        json!({"token": null, "claims": {"sub": "x", "n": [1, {"a": null}]}}),
        json!({"now": 5, "ext_authz": {"opa": "deny"}}),
        json!({"now": "2026-11-22T00:00:00Z"}),
        json!({"source": {"ip": "203.0.113.7", "mtls": false}}),
        json!({"source": {"workload": "a/b", "principal": "p", "tls_without_certificate": true}}),
        json!({"destination": {"service": "a/s"}, "port": 80}),
        json!({"source": {"namespace": "a"}}),
        json!({"source": {"namespace": "a", "labels": {"x": "y"}, "annotations": {},
            "service_account": "s", "ip": "::1",
            "ports": [{"name": "n", "port": 1, "protocol": "UDP"}]}}),
    ];
    fields.into_iter().map(flow).collect()
}

fn bad() -> Vec<Value> {
    let fields = [
        json!({"portt": 1}),
        json!({"id": 1.5}),
        json!({"port": 80.5}),
        json!({"port": "80"}),
        json!({"port": 65_536}),
        json!({"port": -1}),
        json!({"protocol": "tcp"}),
        json!({"protocol": 256}),
        json!({"icmp": {"code": 1}}),
        json!({"http": {"verb": "GET"}}),
        json!({"http": {"headers": [["a"]]}}),
        json!({"http": {"headers": {"a": "b"}}}),
        json!({"http": []}),
        json!({"token": 5}),
        json!({"claims": "x"}),
        json!({"now": 1.5}),
        json!({"ext_authz": {"opa": true}}),
        json!({"source": {"workload": "a"}}),
        json!({"source": {"service": "a/b"}}),
        json!({"source": ["a/b"]}),
        json!({"source": {"namespace": "a", "labels": {"x": 1}}}),
        json!({"destination": {"workload": "a/b", "mtls": true}}),
        json!({"destination": {"namespace": "a", "ports": [{"port": 1}]}}),
        json!({"destination": null}),
    ];
    fields.into_iter().map(flow).collect()
}

fn read(flow: &Value) -> Result<(), mayreach_wire::ProblemOut> {
    FlowIn::from_json(&flow.to_string())?.with_flow(|_| ())
}

#[test]
fn flows_are_read_as_the_schema_says() {
    let schema = schema("flow.schema.json");
    for flow in good() {
        assert_eq!(validate(&schema, &flow), Vec::<String>::new(), "{flow}");
        assert_eq!(read(&flow), Ok(()), "{flow}");
    }
    for flow in bad() {
        assert!(!validate(&schema, &flow).is_empty(), "the schema allows {flow}");
        assert!(read(&flow).is_err(), "it is read: {flow}");
    }
}

#[test]
fn other_forms_are_read_as_json_is() {
    for flow in good() {
        let from_text = FlowIn::from_json(&flow.to_string()).expect("a flow");
        let from_value = FlowIn::from_value(flow.clone()).expect("a flow");
        assert_eq!(from_text, from_value, "{flow}");
    }
    let problem = FlowIn::from_value(flow(json!({"http": {"verb": 1}}))).expect_err("a field");
    assert_eq!(problem.field.as_deref(), Some("http.verb"));
}

fn engine(paths: &[&str]) -> Engine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let paths: Vec<String> = paths.iter().map(|p| root.join(p).display().to_string()).collect();
    let sources = load(&paths, &mut io::empty()).expect("manifests");
    Engine::compile(&sources, &Options::default()).expect("a program")
}

/// Every pair of workloads, with and without a request.
fn questions(engine: &Engine) -> Vec<Value> {
    let names: Vec<String> = engine.program().workloads().map(|w| w.to_string()).collect();
    let mut out = Vec::new();
    for from in &names {
        for to in &names {
            let ends = json!({"source": {"workload": from}, "destination": {"workload": to}});
            for more in [
                json!({}),
                json!({"port": 8080, "http": {"method": "GET", "path": "/v1/x", "headers": []}}),
                json!({"id": "q", "port": 9080, "http": null}),
            ] {
                let mut flow = ends.clone();
                for (name, value) in more.as_object().cloned().unwrap_or_default() {
                    flow[name] = value;
                }
                out.push(flow);
            }
        }
    }
    out
}

#[test]
fn decisions_are_written_as_the_schema_says() {
    let schema = schema("decision.schema.json");
    let mut codes = std::collections::BTreeSet::new();
    for paths in [
        &["examples/tenants"][..],
        &["examples/bookinfo"],
        &["tests/fixtures/seeds-inventory.yaml", "tests/fixtures/seeds"],
    ] {
        let engine = engine(paths);
        for question in questions(&engine) {
            let flow = FlowIn::from_json(&question.to_string()).expect("a flow");
            let decision = engine.decide(&flow).expect("a decision");
            let explained = engine.explain(&flow).expect("an explanation");
            assert_eq!(decision, explained.decision, "{question}");
            let written = serde_json::to_value(&decision).expect("JSON");
            assert_eq!(validate(&schema, &written), Vec::<String>::new(), "{question}\n{written}");
            codes.extend(decision.layers.iter().map(|layer| layer.reason.code));
        }
    }
    for code in ["rule", "isolated", "mtls_refused", "no_allow_match", "missing", "not_in_mesh"] {
        assert!(codes.contains(code), "no question of these is answered by `{code}`: {codes:?}");
    }
}

#[test]
fn the_schema_names_every_reason() {
    let schema = schema("decision.schema.json");
    let named = schema.pointer("/$defs/reason/properties/code/enum").expect("codes");
    assert_eq!(*named, json!(mayreach_wire::mayreach::Reason::CODES), "in the same order");
}

#[test]
fn analyses_are_written_as_their_schemas_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let engine = |name: &str| {
        let path = root.join(name).display().to_string();
        let sources = load(&[path], &mut io::empty()).expect("manifests");
        Engine::compile(&sources, &Options::default()).expect("a program")
    };
    let (good, broken) = (engine("tenants"), engine("tenants-broken"));
    let ask = |text: &str| {
        mayreach_wire::IsolateIn::read("t.yaml", text.as_bytes().to_vec()).expect("a question")
    };
    let isolation = broken.isolate(&ask("by: label:tenant"), |_, _| ()).expect("an answer");
    let can = good.can("tenant-acme/web", "tenant-acme/api").expect("an answer");
    let callers = good.reach("tenant-acme/db", true, |_, _| ()).expect("an answer");
    let difference = good.difference(&broken, |_, _| ());
    let by = mayreach_wire::mayreach::GroupBy::Workload;
    let tenants = mayreach_wire::mayreach::GroupBy::Label("tenant".to_owned());
    let written = [
        ("matrix", serde_json::to_value(broken.matrix(&by, |_, _| ()))),
        ("matrix", serde_json::to_value(good.matrix(&tenants, |_, _| ()))),
        ("declared", serde_json::to_value(good.declared(&by, |_, _| ()))),
        ("isolation", serde_json::to_value(isolation)),
        ("can", serde_json::to_value(can)),
        ("reach", serde_json::to_value(callers)),
        ("difference", serde_json::to_value(difference)),
    ];
    for (name, value) in written {
        let value = value.expect("JSON");
        let found = validate(&schema(&format!("{name}.schema.json")), &value);
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn every_counterexample_can_be_asked_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/tenants-broken");
    let sources = load(&[root.display().to_string()], &mut io::empty()).expect("manifests");
    let engine = Engine::compile(&sources, &Options::default()).expect("a program");
    let text =
        "tenants: {globex: {labels: {tenant: globex}}, initech: {namespaces: [tenant-*tech]}}";
    let wrong = mayreach_wire::IsolateIn::read("t.yaml", text.into()).expect("a question");
    assert!(engine.isolate(&wrong, |_, _| ()).is_err(), "a star ends a name");
    let text = text.replace("tenant-*tech", "tenant-init*");
    let question = mayreach_wire::IsolateIn::read("t.yaml", text.into()).expect("a question");
    let found = engine.isolate(&question, |_, _| ()).expect("an answer");
    assert_eq!(found.verdict, "open");
    let holes: Vec<_> = found.findings.iter().flat_map(|f| &f.holes).collect();
    assert!(!holes.is_empty());
    for hole in holes {
        let flow = FlowIn::from_json(&hole.flow.0.to_string()).expect("a flow");
        assert_eq!(engine.decide(&flow).expect("a decision").verdict, "allow", "{}", hole.request);
    }
}

#[test]
fn what_is_meant_to_pass_is_no_hole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/tenants");
    let sources = load(&[root.display().to_string()], &mut io::empty()).expect("manifests");
    let engine = Engine::compile(&sources, &Options::default()).expect("a program");
    let verdict = |paths: &str| {
        let text = format!(
            "tenants: {{acme: {{namespaces: [tenant-acme]}}, shared: {{namespaces: [shared-services]}}}}\n\
             outside: false\n\
             exceptions:\n- {{from: [acme], to: shared-services/log-collector, ports: [8080], methods: [POST], paths: [{paths}]}}\n"
        );
        let question =
            mayreach_wire::IsolateIn::read("t.yaml", text.into_bytes()).expect("a question");
        engine.isolate(&question, |_, _| ()).expect("an answer").verdict
    };
    let found = verdict("/ingest/acme/*");
    let narrower = verdict("/ingest/acme/logs");
    assert_eq!(
        (found, narrower),
        ("isolated", "open"),
        "what acme may do is meant, and less would be too little"
    );
}
