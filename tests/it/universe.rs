//! Property: on small universes what is proved isolated is what brute force finds closed, in both
//! evaluators: sidecars, ambient workloads and waypoints, gateways, tokens and their claims, and
//! pods that do not exist yet.

use mayreach::{
    Client, Flow, GroupBy, Http, InlineWorkload, Isolated, IsolationQuestion, Options, Peer, Port,
    Program, Request, Source, Token, Verdict,
};
use serde_json::{Value, json};

use super::oracle::{Choices, Dice};

const LABELS: [&[(&str, &str)]; 4] =
    [&[], &[("app", "web")], &[("app", "api")], &[("app", "web"), ("tier", "front")]];
const ACCOUNTS: [&str; 3] = ["one", "two", "default"];
const PAYLOADS: [&str; 6] = [
    r#"{"iss": "iss", "sub": "s"}"#,
    r#"{"iss": "iss", "sub": "t", "role": "admin"}"#,
    r#"{"iss": "iss", "sub": "s", "role": ["user", "admin"]}"#,
    r#"{"iss": "iss", "aud": "x", "sub": "s"}"#,
    r#"{"iss": "iss", "role": "user", "aud": ["x", "y"]}"#,
    r#"{"iss": "other", "sub": "s"}"#,
];

fn object(kind: (&str, &str), namespace: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": kind.0, "kind": kind.1,
        "metadata": {"name": name, "namespace": namespace}, "spec": spec})
}

/// One condition on who asks or what.
fn source(d: &mut Dice) -> Value {
    json!({"source": match d.roll(6) {
        0 => json!({"namespaces": ["a"]}),
        1 => json!({"principals": ["cluster.local/ns/a/sa/one"]}),
        2 => json!({"notPrincipals": ["cluster.local/ns/a/*"]}),
        3 => json!({"principals": ["cluster.local/ns/b/sa/wp"]}),
        4 => json!({"requestPrincipals": [d.pick_text(&["*", "iss/s", "iss/t"])]}),
        _ => json!({"notRequestPrincipals": ["*"]}),
    }})
}

fn operation(d: &mut Dice) -> Value {
    json!({"operation": match d.roll(4) {
        0 => json!({"methods": ["GET"]}),
        1 => json!({"paths": ["/v1/*"]}),
        2 => json!({"notPaths": ["/v1/*"]}),
        _ => json!({"ports": ["8080"]}),
    }})
}

fn when(d: &mut Dice) -> Value {
    match d.roll(4) {
        0 => json!({"key": "request.auth.claims[role]", "values": ["admin"]}),
        1 => json!({"key": "request.auth.claims[role]", "notValues": ["admin"]}),
        2 => json!({"key": "request.auth.audiences", "values": ["x"]}),
        _ => json!({"key": "request.headers[x-id]", "values": ["1"]}),
    }
}

fn policy(d: &mut Dice, n: u64, waypoint: bool) -> Value {
    let rules: Vec<Value> = (0..=d.roll(2))
        .map(|_| {
            let mut rule = json!({});
            if d.roll(3) != 0 {
                rule["from"] = json!([source(d)]);
            }
            if d.roll(2) == 0 {
                rule["to"] = json!([operation(d)]);
            }
            if d.roll(3) == 0 {
                rule["when"] = json!([when(d)]);
            }
            rule
        })
        .collect();
    let mut spec =
        json!({"action": d.pick_text(&["ALLOW", "ALLOW", "ALLOW", "DENY"]), "rules": rules});
    match d.roll(4) {
        0 if waypoint => {
            spec["targetRefs"] = json!([{"kind": "Service", "group": "", "name": "svc"}]);
        }
        1 if waypoint => {
            spec["targetRefs"] =
                json!([{"kind": "Gateway", "group": "gateway.networking.k8s.io", "name": "wp"}]);
        }
        0 | 1 => spec["selector"] = json!({"matchLabels": {"app": "api"}}),
        _ => {}
    }
    object(("security.istio.io/v1", "AuthorizationPolicy"), "b", &format!("p{n}"), spec)
}

