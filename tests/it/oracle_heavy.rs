//! The oracle property on meshes whose workloads carry many rules: by client, by path, by
//! everything else.

use mayreach::{
    AnswerColumns, Decision, Flow, FlowColumns, Http, Options, Peer, Port, PreparedRequest,
    Program, Request, Source, Token, WorkloadId,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::oracle::{Dice, options};

const NAMESPACES: [&str; 3] = ["a", "b", "ns"];
const PRINCIPALS: [&str; 9] = [
    "cluster.local/ns/a/sa/one",
    "cluster.local/ns/b/sa/one",
    "cluster.local/ns/b/sa/two",
    "cluster.local/ns/ns/sa/one",
    "cluster.local/ns/b/*",
    "*/sa/two",
    "*",
    "other/ns/a/sa/one",
    "td/ns/a/ns/b/sa/two",
];
const PATHS: [&str; 22] = [
    "/",
    "/*",
    "/a",
    "/a*",
    "/a/",
    "/a/*",
    "/a/b",
    "/a/b*",
    "/a/b/*",
    "/a/b/c",
    "/a/bc*",
    "/ab*",
    "*",
    "*c",
    "/a/{*}/c",
    "/{**}",
    "a*",
    "/a/b/c/d/e*",
    "/a/b/c/de*",
    "/orders/of/2026/*",
    "/orders/of/2026/nov/27",
    "/orders/of/2025/*",
];
const SENT: [&str; 20] = [
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/b/",
    "/a/b/c",
    "/a/bc",
    "/a/bcd",
    "/ab",
    "/abc",
    "/a?x=1",
    "/a/b/c?access_token=x",
    "/a//b",
    "/a/./b",
    "/a/b/c/d/e/f",
    "/a/b/c/d/ef",
    "/orders/of/2026/nov/27",
    "/orders/of/2026/nov/28?x=/../y",
    "/orders/of/2026",
    "/orders/of/2025/nov/27/and-a-name-of-some-length",
];

fn list(d: &mut Dice, items: &[&'static str], most: u64) -> Value {
    json!((0..=d.roll(most)).map(|_| *d.pick(items)).collect::<Vec<_>>())
}

fn source(d: &mut Dice) -> Value {
    let mut out = json!({});
    match d.roll(8) {
        0..=3 => out["principals"] = list(d, &PRINCIPALS, 2),
        4 => out["namespaces"] = list(d, &["a", "b", "ns", "sa", "b*", "*"], 1),
        5 => out["notPrincipals"] = list(d, &PRINCIPALS, 1),
        6 => out["ipBlocks"] = list(d, &["10.244.0.0/16", "10.244.1.0/24", "203.0.113.0/24"], 1),
        _ => out["remoteIpBlocks"] = list(d, &["10.244.0.0/16", "198.51.100.0/24"], 1),
    }
    if d.one_in(5) {
        out["notNamespaces"] = list(d, &["a", "b"], 0);
    }
    if d.one_in(12) {
        out = json!({"serviceAccounts": list(d, &["one", "b/two", "a/one"], 1)});
    }
    json!({ "source": out })
}

fn operation(d: &mut Dice) -> Value {
    let mut out = json!({});
    if !d.one_in(3) {
        out["paths"] = list(d, &PATHS, 2);
    }
    if d.one_in(2) {
        out["methods"] = list(d, &["GET", "POST", "P*", "*T", "*", "PURGE"], 1);
    }
    if d.one_in(6) {
        out["notPaths"] = list(d, &PATHS, 1);
    }
    if d.one_in(6) {
        out["notMethods"] = list(d, &["GET", "P*"], 0);
    }
    if d.one_in(6) {
        out["hosts"] = list(d, &["api", "API:*", "*.b", "*"], 1);
    }
    if d.one_in(6) {
        out["ports"] = list(d, &["8080", "80"], 0);
    }
    if out == json!({}) {
        out["methods"] = json!(["GET"]);
    }
    json!({ "operation": out })
}

fn when(d: &mut Dice) -> Value {
    match d.roll(6) {
        0 => json!({"key": "request.headers[X-Id]", "values": [d.pick(&["1", "2", "*"])]}),
        1 => json!({"key": "request.headers[x-id]", "notValues": ["1"]}),
        2 => json!({"key": "request.auth.claims[group]", "values": ["x"]}),
        3 => json!({"key": "connection.sni", "values": [d.pick(&["*.b", "outbound*", "x"])]}),
        4 => {
            json!({"key": "source.trustDomain", "values": [d.pick(&["cluster.local", "td", "*"])]})
        }
        _ => json!({"key": "source.namespace", "values": ["a"]}),
    }
}

/// A rule that asks for nothing but identities, methods and paths, as most do.
fn plain_rule(d: &mut Dice) -> Value {
    let mut out = json!({"from": [{"source": {"principals": list(d, &PRINCIPALS[..4], 2)}}]});
    let mut operation = json!({});
    if !d.one_in(4) {
        operation["paths"] = list(d, &PATHS, 2);
    }
    if d.one_in(2) || operation == json!({}) {
        operation["methods"] = list(d, &["GET", "POST", "HEAD"], 1);
    }
    if !d.one_in(5) {
        out["to"] = json!([{ "operation": operation }]);
    }
    out
}

fn rule(d: &mut Dice) -> Value {
    let mut out = json!({});
    if !d.one_in(5) {
        out["from"] = json!((0..=d.roll(2)).map(|_| source(d)).collect::<Vec<_>>());
    }
    if !d.one_in(5) {
        out["to"] = json!((0..=d.roll(2)).map(|_| operation(d)).collect::<Vec<_>>());
    }
    if d.one_in(6) {
        out["when"] = json!([when(d)]);
    }
    out
}

/// Of `plain` clusters nothing is said that would keep a usual flow from the shortest way.
fn policies(d: &mut Dice, plain: bool) -> Vec<Value> {
    let mut out = Vec::new();
    let rule = if plain { plain_rule } else { rule };
    for n in 0..d.roll(40) {
        let action = *d.pick(&["ALLOW", "ALLOW", "ALLOW", "DENY", "AUDIT"]);
        let rules: Vec<Value> =
            (0..d.roll(3) + u64::from(action == "DENY")).map(|_| rule(d)).collect();
        let mut policy = json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": format!("p{n}"), "namespace": d.pick(&["a", "a", "b", "istio-system"])},
            "spec": {"action": action, "rules": rules}});
        if d.one_in(3) {
            policy["spec"]["selector"] = json!({"matchLabels": {"app": d.pick(&["hot", "cold"])}});
        }
        out.push(policy);
    }
    for namespace in ["istio-system", "a", "b"] {
        if d.one_in(2) {
            let mode = *d.pick(&["STRICT", "PERMISSIVE", "DISABLE", "UNSET"]);
            let mut policy = json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
                "metadata": {"name": "pa", "namespace": namespace}, "spec": {"mtls": {"mode": mode}}});
            if namespace != "istio-system" && d.one_in(2) {
                policy["spec"]["selector"] = json!({"matchLabels": {"app": "hot"}});
                policy["spec"]["portLevelMtls"] =
                    json!({"8080": {"mode": d.pick(&["STRICT", "DISABLE", "UNSET"])}});
            }
            out.push(policy);
        }
    }
    if d.one_in(3) {
        out.push(json!({"apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication",
            "metadata": {"name": "ra", "namespace": d.pick(&["a", "istio-system"])},
            "spec": {"jwtRules": [{"issuer": "iss", "jwks": "{\"keys\": [{\"kty\": \"oct\", \"k\": \"c2VjcmV0\", \"alg\": \"HS256\"}]}",
                "outputClaimToHeaders": [{"header": "x-id", "claim": "id"}]}]}}));
    }
    for namespace in ["a", "b"] {
        if d.one_in(3) {
            let from = json!({"namespaceSelector":
                {"matchLabels": {"kubernetes.io/metadata.name": d.pick(&NAMESPACES)}}});
            out.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": "np", "namespace": namespace},
                "spec": {"podSelector": {"matchLabels": {"app": d.pick(&["hot", "cold"])}},
                    "policyTypes": ["Ingress", "Egress"], "egress": [{}],
                    "ingress": [{"from": [from], "ports": [{"port": d.pick(&[8080, 15008])}]}]}}));
        }
    }
    if plain {
        return out;
    }
    if d.one_in(4) {
        out.push(json!({"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
            "metadata": {"name": "dr", "namespace": d.pick(&["a", "b"])},
            "spec": {"host": d.pick(&["svc.a.svc.cluster.local", "*.local"]),
                "trafficPolicy": {"tls": {"mode": d.pick(&["DISABLE", "ISTIO_MUTUAL"])}}}}));
    }
    // What is not evaluated leaves open what it may touch.
    if d.one_in(6) {
        let mut plugin = json!({"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin",
            "metadata": {"name": "wasm", "namespace": d.pick(&["a", "istio-system"])},
            "spec": {"url": "oci://x/y"}});
        if d.one_in(2) {
            plugin["spec"]["selector"] = json!({"matchLabels": {"app": d.pick(&["hot", "cold"])}});
        }
        out.push(plugin);
    }
    if d.one_in(8) {
        out.push(json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "other", "namespace": d.pick(&NAMESPACES)}, "spec": {}}));
    }
    for namespace in ["a", "b"] {
        if d.one_in(2) {
            let to = if d.one_in(5) { "." } else { "*" };
            out.push(json!({"apiVersion": "v1", "kind": "Service",
                "metadata": {"name": "svc", "namespace": namespace,
                    "annotations": {"networking.istio.io/exportTo": to}},
                "spec": {"selector": {"app": d.pick(&["hot", "cold"])},
                    "ports": [{"name": d.pick(&["http", "tcp", "grpc", "odd"]), "port": 80, "targetPort": 8080}]}}));
        }
    }
    out
}

