//! Deciding allocates nothing, in any layer, for flows that take no unusual way. ARCHITECTURE.md
//! ("The compiled program") lists those that do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    collections::BTreeSet,
    hint::black_box,
};

use mayreach::{
    AnswerColumns, Flow, FlowColumns, Http, Icmp, Options, Peer, Port, Program, Protocol, Request,
    Source, Token, WorkloadId,
};
use serde_json::{Value, json};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[expect(unsafe_code, reason = "the one way to count allocations")]
// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(run: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    run();
    COUNT.with(Cell::get) - before
}

fn pod(namespace: &str, name: &str, ip: Option<&str>, more: &Value) -> Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"serviceAccountName": name, "containers": [
            {"name": "c", "ports": [{"name": "web", "containerPort": 8080}]}]}});
    if let Some(ip) = ip {
        pod["status"] = json!({ "podIP": ip });
    }
    for (key, value) in more.as_object().into_iter().flatten() {
        pod["spec"][key] = value.clone();
    }
    pod
}

fn policy(kind: &str, version: &str, namespace: Option<&str>, name: &str, spec: &Value) -> Value {
    let mut out =
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec});
    if let Some(namespace) = namespace {
        out["metadata"]["namespace"] = json!(namespace);
    }
    out
}

fn cluster() -> Program {
    let namespace = |name: &str, inject: bool| {
        let labels = if inject { json!({"istio-injection": "enabled"}) } else { json!({}) };
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    };
    let istio = "security.istio.io/v1";
    let np = "networking.k8s.io/v1";
    let calico = "projectcalico.org/v3";
    let many: Vec<Value> = (0..50)
        .map(|n| {
            json!({"from": [{"source": {"principals": ["cluster.local/ns/mesh/sa/web"]}}],
            "to": [{"operation": {"methods": ["GET"], "paths": [format!("/v{n}/*")]}}]})
        })
        .collect();
    let ingress = json!([{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}],
        "ports": [{"port": 8080}, {"port": "web"}]},
        {"from": [{"ipBlock": {"cidr": "10.244.7.0/24"}}, {"ipBlock": {"cidr": "203.0.113.0/24"}}]}]);
    let items = vec![
        namespace("mesh", true),
        namespace("plain", false),
        pod("mesh", "web", Some("10.244.0.1"), &json!({})),
        pod("mesh", "api", Some("10.244.0.2"), &json!({})),
        pod("mesh", "jwt", Some("10.244.0.3"), &json!({})),
        pod("mesh", "strict", None, &json!({})),
        pod("plain", "web", None, &json!({})),
        pod("plain", "db", Some("10.244.1.2"), &json!({})),
        pod("plain", "host", Some("192.0.2.1"), &json!({"hostNetwork": true, "nodeName": "n"})),
        pod("nowhere", "lost", Some("10.244.2.1"), &json!({})),
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "tier", "namespace": "plain"},
            "spec": {"selector": {"matchLabels": {"app": "tier"}}, "template": {
                "metadata": {"labels": {"app": "tier"}}, "spec": {"containers": [{"name": "c"}]}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "all", "namespace": "mesh"},
            "spec": {"selector": {}, "ports": [{"port": 80, "targetPort": 8080, "name": "http"}]}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "two", "namespace": "mesh"},
            "spec": {"selector": {"tier": "both"}, "ports": [{"port": 80, "targetPort": "web", "name": "http"}]}}),
        policy(
            "NetworkPolicy",
            np,
            Some("plain"),
            "closed",
            &json!({"podSelector": {"matchLabels": {"app": "db"}}, "ingress": ingress}),
        ),
        policy(
            "NetworkPolicy",
            calico,
            Some("plain"),
            "tier",
            &json!({"selector": "app == 'tier'", "types": ["Ingress"],
                "ingress": [{"action": "Allow", "protocol": "ICMP", "icmp": {"type": 8}}]}),
        ),
        policy(
            "PeerAuthentication",
            istio,
            Some("mesh"),
            "strict",
            &json!({"selector": {"matchLabels": {"app": "strict"}}, "mtls": {"mode": "STRICT"}}),
        ),
        policy(
            "RequestAuthentication",
            istio,
            Some("mesh"),
            "jwt",
            &json!({"selector": {"matchLabels": {"app": "jwt"}},
                "jwtRules": [{"issuer": "iss", "jwks": "{\"keys\": [{\"kty\": \"oct\", \"k\": \"c2VjcmV0\", \"alg\": \"HS256\"}]}"}]}),
        ),
        policy(
            "AuthorizationPolicy",
            istio,
            Some("mesh"),
            "many",
            &json!({"selector": {"matchLabels": {"app": "api"}}, "rules": many}),
        ),
        policy(
            "AuthorizationPolicy",
            istio,
            Some("mesh"),
            "deny",
            &json!({"selector": {"matchLabels": {"app": "api"}}, "action": "DENY", "rules": [
                {"from": [{"source": {"notNamespaces": ["mesh", "plain"]}}]},
                {"to": [{"operation": {"paths": ["/admin/{**}"]}}]},
                {"to": [{"operation": {"hosts": ["secret"]}}]},
                {"from": [{"source": {"ipBlocks": ["203.0.113.0/24"]}}]},
                {"when": [{"key": "request.headers[x-debug]", "values": ["1"]}]}]}),
        ),
        policy(
            "AuthorizationPolicy",
            istio,
            Some("mesh"),
            "only-deny",
            &json!({"selector": {"matchLabels": {"app": "strict"}}, "action": "DENY",
                "rules": [{"to": [{"operation": {"methods": ["DELETE"]}}]}]}),
        ),
    ];
    let mut items = items;
    for name in ["web", "api"] {
        for item in items.iter_mut().filter(|i| {
            i["kind"] == "Pod"
                && i["metadata"]["namespace"] == "mesh"
                && i["metadata"]["name"] == *name
        }) {
            item["metadata"]["labels"]["tier"] = json!("both");
        }
    }
    let text = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    Program::compile(&[Source::new("cluster.json", text)], &Options::default()).unwrap()
}

