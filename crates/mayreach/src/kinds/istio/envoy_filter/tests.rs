//! Which EnvoyFilters are evaluated, and which leave a verdict open.

use crate::{
    Decision, Flow, Http, NoteCode, Options, Peer, Port, Program, Reason, Request, Source, Verdict,
};

const MESH: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: a, labels: {app: api}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: a}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: a}
spec: {rules: [{when: [{key: 'request.headers[x-id]', values: [set]}]}]}
---
";

fn filter(namespace: &str, patch: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {{name: f, namespace: {namespace}}}
spec:
  workloadSelector: {{labels: {{app: api}}}}
  configPatches:
  - {patch}
"
    )
}

fn http(context: &str, listener: &str, operation: &str, config: &str) -> String {
    format!(
        "applyTo: HTTP_FILTER
    match: {{context: {context}{listener}}}
    patch: {{operation: {operation}, value: {{name: f, typed_config: {{'@type': \
         type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua, {config}}}}}}}"
    )
}

const SCRIPT: &str =
    r#"inlineCode: 'function envoy_on_request(h) h:headers():add("x-id", "set") end'"#;

fn decide(filters: &str) -> (Decision, Program) {
    let text = format!("{MESH}{filters}");
    let program = Program::compile(&[Source::new("mesh.yaml", text)], &Options::default());
    let program = program.unwrap_or_else(|e| panic!("{e}"));
    let peer = |name| Peer::Workload { namespace: "a", name };
    let mut flow = Flow::new(peer("web"), peer("api"), Port::Number(8080));
    let request =
        Request { method: Some("GET"), path: Some("/"), host: Some("api"), headers: None };
    flow.http = Http::Request(request);
    (program.decide(&flow), program)
}

fn verdict(filters: &str) -> Verdict {
    decide(filters).0.verdict
}

#[test]
fn other_workloads_and_outbound_traffic_are_left_alone() {
    let other = http("SIDECAR_INBOUND", "", "INSERT_FIRST", SCRIPT);
    for filters in [
        String::new(),
        filter("a", &other).replace("app: api", "app: other"),
        filter("b", &other),
        filter("a", &http("SIDECAR_OUTBOUND", "", "INSERT_FIRST", SCRIPT)),
        filter("a", "{applyTo: HTTP_ROUTE, match: {context: SIDECAR_INBOUND}, patch: {}}"),
    ] {
        assert_eq!(verdict(&filters), Verdict::Deny, "{filters}");
    }
}

#[test]
#[cfg(feature = "lua")]
fn scripts_run_where_the_patch_puts_them() {
    let manager = "envoy.filters.network.http_connection_manager";
    let named = format!(", listener: {{filterChain: {{filter: {{name: {manager}}}}}}}");
    let router = ", listener: {filterChain: {filter: {subFilter: {name: \
                  envoy.filters.http.router}}}}";
    let source = r#"defaultSourceCode: {inlineString: 'function envoy_on_request(h) h:headers():add("x-id", "set") end'}"#;
    for (namespace, context, listener, operation, config, wanted) in [
        ("a", "SIDECAR_INBOUND", named.as_str(), "INSERT_BEFORE", SCRIPT, Verdict::Allow),
        ("a", "SIDECAR_INBOUND", "", "INSERT_FIRST", source, Verdict::Allow),
        ("istio-system", "ANY", "", "INSERT_BEFORE", SCRIPT, Verdict::Allow),
        ("a", "SIDECAR_INBOUND", router, "INSERT_BEFORE", SCRIPT, Verdict::Deny),
    ] {
        let filters = filter(namespace, &http(context, listener, operation, config));
        assert_eq!(verdict(&filters), wanted, "{filters}");
    }
}

#[test]
fn other_patches_leave_the_verdict_open() {
    let inbound = |listener, operation, config| {
        filter("a", &http("SIDECAR_INBOUND", listener, operation, config))
    };
    let port = ", listener: {portNumber: 8080}";
    let version = ", proxy: {proxyVersion: '1.20.*'}";
    let rbac = ", listener: {filterChain: {filter: {subFilter: {name: envoy.filters.http.rbac}}}}";
    for filters in [
        // Envoy refuses a listener whose last filter is not the router.
        inbound("", "ADD", SCRIPT),
        inbound("", "INSERT_AFTER", SCRIPT),
        inbound("", "MERGE", SCRIPT),
        inbound(port, "INSERT_FIRST", SCRIPT),
        inbound(version, "INSERT_FIRST", SCRIPT),
        inbound(rbac, "INSERT_BEFORE", SCRIPT),
        inbound("", "INSERT_FIRST", "sourceCodes: {}"),
        inbound("", "INSERT_FIRST", "defaultSourceCode: {filename: f.lua}"),
        inbound("", "INSERT_FIRST", SCRIPT).replace("Lua, inline", "Other, inline"),
        filter("a", "{applyTo: NETWORK_FILTER, patch: {operation: INSERT_FIRST}}"),
    ] {
        let (decision, program) = decide(&filters);
        assert_eq!(decision.verdict, Verdict::Undetermined, "{filters}");
        assert!(program.notes().iter().any(|n| n.code == NoteCode::NotEvaluated), "{filters}");
    }
}

#[test]
#[cfg(feature = "lua")]
fn patched_routes_leave_scripts_open() {
    let patch = "{applyTo: VIRTUAL_HOST, match: {context: SIDECAR_INBOUND}, patch: {}}";
    let script = http("SIDECAR_INBOUND", "", "INSERT_FIRST", SCRIPT);
    let filters = filter("a", &format!("{script}\n  - {patch}"));
    assert_eq!(verdict(&filters), Verdict::Undetermined);
}

#[test]
#[cfg(feature = "lua")]
fn a_script_that_answers_denies() {
    let config =
        r#"inlineCode: 'function envoy_on_request(h) h:respond({[":status"] = "401"}, "no") end'"#;
    let filters = filter("a", &http("SIDECAR_INBOUND", "", "INSERT_FIRST", config));
    let (decision, _) = decide(&filters);
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(matches!(decision.layers[4].reason, Reason::Script { status: 401, .. }));
    assert_eq!(decision.client_sees, None, "the body is not kept");
}

#[test]
#[cfg(not(feature = "lua"))]
fn without_an_interpreter_scripts_leave_the_verdict_open() {
    let filters = filter("a", &http("SIDECAR_INBOUND", "", "INSERT_FIRST", SCRIPT));
    let (decision, _) = decide(&filters);
    assert_eq!(decision.verdict, Verdict::Undetermined);
    assert!(matches!(decision.layers[4].reason, Reason::NotEvaluated { .. }));
}