fn cluster(d: &mut Dice) -> Vec<Value> {
    let mut out = Vec::new();
    for name in NAMESPACES {
        let labels = match d.roll(8) {
            0 => json!({"istio.io/dataplane-mode": "ambient"}),
            1 => json!({}),
            _ => json!({"istio-injection": "enabled"}),
        };
        out.push(json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": labels}}));
    }
    for n in 0..6_usize {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("p{n}"), "namespace": NAMESPACES[n % 3],
                "labels": {"app": if n < 3 { "hot" } else { "cold" }}},
            "spec": {"serviceAccountName": d.pick(&["one", "two"]),
                "containers": [{"name": if d.one_in(9) { "istio-proxy" } else { "c" },
                    "args": ["proxy", "router"]}]}});
        if !d.one_in(3) {
            pod["status"] = json!({"podIP": format!("10.244.{}.{}", n % 3, 10 + n)});
        }
        if d.one_in(12) {
            pod["metadata"]["annotations"] =
                json!({"traffic.sidecar.istio.io/excludeInboundPorts": "8080"});
        }
        out.push(pod);
    }
    let plain = d.one_in(2);
    out.extend(policies(d, plain));
    out
}

fn end(d: &mut Dice) -> Peer<'static> {
    const NAMES: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];
    match d.roll(8) {
        0 => Peer::Ip("203.0.113.7".parse().unwrap()),
        n => {
            let n = usize::try_from(n - 1).unwrap() % 6;
            Peer::Workload { namespace: NAMESPACES[n % 3], name: NAMES[n] }
        }
    }
}