const fn workload(namespace: &'static str, name: &'static str) -> Peer<'static> {
    Peer::Workload { namespace, name }
}

fn flows() -> Vec<Flow<'static>> {
    let ends = [
        workload("mesh", "web"),
        workload("mesh", "api"),
        workload("mesh", "jwt"),
        workload("mesh", "strict"),
        workload("plain", "web"),
        workload("plain", "db"),
        workload("plain", "host"),
        workload("plain", "tier"),
        workload("nowhere", "lost"),
        workload("mesh", "no such workload"),
        Peer::Ip("203.0.113.9".parse().unwrap()),
        Peer::Ip("198.51.100.9".parse().unwrap()),
        Peer::Ip("10.244.0.2".parse().unwrap()),
        Peer::Service { namespace: "mesh", name: "two" },
        Peer::Service { namespace: "mesh", name: "all" },
        Peer::Id(WorkloadId(1)),
        Peer::Id(WorkloadId(1_000_000)),
    ];
    let request =
        |method, path, host, headers| Http::Request(Request { method, path, host, headers });
    let requests: [Http<'static>; 11] = [
        Http::Unknown,
        Http::Raw,
        request(Some("GET"), Some("/v7/x?q=%20"), Some("api"), Some(&[])),
        request(Some("GET"), Some("/v7/x"), None, None),
        request(Some("DELETE"), Some("/v7/x"), Some("secret"), None),
        request(Some("HEAD"), Some("/admin/x"), Some("api"), None),
        request(Some("GET"), Some("/v7/x"), Some("api"), Some(&[("X-Debug", "1")])),
        request(Some("nope"), Some("/"), None, None),
        request(None, Some("/v7/x"), Some("api"), None),
        request(Some("GET"), None, Some("api"), Some(&[("x-other", "1")])),
        request(None, None, None, None),
    ];
    let mut out = Vec::new();
    for source in ends {
        for destination in ends {
            let flow = Flow::new(source, destination, Port::Number(8080));
            out.push(Flow { protocol: Protocol::Udp, ..flow.clone() });
            let echo = Some(Icmp { kind: 8, code: None });
            out.push(Flow { protocol: Protocol::Icmp, icmp: echo, ..flow.clone() });
            out.push(Flow { protocol: Protocol::Icmp, ..flow.clone() });
            out.push(Flow { port: Port::Number(80), ..flow.clone() });
            for http in requests {
                out.push(Flow { http, ..flow.clone() });
                out.push(Flow { http, mtls: Some(false), token: Token::Absent, ..flow.clone() });
                let principal = Some("cluster.local/ns/mesh/sa/web");
                out.push(Flow { http, principal, ..flow.clone() });
                out.push(Flow { http, tls_without_certificate: true, ..flow.clone() });
            }
        }
    }
    out
}

