//! Properties of the analyses: a partial flow's answer holds for every completion; isolation and
//! difference say what brute force says.

use mayreach::{
    Client, DifferenceQuestion, Extent, Finding, Flow, GroupBy, Http, IpVersion, Isolated,
    IsolationQuestion, Options, Peer, Port, Program, Protocol, Reason, Request, Source, Target,
    Verdict, Witness, WorkloadId,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::oracle::{Choices, Dice, cluster, flow};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "OPTIONS", "CONNECT"];
const PATHS: [&str; 7] = ["/v1/x", "/v1/", "/admin", "/", "/admin?x", "/v1/a/b", "/v1//x"];
const HOSTS: [&str; 4] = ["api", "API", "api:8080", "other"];
const HEADERS: [&[(&str, &str)]; 5] =
    [&[], &[("x-id", "1")], &[("x-id", "2")], &[("x-id", "1"), ("x-id", "2")], &[("x-id", "")]];
const PORTS: [u16; 7] = [80, 8080, 8500, 53, 15020, 15008, 1];
const PROTOCOLS: [Protocol; 4] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp, Protocol::Icmp];

fn compile(documents: &[Value]) -> Result<Program, TestCaseError> {
    let text = json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string();
    Program::compile(&[Source::new("random.json", text.clone())], &Options::default())
        .map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))
}

/// Says what a flow leaves out.
fn complete(d: &mut Dice, flow: &Flow<'static>) -> Flow<'static> {
    let mut out = flow.clone();
    if out.port == Port::Unknown && out.protocol.has_ports() {
        // Who says no port does not mean the mesh's own agent; analyses always say one.
        out.port = Port::Number(*d.pick(&[80, 8080, 8500, 53, 1]));
    }
    let request = match out.http {
        _ if out.protocol != Protocol::Tcp => return out,
        Http::Unknown if Choices::roll(d, 3) == 0 => {
            out.http = Http::Raw;
            return out;
        }
        Http::Unknown => Request::default(),
        Http::Raw => return out,
        Http::Request(request) => request,
    };
    // A request with method and path is whole: what it does not list is not sent.
    let whole = request.method.is_some() && request.path.is_some();
    let headers = if whole { &[] } else { *d.pick(&HEADERS) };
    out.http = Http::Request(Request {
        // A request with a path is no CONNECT.
        method: Some(request.method.unwrap_or_else(|| {
            d.pick_text(if request.path.is_some() { &METHODS[..4] } else { &METHODS })
        })),
        path: Some(request.path.unwrap_or_else(|| d.pick_text(&PATHS))),
        host: Some(request.host.unwrap_or_else(|| d.pick_text(&HOSTS))),
        headers: Some(request.headers.unwrap_or(headers)),
    });
    out
}

/// Every flow between two workloads that brute force asks.
fn every(from: WorkloadId, to: WorkloadId) -> Vec<Flow<'static>> {
    let mut out = Vec::new();
    for protocol in PROTOCOLS {
        let ports: &[u16] = if protocol.has_ports() { &PORTS } else { &[0] };
        for port in ports {
            let number = if *port == 0 { Port::Unknown } else { Port::Number(*port) };
            let mut flow = Flow::new(Peer::Id(from), Peer::Id(to), number);
            flow.protocol = protocol;
            if protocol != Protocol::Tcp {
                out.push(flow);
                continue;
            }
            for (mtls, tls) in
                [(None, false), (Some(false), false), (None, true), (Some(true), false)]
            {
                flow.mtls = mtls;
                flow.tls_without_certificate = tls;
                flow.http = Http::Raw;
                out.push(flow.clone());
                // Requests are many: the ports that matter for them are few.
                if ![80, 8080, 15020].contains(port) {
                    continue;
                }
                for method in METHODS {
                    for path in PATHS {
                        for host in ["api", "api:8080", "other"] {
                            for headers in HEADERS {
                                flow.http = Http::Request(Request {
                                    method: Some(method),
                                    path: Some(path),
                                    host: Some(host),
                                    headers: Some(headers),
                                });
                                out.push(flow.clone());
                            }
                        }
                    }
                }
            }
        }
    }
    out
}