/// Half of the flows say nothing odd.
fn flow(d: &mut Dice) -> Flow<'static> {
    let odd = odd_flow(d);
    if d.one_in(2) {
        return odd;
    }
    let mut flow = Flow::new(end(d), end(d), Port::Number(*d.pick(&[8080, 8080, 80, 65535])));
    let request = Request {
        method: Some(*d.pick(&["GET", "GET", "POST", "HEAD"])),
        path: Some(*d.pick(&SENT)),
        ..Request::default()
    };
    flow.http = Http::Request(request);
    flow
}

fn odd_flow(d: &mut Dice) -> Flow<'static> {
    let port = *d.pick(&[Port::Number(8080), Port::Number(8080), Port::Number(80), Port::Unknown]);
    let to = match d.roll(6) {
        0 => Peer::Service { namespace: "a", name: "svc" },
        1 => end(d),
        n => Peer::Workload { namespace: "a", name: if n < 5 { "p0" } else { "p3" } },
    };
    let mut flow = Flow::new(end(d), to, port);
    flow.mtls = *d.pick(&[None, None, None, Some(false), Some(true)]);
    flow.tls_without_certificate = d.one_in(20);
    if d.one_in(4) {
        let odd = ["spiffe://td/ns/a/ns/b/sa/two", "ns/a/sa/b", "cluster.local/ns/sa/sa/one"];
        flow.principal = Some(if d.one_in(2) { *d.pick(&PRINCIPALS[..4]) } else { *d.pick(&odd) });
    }
    flow.sni = *d.pick(&[None, None, Some("x"), Some("A.b")]);
    flow.token = *d.pick(&[
        Token::Unknown,
        Token::Unknown,
        Token::Absent,
        Token::Raw("x.y.z"),
        Token::Verified("{\"iss\": \"iss\", \"sub\": \"s\", \"group\": \"x\"}"),
    ]);
    const HEADERS: [Option<&[(&str, &str)]>; 8] = [
        None,
        None,
        Some(&[]),
        Some(&[("x-id", "1")]),
        Some(&[("X-ID", " 2 "), ("x-other", "1")]),
        Some(&[("x-forwarded-for", "198.51.100.9")]),
        Some(&[("Host", "api")]),
        Some(&[("authorization", "Bearer x")]),
    ];
    flow.http = match d.roll(12) {
        0 => Http::Unknown,
        1 => Http::Raw,
        n => Http::Request(Request {
            method: if n == 2 {
                None
            } else {
                Some(*d.pick(&[
                    "GET", "GET", "POST", "HEAD", "PURGE", "get", "FOO", "CONNECT", "OPTIONS",
                ]))
            },
            path: if n == 3 { None } else { Some(*d.pick(&SENT)) },
            host: *d.pick(&[None, Some("api"), Some("Api:8080"), Some("x.b")]),
            headers: *d.pick(&HEADERS),
        }),
    };
    flow
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn heavy_workloads_are_decided_as_the_reference_does(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let documents = cluster(&mut d);
        let text = json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string();
        let program = Program::compile(&[Source::new("random.json", text.clone())], &options(&mut d))
            .map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        for _ in 0..60 {
            let flow = flow(&mut d);
            let fast = program.decide(&flow);
            let slow = program.decide_by_reference(&flow);
            prop_assert_eq!(fast, slow, "{:?}\n{}", flow, text);
            let [egress, ingress, _, _, authorization] = slow.layers;
            prop_assert_eq!(program.network(&flow), [egress, ingress], "{:?}\n{}", flow, text);
            prop_assert_eq!(program.authorize(&flow), authorization, "{:?}\n{}", flow, text);
            if let Http::Request(request) = &flow.http {
                let kept = program.connect(&flow).decide(request);
                prop_assert_eq!(kept, slow, "{:?}\n{}", flow, text);
            }
        }
        let rows: Vec<Row> = (0..40).map(|_| row(&mut d)).collect();
        let wrong = rows.iter().find_map(|row| prepared_differs(&program, row));
        prop_assert_eq!(wrong, None, "{}", text);
        prop_assert_eq!(columns_differ(&program, &rows), None, "{}", text);
    }
}

