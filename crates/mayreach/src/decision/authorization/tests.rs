//! What recordings of a sidecar cannot show: partial requests, ztunnel, waypoints.

use crate::{
    Attributes, AuthorizerAnswer, Http, Layer, LayerDecision, Peer, Port, Reason, Request, Verdict,
    decision::mesh::testing::{decide, layer, program},
};

fn policy(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n\
         metadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n---\n"
    )
}

fn request<'r>(method: Option<&'r str>, path: Option<&'r str>) -> Http<'r> {
    Http::Request(Request { method, path, host: Some("api"), headers: None })
}

fn ask(text: &str, from: &str, to: &str, http: Http<'_>) -> LayerDecision {
    let found = decide(&program(text), from, to, 8080, |f| f.http = http);
    layer(&found, Layer::Authorization)
}

fn missing(found: LayerDecision, wanted: Attributes) {
    assert_eq!(found.verdict, Verdict::Undetermined, "{found:?}");
    let Reason::Missing { attributes, .. } = found.reason else { panic!("{found:?}") };
    assert_eq!(attributes, wanted);
}

#[test]
fn what_is_not_said_matters_only_where_it_decides() {
    let allow = policy("foo", "a", "rules: [{to: [{operation: {methods: [GET], paths: [/x]}}]}]");
    let get = |path| ask(&allow, "foo/web", "foo/api", request(Some("GET"), path));
    assert_eq!(get(Some("/x")).verdict, Verdict::Allow);
    assert_eq!(get(Some("/y")).verdict, Verdict::Deny);
    missing(get(None), Attributes::PATH);
    // POST is refused whatever the path is.
    let post = ask(&allow, "foo/web", "foo/api", request(Some("POST"), None));
    assert_eq!(post.verdict, Verdict::Deny);
}

#[test]
fn an_unknown_deny_does_not_hide_a_missing_allow() {
    let text = policy("foo", "d", "action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]")
        + &policy("foo", "a", "rules: [{to: [{operation: {methods: [GET]}}]}]");
    let post = ask(&text, "foo/web", "foo/api", request(Some("POST"), None));
    assert_eq!(post.verdict, Verdict::Deny);
    assert!(matches!(post.reason, Reason::NoAllowMatch { .. }));
    missing(ask(&text, "foo/web", "foo/api", request(Some("GET"), None)), Attributes::PATH);
}

#[test]
fn a_whole_request_sends_no_header_that_it_does_not_list() {
    let text = policy(
        "foo",
        "d",
        "action: DENY, rules: [{to: [{operation: {ports: [\"8080\"]}}], when: [{key: \"request.headers[x-id]\", values: [\"1\"]}]}]",
    );
    let whole = ask(&text, "foo/web", "foo/api", request(Some("GET"), Some("/")));
    assert_eq!(whole.verdict, Verdict::Allow);
    missing(ask(&text, "foo/web", "foo/api", request(Some("GET"), None)), Attributes::HEADERS);
}

#[test]
fn an_undeclared_port_is_asked_both_ways() {
    let text = policy("foo", "d", "action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]");
    let at = |port, http: Http<'static>| {
        let found = decide(&program(&text), "foo/web", "foo/api", port, |f| f.http = http);
        layer(&found, Layer::Authorization)
    };
    // As TCP, a DENY of HTTP attributes alone denies all.
    assert_eq!(at(7000, Http::Raw).verdict, Verdict::Deny);
    assert_eq!(at(7000, request(Some("POST"), Some("/"))).verdict, Verdict::Allow);
    assert_eq!(at(7000, Http::Unknown).verdict, Verdict::Undetermined);
    // Declared TCP: a request is just bytes.
    assert_eq!(at(9000, request(Some("POST"), Some("/"))).verdict, Verdict::Deny);
    // Declared HTTP: other bytes are no request.
    assert_eq!(at(8080, Http::Raw).reason, Reason::BadRequest);
}