/// A pod on its node's network is a client like any other; nothing is a client of itself.
fn namespace_of(program: &Program, id: WorkloadId) -> String {
    program.workload_info(id).map(|w| w.namespace().to_owned()).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_partial_answer_holds_for_every_completion(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let documents = cluster(&mut d);
        let program = compile(&documents)?;
        for _ in 0..40 {
            let partial = flow(&mut d);
            let answer = program.decide(&partial);
            for _ in 0..8 {
                let whole = complete(&mut d, &partial);
                let told = program.decide(&whole);
                for (a, b) in answer.layers.iter().zip(&told.layers) {
                    // What is no request that the codec takes is refused before any policy.
                    let open = a.verdict == Verdict::Undetermined
                        || b.verdict == Verdict::Undetermined
                        || b.reason == Reason::BadRequest;
                    prop_assert!(open || a.verdict == b.verdict,
                        "{partial:?}\n{whole:?}\n{a:?}\n{b:?}\n{}", Value::from(documents.clone()));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn isolation_is_brute_force(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let documents = cluster(&mut d);
        let program = compile(&documents)?;
        let question = IsolationQuestion {
            tenants: program.tenants(&GroupBy::Namespace),
            ..IsolationQuestion::default()
        };
        let found = program.isolate(&question, |_, _| ());
        let pairs = found.rows.iter().flat_map(|a| found.columns.iter().map(move |b| (a, b)));
        for ((from, to), cell) in pairs.zip(&found.cells) {
            let Some(finding) = cell.map(|n| &found.findings[n as usize]) else { continue };
            for hole in &finding.holes {
                prop_assert_eq!(hole.witness.decide(&program).verdict, Verdict::Allow);
            }
            prop_assert_eq!(finding.verdict == Isolated::Open, !finding.holes.is_empty());
            if finding.verdict != Isolated::Proved {
                continue;
            }
            let ids: Vec<WorkloadId> = program.workloads().map(|w| w.id()).collect();
            for source in ids.iter().filter(|id| namespace_of(&program, **id) == *from) {
                for target in ids.iter().filter(|id| namespace_of(&program, **id) == *to) {
                    for flow in every(*source, *target) {
                        let decision = program.decide(&flow);
                        prop_assert!(decision.verdict != Verdict::Allow,
                            "{flow:?}\n{decision:?}\n{}", Value::from(documents.clone()));
                        for layer in &finding.alone {
                            let guarded = flow.protocol == Protocol::Tcp
                                && flow.port != Port::Number(15020);
                            let own = decision.layers.iter().find(|l| l.layer == *layer).unwrap();
                            let network = matches!(layer, mayreach::Layer::Egress | mayreach::Layer::Ingress);
                            prop_assert!(own.verdict == Verdict::Deny || !(guarded || network),
                                "{layer:?} {flow:?}\n{decision:?}\n{}", Value::from(documents.clone()));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_matrix_is_brute_force(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let documents = cluster(&mut d);
        let program = compile(&documents)?;
        let ids: Vec<WorkloadId> = program.principals().map(|w| w.id()).collect();
        let (findings, cells) = program.pairs(&ids, |_, _| ());
        let pairs = ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to)));
        for ((from, to), cell) in pairs.zip(cells) {
            let Some(can) = cell.map(|n| &findings[n as usize]) else { continue };
            let text = || Value::from(documents.clone());
            for way in &can.ways {
                let client = Client::Workload(from);
                // What only a Service lets through is asked of the Service.
                let target = match way.example.target {
                    Target::Workload(_) => Target::Workload(to),
                    service @ Target::Service(_) => service,
                };
                let flow = Witness { client, target, ..way.example.clone() };
                prop_assert_eq!(flow.decide(&program).verdict, Verdict::Allow, "{:?} {}", flow, text());
            }
            let own = every(from, to).into_iter();
            for flow in own.filter(|f| f.mtls.is_none() && !f.tls_without_certificate) {
                let decision = program.decide(&flow);
                let verdict = decision.verdict;
                let said = can.ways.iter().any(|way| {
                    let port = match flow.port {
                        Port::Number(n) => way.ports.iter().any(|(low, high)| (*low..=*high).contains(&n)),
                        _ => true,
                    };
                    let own = way.protocol == flow.protocol || way.also.contains(&flow.protocol);
                    (own && port) || (way.others && !flow.protocol.has_ports())
                });
                let open = said || !can.unproved.is_empty();
                prop_assert!(open || verdict != Verdict::Allow, "{flow:?} {from:?} {to:?}\n{can:?}\n{}", text());
                // Bytes that a codec refuses are no request that a policy is asked about.
                let denied = verdict == Verdict::Deny
                    && decision.layers.iter().all(|layer| layer.reason != Reason::BadRequest);
                let all = can.extent() == Extent::All;
                prop_assert!(!(all && denied), "{flow:?} {decision:?}\n{}", text());
            }
        }
    }

    #[test]
    fn a_difference_is_brute_force(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let documents = cluster(&mut d);
        // One policy is gone, or another has come.
        let mut changed = documents.clone();
        let policies: Vec<usize> = changed.iter().enumerate()
            .filter(|(_, o)| o["kind"].as_str().is_some_and(|k| k.contains("Policy") || k.contains("Authentication")))
            .map(|(n, _)| n).collect();
        if let Some(at) = (!policies.is_empty()).then(|| *d.pick(&policies)) {
            changed.remove(at);
        }
        let (old, new) = (compile(&documents)?, compile(&changed)?);
        let found = old.difference(&new, &DifferenceQuestion::default(), |_, _| ());
        for change in &found.changes {
            let (before, after) = (change.old.decide(&old), change.new.decide(&new));
            prop_assert!(before.verdict != after.verdict);
        }
        if !found.unproved.is_empty() {
            return Ok(());
        }
        let kinds = |opened| found.changes.iter().any(|change| change.opened() == opened);
        let (opened, closed) = (kinds(true), kinds(false));
        let ids: Vec<WorkloadId> = old.workloads().map(|w| w.id()).collect();
        for source in &ids {
            // A pod is no client of itself.
            for target in ids.iter().filter(|target| *target != source) {
                for flow in every(*source, *target) {
                    let (before, after) = (old.decide(&flow).verdict, new.decide(&flow).verdict);
                    let known = if after == Verdict::Allow { opened } else { closed };
                    prop_assert!(before == after || known, "{flow:?} {before:?} {after:?}\n{}\n{}",
                        Value::from(documents.clone()), Value::from(changed.clone()));
                }
            }
        }
    }
}

/// Tenants by namespace; what is found from `a` to `b`. Its holes are asked of both evaluators.
fn from_a_to_b(documents: &[Value], options: &Options) -> Finding {
    let text = json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string();
    let program = Program::compile(&[Source::new("case.json", text)], options).unwrap();
    let question = IsolationQuestion {
        tenants: program.tenants(&GroupBy::Namespace),
        new_pods: true,
        ..IsolationQuestion::default()
    };
    let found = program.isolate(&question, |_, _| ());
    let [row, column] = ["a", "b"].map(|name| found.rows.iter().position(|r| r == name).unwrap());
    let cell = found.cells[row * found.columns.len() + column].unwrap();
    let finding = found.findings[cell as usize].clone();
    for hole in &finding.holes {
        let reference = hole.witness.with_flow(|flow| program.decide_by_reference(flow).verdict);
        assert_eq!((hole.decision.verdict, reference), (Verdict::Allow, Verdict::Allow));
    }
    finding
}

fn pod(namespace: &str, ips: &[&str]) -> Value {
    let ips: Vec<Value> = ips.iter().map(|ip| json!({"ip": ip})).collect();
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": namespace},
        "spec": {"containers": [{"name": "c"}]}, "status": {"podIP": ips[0]["ip"], "podIPs": ips}})
}

fn namespace(name: &str, labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// How many changes there are when the last object goes.
fn changes_without_the_last(documents: &[Value]) -> usize {
    let (old, new) =
        (compile(documents).unwrap(), compile(&documents[..documents.len() - 1]).unwrap());
    old.difference(&new, &DifferenceQuestion::default(), |_, _| ()).changes.len()
}

#[test]
fn pods_that_only_one_policy_keeps_from_each_other() {
    let pod = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "a", "labels": {"tier": "x"}},
            "spec": {"containers": [{"name": "c"}]}})
    };
    let policy = |types: Value| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "a"},
            "spec": {"podSelector": {}, "policyTypes": types,
                "ingress": [{"from": [{"podSelector": {}}]}], "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"no": "thing"}}}]}]}})
    };
    let space = namespace("a", json!({}));
    for types in [json!(["Egress"]), json!(["Ingress", "Egress"])] {
        let found = changes_without_the_last(&[space.clone(), pod("p"), pod("q"), policy(types)]);
        assert!(found > 0);
    }
}

/// Rules that ask something of the client itself tell clients of one policy apart.
#[test]
fn egress_rules_about_the_client_itself_are_no_silent_yes() {
    let pod = |name: &str, namespace: &str, tier: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"tier": tier}},
            "spec": {"containers": [{"name": "c"}]}})
    };
    let documents = [
        namespace("a", json!({})),
        namespace("b", json!({})),
        pod("closed", "a", "x"),
        pod("open", "a", "y"),
        pod("p", "b", "z"),
        json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "a"},
            "spec": {"types": ["Egress"], "egress": [
                {"action": "Deny", "source": {"selector": "tier == 'x'"}}, {"action": "Allow"}]}}),
    ];
    let found = from_a_to_b(&documents, &Options::default()).verdict;
    assert_eq!(found, Isolated::Open);
}