/// A flow as tables have it: source, destination, port, place of the method, path.
type Row = (u32, u32, u16, u8, &'static str);

const METHODS: [&str; 6] = ["GET", "POST", "HEAD", "PURGE", "FOO", "CONNECT"];

fn row(d: &mut Dice) -> Row {
    let end = |d: &mut Dice| u32::try_from(d.roll(7)).unwrap();
    let method = u8::try_from(d.roll(9)).unwrap();
    (end(d), end(d), *d.pick(&[8080, 8080, 80, 15021, 0]), method, *d.pick(&SENT))
}

fn flow_of((source, destination, port, method, path): &Row) -> Flow<'static> {
    let peer = |number: &u32| Peer::Id(WorkloadId(*number));
    let port = if *port == 0 { Port::Unknown } else { Port::Number(*port) };
    let mut flow = Flow::new(peer(source), peer(destination), port);
    if let Some(method) = METHODS.get(usize::from(*method)) {
        let request = Request { method: Some(method), path: Some(path), ..Request::default() };
        flow.http = Http::Request(request);
    }
    flow
}

/// What a request that is asked more than once gives, where it is not what the reference says.
fn prepared_differs(program: &Program, row: &Row) -> Option<String> {
    let flow = flow_of(row);
    let Http::Request(request) = flow.http else { return None };
    let request = PreparedRequest::new(request);
    let (source, destination) = (WorkloadId(row.0), WorkloadId(row.1));
    let slow = program.decide_by_reference(&flow);
    let connection = program.connect(&flow);
    let whole = [
        program.decide_prepared(source, destination, row.2, &request),
        connection.decide_prepared(&request),
    ];
    let layers = [
        program.authorize(&flow),
        program.authorize_prepared(source, destination, row.2, &request),
        connection.authorize_prepared(&request),
    ];
    let same =
        whole.iter().all(|one| *one == slow) && layers.iter().all(|one| *one == slow.layers[4]);
    (!same).then(|| format!("{row:?}: {whole:?} {layers:?}, not {slow:?}"))
}