/// Two namespaces: `a` asks, `b` holds a service.
fn universe(d: &mut Dice) -> Vec<Value> {
    let enrolled = |d: &mut Dice| match d.roll(4) {
        0 => json!({}),
        1 | 2 => json!({"istio-injection": "enabled"}),
        _ => json!({"istio.io/dataplane-mode": "ambient"}),
    };
    let (mine, mut theirs) = (enrolled(d), enrolled(d));
    let ambient = theirs.get("istio.io/dataplane-mode").is_some();
    let waypoint = ambient && d.roll(3) != 0;
    if waypoint {
        theirs["istio.io/use-waypoint"] = json!("wp");
    }
    let mut out = Vec::new();
    for (name, labels) in [("a", mine), ("b", theirs), ("istio-system", json!({}))] {
        out.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}));
    }
    let pod = |namespace: &str, name: &str, app: &str, account: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": app}},
            "spec": {"serviceAccountName": account, "containers": [{"name": "c", "ports": [{"containerPort": 8080}]}]}})
    };
    out.push(pod("a", "web", "web", d.pick_text(&["one", "two"])));
    out.push(pod("b", "api", "api", "api"));
    let service = json!({"selector": {"app": "api"}, "ports": [{"name": d.pick_text(&["http", "tcp"]), "port": 80, "targetPort": 8080}]});
    out.push(object(("v1", "Service"), "b", "svc", service));
    if waypoint {
        let spec = json!({"gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]});
        let mut gateway = object(("gateway.networking.k8s.io/v1", "Gateway"), "b", "wp", spec);
        let serves = d.pick_text(&["service", "workload", "all"]);
        gateway["metadata"]["labels"] = json!({"istio.io/waypoint-for": serves});
        out.push(gateway);
    }
    if d.roll(4) == 0 {
        // An ingress gateway of the tenant that is asked.
        let mut gateway = pod("b", "edge", "edge", "edge");
        gateway["metadata"]["labels"]["gateway.networking.k8s.io/gateway-name"] = json!("edge");
        gateway["metadata"]["annotations"] = json!({"inject.istio.io/templates": "gateway"});
        out.push(gateway);
        let spec = json!({"gatewayClassName": "istio", "listeners": [{"name": "http", "port": 8080, "protocol": "HTTP"}]});
        out.push(object(("gateway.networking.k8s.io/v1", "Gateway"), "b", "edge", spec));
    }
    if d.roll(2) == 0 {
        let spec = json!({"mtls": {"mode": d.pick_text(&["STRICT", "PERMISSIVE"])}});
        out.push(object(("security.istio.io/v1", "PeerAuthentication"), "b", "pa", spec));
    }
    if d.roll(2) == 0 {
        let spec = json!({"jwtRules": [{"issuer": "iss", "jwksUri": "https://issuer/keys"}]});
        out.push(object(("security.istio.io/v1", "RequestAuthentication"), "b", "ra", spec));
    }
    for n in 0..d.roll(3) {
        out.push(policy(d, n, waypoint));
    }
    if d.roll(3) == 0 {
        let peer = match d.roll(3) {
            0 => json!({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}),
            1 => {
                json!({"namespaceSelector": {}, "podSelector": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}})
            }
            _ => json!({"podSelector": {}}),
        };
        let spec = json!({"podSelector": {}, "ingress": [{"from": [peer]}]});
        out.push(object(("networking.k8s.io/v1", "NetworkPolicy"), "b", "in", spec));
    }
    // The mesh guards TCP alone, so that without this everything is open by UDP.
    let spec = json!({"podSelector": {}, "policyTypes": ["Egress"],
        "egress": [{"ports": [{"protocol": "TCP", "port": 80, "endPort": 15008}]}]});
    out.push(object(("networking.k8s.io/v1", "NetworkPolicy"), "a", "tcp", spec));
    out
}