#[test]
fn policies_of_hosts_count_for_pods_of_the_host() {
    let documents = [
        namespace("a", json!({})),
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
            "status": {"addresses": [{"type": "InternalIP", "address": "172.18.0.1"}]}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "host", "namespace": "a"},
            "spec": {"nodeName": "n1", "hostNetwork": true, "containers": [{"name": "c"}]}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client", "namespace": "a"},
            "spec": {"nodeName": "n2", "containers": [{"name": "c"}]}}),
        json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint", "metadata": {"name": "h", "labels": {"role": "host"}},
            "spec": {"node": "n1", "interfaceName": "*", "expectedIPs": ["172.18.0.1"], "profiles": ["projectcalico-default-allow"]}}),
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "closed"},
            "spec": {"selector": "role == 'host'", "types": ["Ingress"]}}),
    ];
    assert!(changes_without_the_last(&documents) > 0);
}

/// Lets in what comes by IPv6 alone.
fn six() -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "six", "namespace": "b"},
        "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "fd00::/16"}}],
            "ports": [{"port": 8080}]}]}})
}

#[test]
fn the_second_address_of_a_pod_is_asked() {
    let both = |a: &[&str], b: &[&str]| {
        let spaces = ["a", "b"].map(|name| namespace(name, json!({})));
        let documents = [spaces.to_vec(), vec![pod("a", a), pod("b", b), six()]].concat();
        from_a_to_b(&documents, &Options::default())
    };
    assert_eq!(both(&["10.244.0.1"], &["10.244.0.2"]).verdict, Isolated::Proved);
    assert_eq!(both(&["10.244.0.1"], &["10.244.0.2", "fd00::2"]).verdict, Isolated::Proved);
    let open = both(&["10.244.0.1", "fd00::1"], &["10.244.0.2", "fd00::2"]);
    assert_eq!(open.verdict, Isolated::Open, "over IPv6 it is open");
    assert_eq!(open.holes[0].witness.ip_version, Some(IpVersion::V6));
}