#[test]
fn an_external_authorizer_is_asked_only_where_a_rule_matches() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n\
         data:\n  mesh: |\n    extensionProviders:\n    - name: ext\n      envoyExtAuthzHttp: {service: ext.elsewhere.svc.cluster.local, port: 80}\n---\n"
        .to_owned()
        + &policy("foo", "c", "action: CUSTOM, provider: {name: ext}, rules: [{to: [{operation: {paths: [/x]}}]}]");
    missing(
        ask(&text, "foo/web", "foo/api", request(Some("GET"), Some("/x"))),
        Attributes::EXT_AUTHZ,
    );
    let other = ask(&text, "foo/web", "foo/api", request(Some("GET"), Some("/y")));
    assert_eq!(other.verdict, Verdict::Allow);
    let says = |answer| {
        let answers = [("ext", answer)];
        let found = decide(&program(&text), "foo/web", "foo/api", 8080, |f| {
            f.http = request(Some("GET"), Some("/x"));
            f.ext_authz = if answer {
                &[("ext", AuthorizerAnswer::Allow)]
            } else {
                &[("ext", AuthorizerAnswer::Deny)]
            };
        });
        let _ = answers;
        layer(&found, Layer::Authorization)
    };
    assert_eq!(says(true).verdict, Verdict::Allow);
    assert!(matches!(says(false).reason, Reason::Provider { rule: 0, .. }));
}

// === ztunnel: serviceregistry/ambient/authorization.go and ztunnel src/rbac.rs ===

fn l4(spec: &str, from: &str) -> Verdict {
    ask(&policy("bar", "p", spec), from, "bar/srv", Http::Raw).verdict
}

#[test]
fn ztunnel_drops_what_it_cannot_see() {
    use Verdict::{Allow, Deny};
    let cases = [
        // DENY of HTTP alone is a no-op, beside a port it denies the port.
        ("action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]", Allow),
        ("action: DENY, rules: [{to: [{operation: {methods: [GET], ports: [\"8080\"]}}]}]", Deny),
        ("action: DENY, rules: [{when: [{key: \"request.headers[x]\", values: [a]}]}]", Allow),
        // ALLOW with HTTP anywhere never matches.
        ("rules: [{to: [{operation: {methods: [GET]}}]}]", Deny),
        (
            "rules: [{from: [{source: {namespaces: [bar]}}], to: [{operation: {paths: [/x]}}]}]",
            Deny,
        ),
        ("rules: [{from: [{source: {namespaces: [bar]}}]}]", Allow),
        ("rules: [{}]", Allow),
        ("", Deny),
        // "`selector: {}` is attached to nothing".
        ("selector: {}, action: DENY, rules: [{}]", Allow),
        ("selector: {matchLabels: {app: srv}}, action: DENY, rules: [{}]", Deny),
        // `trustDomains` is lost in silence: alone it never matches, beside others it is not asked.
        ("action: DENY, rules: [{from: [{source: {trustDomains: [other]}}]}]", Allow),
        (
            "action: DENY, rules: [{from: [{source: {trustDomains: [other], namespaces: [bar]}}]}]",
            Deny,
        ),
        // `source.serviceAccount` in `when` counts as HTTP, `serviceAccounts` does not.
        ("rules: [{when: [{key: source.serviceAccount, values: [bar/amb]}]}]", Deny),
        ("rules: [{from: [{source: {serviceAccounts: [amb]}}]}]", Allow),
        // AUDIT is not converted.
        ("action: AUDIT, rules: [{}]", Allow),
    ];
    for (spec, expected) in cases {
        assert_eq!(l4(spec, "bar/amb"), expected, "{spec}");
    }
}