/// A request that brings no token to a workload that takes tokens is plain only when it is whole.
fn is_plain(flow: &Flow<'_>) -> bool {
    let jwt = |peer: &Peer<'_>| matches!(peer, Peer::Workload { name: "jwt", .. });
    let whole = matches!(&flow.http, Http::Request(r) if r.method.is_some() && r.path.is_some());
    flow.protocol != Protocol::Tcp
        || !jwt(&flow.destination)
        || whole
        || flow.tls_without_certificate
}

#[test]
fn deciding_allocates_nothing() {
    let program = cluster();
    let mut codes: BTreeSet<&str> = BTreeSet::new();
    for flow in flows().iter().filter(|flow| is_plain(flow)) {
        let count = allocations(|| {
            black_box(program.decide(flow));
            black_box(program.authorize(flow));
            black_box(program.network(flow));
        });
        assert_eq!(count, 0, "{flow:?}");
        let decision = program.decide(flow);
        assert_eq!(decision, program.decide_by_reference(flow), "{flow:?}");
        codes.extend(decision.layers.iter().map(|layer| layer.reason.code()));
    }
    let wanted = [
        "bad_request",
        "default_allow",
        "end_of_tier",
        "isolated",
        "jwt_missing",
        "local_traffic",
        "missing",
        "mtls_accepted",
        "mtls_refused",
        "no_allow_match",
        "no_policy",
        "not_in_mesh",
        "not_policed",
        "not_reached",
        "rule",
        "undefined_namespace",
        "unknown_peer",
    ];
    let missed: Vec<_> = wanted.iter().filter(|code| !codes.contains(**code)).collect();
    assert!(missed.is_empty(), "no flow reaches {missed:?}, only {codes:?}");
}

#[test]
fn connections_and_columns_allocate_nothing_a_request() {
    let program = cluster();
    let (web, api) = (workload("mesh", "web"), workload("mesh", "api"));
    let connection = program.connect(&Flow::new(web, api, Port::Number(8080)));
    let request = Request { method: Some("GET"), path: Some("/v7/x"), ..Request::default() };
    let count = allocations(|| {
        black_box(connection.decide(&request));
        black_box(connection.authorize(&request));
    });
    assert_eq!(count, 0);
    let (mut verdict, mut rule) = ([0; 2], [0; 2]);
    let number = |name| program.workload("mesh", name).unwrap().0;
    let flows = FlowColumns {
        source: &[number("web"), number("jwt")],
        destination: &[number("api"), number("api")],
        port: &[8080, 8080],
        methods: &["GET"],
        method: &[0, 0],
        path_offsets: &[0, 5, 10],
        paths: b"/v7/x/v7/x",
    };
    let mut answers =
        AnswerColumns { verdict: &mut verdict, rule: &mut rule, ..AnswerColumns::default() };
    let count = allocations(|| {
        assert!(program.decide_columns(&flows, &mut answers).is_ok());
        assert!(program.authorize_columns(&flows, &mut answers).is_ok());
    });
    assert_eq!(count, 0);
    assert_eq!((verdict, rule), ([2, 1], [u32::MAX, u32::MAX]));
}