/// Who says the family is told by its addresses, or that there is none.
#[test]
fn a_flow_may_say_its_address_family() {
    let spaces = ["a", "b"].map(|name| namespace(name, json!({})));
    let both = vec![pod("a", &["10.244.0.1", "fd00::1"]), pod("b", &["10.244.0.2", "fd00::2"])];
    let program = compile(&[spaces.to_vec(), both.clone(), vec![six()]].concat()).unwrap();
    let peer = |namespace| Peer::Workload { namespace, name: "p" };
    let mut flow = Flow::new(peer("a"), peer("b"), Port::Number(8080));
    let verdicts = [None, Some(IpVersion::V4), Some(IpVersion::V6)].map(|version| {
        flow.ip_version = version;
        assert_eq!(program.decide(&flow).verdict, program.decide_by_reference(&flow).verdict);
        program.decide(&flow).verdict
    });
    assert_eq!(verdicts, [Verdict::Deny, Verdict::Deny, Verdict::Allow]);
    flow.source = Peer::Ip("10.9.9.9".parse().unwrap());
    let problem = program.explain(&flow).unwrap_err();
    assert!(problem.to_string().contains("the source has no IPv6 address"), "{problem}");
    let services = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "s", "namespace": "b"},
        "spec": {"clusterIPs": ["10.96.0.9"], "selector": {}, "ports": [{"port": 8080}]}});
    let served = compile(&[spaces.to_vec(), both.clone(), vec![services]].concat()).unwrap();
    let called =
        Flow { destination: Peer::Ip("10.96.0.9".parse().unwrap()), source: peer("a"), ..flow };
    let problem = served.explain(&called).unwrap_err();
    assert!(problem.to_string().contains("the destination has no IPv6 address"), "{problem}");
    flow.protocol = Protocol::Icmp;
    flow.source = peer("a");
    assert!(program.explain(&flow).is_err(), "ICMP is IPv4");
}