#[test]
fn ztunnel_compares_the_identity_in_parts() {
    use Verdict::{Allow, Deny};
    let from = |source: &str| format!("rules: [{{from: [{{source: {{{source}}}}}]}}]");
    let cases = [
        ("namespaces: [\"b*\"]", "bar/amb", Allow),
        // No infix wildcard here, unlike at a sidecar.
        ("namespaces: [\"b*r\"]", "bar/amb", Deny),
        ("principals: [\"cluster.local/ns/bar/sa/amb\"]", "bar/amb", Allow),
        ("principals: [\"*\"]", "bar/amb", Allow),
        ("principals: [\"*\"]", "legacy/old", Deny),
        ("notPrincipals: [\"*\"]", "legacy/old", Allow),
        ("notNamespaces: [bar]", "legacy/old", Allow),
        ("notNamespaces: [bar]", "bar/amb", Deny),
    ];
    for (source, client, expected) in cases {
        assert_eq!(l4(&from(source), client), expected, "{source} {client}");
    }
}

// === waypoints ===

const WAYPOINT: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n\
     metadata: {name: w, namespace: bar}\n\
     spec: {gatewayClassName: istio-waypoint, listeners: [{name: m, port: 15008, protocol: HBONE}]}\n---\n\
     apiVersion: v1\nkind: Service\n\
     metadata: {name: way, namespace: bar, labels: {istio.io/use-waypoint: w}}\n\
     spec: {selector: {app: srv}, ports: [{name: http, port: 81, targetPort: 8080}]}\n---\n";

fn through(spec: &str, from: &'static str, method: &'static str) -> LayerDecision {
    let text = WAYPOINT.to_owned() + spec;
    let found = decide(&program(&text), from, "bar/srv", 81, |f| {
        f.destination = Peer::Service { namespace: "bar", name: "way" };
        f.port = Port::Number(81);
        f.http = request(Some(method), Some("/"));
    });
    layer(&found, Layer::Authorization)
}

#[test]
fn a_waypoint_enforces_what_targets_the_service() {
    let get = policy(
        "bar",
        "svc",
        "targetRefs: [{kind: Service, group: \"\", name: way}], rules: [{from: [{source: {principals: [cluster.local/ns/bar/sa/amb]}}], to: [{operation: {methods: [GET], ports: [\"81\"]}}]}]",
    );
    assert_eq!(through(&get, "bar/amb", "GET").verdict, Verdict::Allow);
    assert_eq!(through(&get, "bar/amb", "POST").verdict, Verdict::Deny);
    // Plaintext passes the waypoint by.
    assert_eq!(through(&get, "legacy/old", "POST").verdict, Verdict::Allow);
    // A selector policy is ztunnel's, and there the waypoint is the client.
    let selected = policy(
        "bar",
        "sel",
        "selector: {matchLabels: {app: srv}}, rules: [{from: [{source: {principals: [cluster.local/ns/bar/sa/w]}}]}]",
    );
    assert_eq!(through(&selected, "bar/amb", "GET").verdict, Verdict::Allow);
    assert_eq!(through(&selected, "legacy/old", "GET").verdict, Verdict::Deny);
    let direct = policy(
        "bar",
        "sel",
        "selector: {matchLabels: {app: srv}}, rules: [{from: [{source: {principals: [cluster.local/ns/bar/sa/amb]}}]}]",
    );
    assert_eq!(through(&direct, "bar/amb", "GET").verdict, Verdict::Deny);
}

#[test]
fn a_gateway_class_policy_of_the_root_namespace_reaches_every_waypoint() {
    let spec = |namespace| {
        policy(
            namespace,
            "class",
            "targetRefs: [{kind: GatewayClass, group: gateway.networking.k8s.io, name: istio-waypoint}], action: DENY, rules: [{}]",
        )
    };
    assert_eq!(through(&spec("istio-system"), "bar/amb", "GET").verdict, Verdict::Deny);
    assert_eq!(through(&spec("bar"), "bar/amb", "GET").verdict, Verdict::Allow);
}

#[test]
fn how_a_workload_is_called_decides_whether_it_is_behind_its_waypoint() {
    let deny = policy(
        "bar",
        "svc",
        "targetRefs: [{kind: Service, group: \"\", name: way}], action: DENY, rules: [{}]",
    );
    let text = WAYPOINT.to_owned() + &deny;
    missing(ask(&text, "bar/amb", "bar/srv", request(Some("GET"), Some("/"))), Attributes::SERVICE);
}