/// Every request of the universe over one connection, until one gets through.
fn requests(ask: &mut dyn FnMut(Http<'_>, Token<'_>) -> bool) -> bool {
    if ask(Http::Raw, Token::Absent) {
        return true;
    }
    let tokens = PAYLOADS.map(Token::Verified);
    for method in ["GET", "OPTIONS"] {
        for path in ["/v1/x", "/"] {
            for headers in [&[][..], &[("x-id", "1")]] {
                for token in [Token::Absent].into_iter().chain(tokens) {
                    let request = Request {
                        method: Some(method),
                        path: Some(path),
                        host: Some("svc"),
                        headers: Some(headers),
                    };
                    if ask(Http::Request(request), token) {
                        return true;
                    }
                }
            }
        }
    }
    false
}

/// The first flow from `a` to `b` that is allowed, in words; both evaluators are asked.
fn brute(program: &Program) -> Option<String> {
    let inline: Vec<InlineWorkload<'_>> = LABELS
        .iter()
        .flat_map(|labels| {
            ACCOUNTS.iter().map(|account| InlineWorkload {
                namespace: "a",
                labels,
                service_account: Some(account),
                ..InlineWorkload::default()
            })
        })
        .collect();
    let of = |namespace| program.principals().filter(move |w| w.namespace() == namespace);
    let clients: Vec<Peer<'_>> =
        of("a").map(|w| Peer::Id(w.id())).chain(inline.iter().map(Peer::Inline)).collect();
    let ports = [Port::Number(8080), Port::Number(9000)];
    let mut targets: Vec<(Peer<'_>, Port<'_>)> =
        of("b").flat_map(|w| ports.map(|port| (Peer::Id(w.id()), port))).collect();
    targets.push((Peer::Service { namespace: "b", name: "svc" }, Port::Number(80)));
    let mut found = None;
    for client in &clients {
        for (target, port) in &targets {
            for (mtls, tls) in
                [(None, false), (Some(false), false), (None, true), (Some(true), false)]
            {
                let open = requests(&mut |http, token| {
                    let mut flow = Flow::new(*client, *target, *port);
                    (flow.mtls, flow.tls_without_certificate) = (mtls, tls);
                    (flow.http, flow.token) = (http, token);
                    let decision = program.decide(&flow);
                    let open = decision.verdict == Verdict::Allow;
                    if open {
                        assert_eq!(program.decide_by_reference(&flow).verdict, Verdict::Allow);
                        found = Some(format!("{flow:?}\n{decision:?}"));
                    }
                    open
                });
                if open {
                    return found;
                }
            }
        }
    }
    None
}

#[test]
fn what_is_proved_is_what_brute_force_finds_closed() {
    let (mut proved, mut open, mut unknown) = (0, 0, 0);
    for seed in 0..48 {
        let documents = universe(&mut Dice(seed));
        let text = json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string();
        let program = Program::compile(&[Source::new("universe.json", text)], &Options::default())
            .unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", json!(documents)));
        let question = IsolationQuestion {
            tenants: program.tenants(&GroupBy::Namespace),
            new_pods: true,
            ..IsolationQuestion::default()
        };
        let found = program.isolate(&question, |_, _| ());
        let at = |names: &[String], name| names.iter().position(|n| n == name).unwrap();
        let cell = at(&found.rows, "a") * found.columns.len() + at(&found.columns, "b");
        let finding = &found.findings[found.cells[cell].unwrap() as usize];
        for hole in &finding.holes {
            let reference =
                hole.witness.with_flow(|flow| program.decide_by_reference(flow).verdict);
            assert_eq!((hole.decision.verdict, reference), (Verdict::Allow, Verdict::Allow));
            assert!(!matches!(hole.witness.client, Client::Address(_)));
        }
        let text = || json!(documents);
        let through = brute(&program);
        match finding.verdict {
            Isolated::Proved => {
                proved += 1;
                assert!(through.is_none(), "seed {seed}: {}\n{}", through.unwrap(), text());
            }
            Isolated::Open => open += 1,
            Isolated::NotProved => {
                unknown += 1;
                let why = &finding.unproved;
                assert!(through.is_none(), "seed {seed}: {why:?} {}\n{}", through.unwrap(), text());
            }
        }
    }
    assert!(proved > 4 && open > 4, "{proved} proved, {open} open, {unknown} not proved");
    assert!(unknown < proved, "{proved} proved, {open} open, {unknown} not proved");
}