/// Templates, and pods that do not exist yet, have an address of each family of the pod network.
#[test]
fn both_pod_networks_are_asked() {
    let template = |namespace: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": namespace},
            "spec": {"containers": [{"name": "c"}]}})
    };
    let in_networks = |networks: &[&str]| {
        let mut options = Options::default();
        options.pod_networks = networks.iter().map(|n| n.parse().unwrap()).collect();
        let spaces = ["a", "b"].map(|name| namespace(name, json!({})));
        let documents = [spaces.to_vec(), vec![template("a"), template("b"), six()]].concat();
        from_a_to_b(&documents, &options)
    };
    assert_eq!(in_networks(&["10.244.0.0/16"]).verdict, Isolated::Proved);
    assert_eq!(in_networks(&["10.244.0.0/16", "2001:db8::/48"]).verdict, Isolated::Proved);
    let open = in_networks(&["fd00:0:1::/48", "10.244.0.0/16"]);
    assert_eq!(open.verdict, Isolated::Open);
    assert_eq!(open.holes[0].witness.ip_version, Some(IpVersion::V6));
    assert_eq!(in_networks(&["fd00:0:1::/48"]).verdict, Isolated::Open);
}

#[test]
fn every_identity_of_another_trust_domain_is_asked() {
    let mesh = |certificates: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": certificates}})
    };
    let policy = |source: Value| {
        json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "friend", "namespace": "b"},
            "spec": {"rules": [{"from": [{"source": source}]}]}})
    };
    // The mesh guards TCP only: network policy closes the rest.
    let tcp = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "tcp", "namespace": "b"},
        "spec": {"podSelector": {}, "ingress": [{"ports": [{"protocol": "TCP", "port": 8080}]}]}});
    let ask = |certificates: &str, source: Value| {
        let documents = [
            namespace("a", json!({"istio-injection": "enabled"})),
            namespace("b", json!({"istio-injection": "enabled"})),
            pod("a", &["10.244.0.1"]),
            pod("b", &["10.244.0.2"]),
            mesh(certificates),
            policy(source),
            tcp.clone(),
        ];
        from_a_to_b(&documents, &Options::default())
    };
    let friend = json!({"principals": ["other.example/ns/q/sa/friend"]});
    assert_eq!(ask("trustDomain: cluster.local", friend.clone()).verdict, Isolated::Proved);
    let other = "caCertificates: [{pem: x, trustDomains: [other.example]}]";
    for source in [
        friend,
        json!({"principals": ["*/sa/friend"]}),
        json!({"namespaces": ["qu*x"]}),
        json!({"serviceAccounts": ["q/friend"]}),
        json!({"principals": ["*"], "notPrincipals": ["cluster.local/*"], "notNamespaces": ["x"]}),
    ] {
        let open = ask(other, source.clone());
        assert_eq!(open.verdict, Isolated::Open, "{source}: {:?}", open.unproved);
        let principal = open.holes[0].witness.principal.as_deref().unwrap_or_default();
        assert!(principal.starts_with("other.example/"), "{source}: {principal}");
    }
    let nobody = json!({"principals": ["cluster.local/ns/q/sa/friend"]});
    assert_eq!(ask(other, nobody).verdict, Isolated::Proved);
}