/// The first row of a table that is not what the reference says, in order or on all threads.
fn columns_differ(program: &Program, rows: &[Row]) -> Option<String> {
    let mut offsets = vec![0];
    let mut paths = String::new();
    for row in rows {
        paths.push_str(row.4);
        offsets.push(u32::try_from(paths.len()).unwrap());
    }
    let flows = FlowColumns {
        source: &rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        destination: &rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        port: &rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        methods: &METHODS,
        method: &rows.iter().map(|row| row.3).collect::<Vec<_>>(),
        path_offsets: &offsets,
        paths: paths.as_bytes(),
    };
    let slow: Vec<Decision> =
        rows.iter().map(|row| program.decide_by_reference(&flow_of(row))).collect();
    for (number, ask) in
        [Program::decide_columns, Program::decide_columns_in_parallel].iter().enumerate()
    {
        let mut verdict = vec![9; rows.len()];
        let mut answers = AnswerColumns { verdict: &mut verdict, ..AnswerColumns::default() };
        assert!(ask(program, &flows, &mut answers).is_ok());
        let wanted: Vec<u8> = slow.iter().map(|one| one.verdict as u8).collect();
        if verdict != wanted {
            return Some(format!("{number}: {verdict:?}, not {wanted:?} of {rows:?}"));
        }
        // With reasons.
        let (mut by, mut policy) = (vec![9; rows.len()], vec![9; rows.len()]);
        let mut answers =
            AnswerColumns { decided_by: &mut by, policy: &mut policy, ..AnswerColumns::default() };
        assert!(ask(program, &flows, &mut answers).is_ok());
        for (n, one) in slow.iter().enumerate() {
            let layer = one.decided_by.map(|by| one.layers[by as usize].reason);
            let wanted = layer.map(|reason| reason.policy().map_or(u32::MAX, |id| id.0));
            let decided_by = one.decided_by.map_or(u8::MAX, |layer| layer as u8);
            let same = by[n] == decided_by && wanted.is_none_or(|wanted| policy[n] == wanted);
            if !same {
                return Some(format!("{number}: row {n} is not {one:?} of {rows:?}"));
            }
        }
        // A part of the table, whose paths begin within all.
        let half = rows.len() / 2;
        let part = FlowColumns {
            source: &flows.source[half..],
            destination: &flows.destination[half..],
            port: &flows.port[half..],
            method: &flows.method[half..],
            path_offsets: &offsets[half..],
            ..flows
        };
        let mut answers =
            AnswerColumns { verdict: &mut verdict[half..], ..AnswerColumns::default() };
        answers.verdict.fill(9);
        assert!(ask(program, &part, &mut answers).is_ok());
        if verdict != wanted {
            return Some(format!("{number}: from row {half}: {verdict:?}, not {wanted:?}"));
        }
    }
    for (number, ask) in
        [Program::authorize_columns, Program::authorize_columns_in_parallel].iter().enumerate()
    {
        let (mut verdict, mut rule, mut policy) =
            (vec![9; rows.len()], vec![9; rows.len()], vec![9; rows.len()]);
        let mut answers = AnswerColumns {
            verdict: &mut verdict,
            rule: &mut rule,
            policy: &mut policy,
            ..AnswerColumns::default()
        };
        assert!(ask(program, &flows, &mut answers).is_ok());
        for (n, one) in slow.iter().map(|one| one.layers[4]).enumerate() {
            let wanted = (
                one.verdict as u8,
                one.reason.rule().unwrap_or(u32::MAX),
                one.reason.policy().map_or(u32::MAX, |id| id.0),
            );
            if (verdict[n], rule[n], policy[n]) != wanted {
                return Some(format!("{number}: row {n} is not {wanted:?} of {rows:?}"));
            }
        }
    }
    None
}

#[test]
fn a_long_table_is_split_between_threads() {
    let mut d = Dice(7);
    let text = json!({"apiVersion": "v1", "kind": "List", "items": cluster(&mut d)}).to_string();
    let source = [Source::new("random.json", text)];
    let program = Program::compile(&source, &Options::default()).unwrap();
    let rows: Vec<Row> = (0..20_000).map(|_| row(&mut d)).collect();
    assert_eq!(columns_differ(&program, &rows), None);
}