/// A waypoint that serves a Service lets in what the pod itself would not.
#[test]
fn what_gets_in_by_a_service_is_open() {
    let ambient = |waypoint: &str| {
        let mut labels = json!({"istio.io/dataplane-mode": "ambient"});
        if !waypoint.is_empty() {
            labels["istio.io/use-waypoint"] = json!(waypoint);
        }
        labels
    };
    let object = |kind: (&str, &str), name: &str, spec: Value| {
        json!({"apiVersion": kind.0, "kind": kind.1,
            "metadata": {"name": name, "namespace": "b"}, "spec": spec})
    };
    let authz = ("security.istio.io/v1", "AuthorizationPolicy");
    let policy = |paths: Value| {
        json!({"targetRefs": [{"kind": "Service", "group": "", "name": "svc"}],
            "rules": [{"from": [{"source": {"namespaces": ["a"]}}], "to": [{"operation": {"paths": paths}}]}]})
    };
    let ports =
        json!({"podSelector": {}, "ingress": [{"ports": [{"port": 8080}, {"port": 15008}]}]});
    let mut api = pod("b", &["10.244.0.2"]);
    api["metadata"]["labels"] = json!({"app": "api"});
    let documents = [
        namespace("istio-system", json!({})),
        namespace("a", ambient("")),
        namespace("b", ambient("wp")),
        pod("a", &["10.244.0.1"]),
        api,
        object(
            ("v1", "Service"),
            "svc",
            json!({"selector": {"app": "api"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}),
        ),
        object(
            ("gateway.networking.k8s.io/v1", "Gateway"),
            "wp",
            json!({"gatewayClassName": "istio-waypoint",
            "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}),
        ),
        object(
            authz,
            "pods",
            json!({"selector": {"matchLabels": {"app": "api"}},
            "rules": [{"from": [{"source": {"principals": ["cluster.local/ns/b/sa/wp"]}}]}]}),
        ),
        object(authz, "svc", policy(json!(["/ok"]))),
        object(("networking.k8s.io/v1", "NetworkPolicy"), "tcp", ports),
    ];
    let open = from_a_to_b(&documents, &Options::default());
    assert_eq!(open.verdict, Isolated::Open, "{:?}", open.unproved);
    let witness = &open.holes[0].witness;
    assert!(matches!(witness.target, Target::Service(_)), "{witness:?}");
    assert_eq!(witness.request().and_then(|r| r.path.as_deref()), Some("/ok"));
}

/// What a pod sends to itself no policy sees: it stands for nobody else.
#[test]
fn a_change_of_all_pods_at_once_is_seen() {
    let object = |name: &str, spec: Value| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": "a"}, "spec": spec})
    };
    let mut pods = Vec::new();
    for (n, name) in ["x", "y"].into_iter().enumerate() {
        let mut one = pod("a", &[&format!("10.244.0.{}", n + 1)]);
        one["metadata"]["name"] = json!(name);
        pods.push(one);
    }
    let with = |policy: Option<Value>| {
        let all = [vec![namespace("a", json!({}))], pods.clone(), policy.into_iter().collect()];
        compile(&all.concat()).unwrap()
    };
    let open = with(None);
    for direction in ["Ingress", "Egress"] {
        let closed =
            with(Some(object("p", json!({"podSelector": {}, "policyTypes": [direction]}))));
        let found = open.difference(&closed, &DifferenceQuestion::default(), |_, _| ());
        assert!(!found.changes.is_empty() && !found.is_equivalent(), "{direction}");
        assert!(found.changes.iter().all(|change| !change.opened()), "{direction}");
    }
}
