//! Property: the compiled evaluator and the reference answer alike, verdict and reason, on random
//! clusters and flows.

use mayreach::{
    Flow, Http, Icmp, Options, Peer, Port, Program, Protocol, Request, Source, Verdict, Without,
    WorkloadId,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A small deterministic source of choices.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = usize::try_from(self.roll(items.len() as u64)).unwrap_or(0);
        &items[index]
    }

    pub(crate) fn some(
        &mut self,
        most: u64,
        mut make: impl FnMut(&mut Self) -> Value,
    ) -> Vec<Value> {
        (0..self.roll(most + 1)).map(|_| make(self)).collect()
    }
}

const NAMESPACES: [&str; 3] = ["a", "b", "c"];
const APPS: [&str; 3] = ["web", "api", "db"];

fn labels(d: &mut Dice) -> Value {
    let mut out = json!({ "app": d.pick(&APPS) });
    if d.one_in(2) {
        out["tier"] = json!(d.pick(&["front", "back"]));
    }
    out
}

fn selector(d: &mut Dice) -> Value {
    match d.roll(5) {
        0 => json!({}),
        1 => json!({"matchLabels": {"app": d.pick(&APPS)}}),
        2 => json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}),
        3 => {
            json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]})
        }
        _ => {
            json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]})
        }
    }
}

fn namespace_selector(d: &mut Dice) -> Value {
    match d.roll(3) {
        0 => json!({}),
        1 => json!({"matchLabels": {"kubernetes.io/metadata.name": d.pick(&NAMESPACES)}}),
        _ => json!({"matchExpressions": [{"key": "team", "operator": "In", "values": ["x"]}]}),
    }
}

fn peer(d: &mut Dice) -> Value {
    match d.roll(4) {
        0 => json!({ "podSelector": selector(d) }),
        1 => json!({ "namespaceSelector": namespace_selector(d) }),
        2 => json!({ "namespaceSelector": namespace_selector(d), "podSelector": selector(d) }),
        _ => {
            let cidr = *d.pick(&[
                "10.244.0.0/16",
                "10.244.1.0/24",
                "10.0.0.0/8",
                "0.0.0.0/0",
                "203.0.113.0/24",
                "fd00:244::/64",
            ]);
            let mut block = json!({ "cidr": cidr });
            if d.one_in(3) && cidr == "10.0.0.0/8" {
                block["except"] = json!(["10.244.1.0/24"]);
            }
            json!({ "ipBlock": block })
        }
    }
}

fn port(d: &mut Dice) -> Value {
    match d.roll(5) {
        0 => json!({}),
        1 => json!({"protocol": "UDP"}),
        2 => json!({"port": 8080}),
        3 => json!({"port": 8000, "endPort": 9000}),
        _ => json!({"port": "http"}),
    }
}

fn network_policy(d: &mut Dice, n: u64) -> Value {
    let mut types = Vec::new();
    if d.one_in(2) {
        types.push("Ingress");
    }
    if d.one_in(2) {
        types.push("Egress");
    }
    let ingress = d.some(2, |d| json!({"from": d.some(2, peer), "ports": d.some(2, port)}));
    let egress = d.some(2, |d| json!({"to": d.some(2, peer), "ports": d.some(2, port)}));
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": format!("np{n}"), "namespace": d.pick(&NAMESPACES)},
        "spec": {"podSelector": selector(d), "policyTypes": types, "ingress": ingress, "egress": egress},
    })
}

fn expression(d: &mut Dice) -> &'static str {
    *d.pick::<&'static str>(&[
        "all()",
        "app == 'web'",
        "app != 'web'",
        "has(tier)",
        "!has(tier)",
        "app in {'api', 'db'}",
        "tier not in {'front'}",
        "app starts with 'w'",
    ])
}

fn entity(d: &mut Dice) -> Value {
    let mut out = json!({});
    if d.one_in(2) {
        out["selector"] = json!(expression(d));
    }
    if d.one_in(4) {
        out["notSelector"] = json!(expression(d));
    }
    if d.one_in(4) {
        out["namespaceSelector"] =
            json!(d.pick(&["all()", "global()", "team == 'x'", "team != 'x'"]));
    }
    if d.one_in(4) {
        out["nets"] = json!([d.pick(&["10.244.1.0/24", "203.0.113.0/24", "0.0.0.0/0"])]);
    }
    if d.one_in(5) {
        out["notNets"] = json!([d.pick(&["10.244.1.0/24", "203.0.113.0/24"])]);
    }
    out
}

fn calico_rule(d: &mut Dice) -> Value {
    let mut out = json!({"action": d.pick(&["Allow", "Deny", "Pass", "Log"]), "source": entity(d), "destination": entity(d)});
    if d.one_in(2) {
        out["protocol"] = json!("TCP");
        if d.one_in(2) {
            out["destination"]["ports"] =
                json!([d.pick(&[json!(8080), json!("8000:9000"), json!("http")])]);
        }
    }
    out
}

fn calico_policy(d: &mut Dice, n: u64) -> Value {
    let global = d.one_in(2);
    let mut out = json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": if global { "GlobalNetworkPolicy" } else { "NetworkPolicy" },
        "metadata": {"name": format!("cp{n}")},
        "spec": {
            "tier": d.pick(&["default", "default", "first", "open"]),
            "order": d.roll(2000),
            "selector": expression(d),
            "types": d.pick(&[json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Egress"])]),
            "ingress": d.some(3, calico_rule),
            "egress": d.some(3, calico_rule),
        },
    });
    if !global {
        out["metadata"]["namespace"] = json!(d.pick(&NAMESPACES));
        return out;
    }
    // What hosts ask about traffic that they forward.
    match d.roll(8) {
        0 => out["spec"]["applyOnForward"] = json!(true),
        1 => {
            out["spec"]["applyOnForward"] = json!(true);
            out["spec"]["doNotTrack"] = json!(true);
        }
        2 => {
            out["spec"]["applyOnForward"] = json!(true);
            out["spec"]["preDNAT"] = json!(true);
            out["spec"]["types"] = json!(["Ingress"]);
            out["spec"]["egress"] = json!([]);
        }
        _ => {}
    }
    out
}

/// Nodes, and perhaps host endpoints on them.
fn hosts(d: &mut Dice) -> Vec<Value> {
    let mut out = Vec::new();
    for n in 1..=2 {
        let (node, ip) = (format!("n{n}"), format!("172.18.0.{n}"));
        if !d.one_in(4) {
            out.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}, "status": {"addresses": [{"type": "InternalIP", "address": ip}]}}));
        }
        if d.one_in(2) {
            let interface = d.pick(&["*", "eth0"]);
            out.push(json!({
                "apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
                "metadata": {"name": format!("h{n}"), "labels": labels(d)},
                "spec": {"node": node, "interfaceName": interface, "expectedIPs": [ip], "profiles": d.pick(&[json!([]), json!(["projectcalico-default-allow"]), json!(["open"])])},
            }));
        }
    }
    out.push(json!({"apiVersion": "projectcalico.org/v3", "kind": "Profile", "metadata": {"name": "open"}, "spec": {"ingress": d.some(2, calico_rule), "egress": d.some(2, calico_rule)}}));
    if d.one_in(2) {
        out.push(json!({"apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": {"name": "pool"}, "spec": {"cidr": "10.244.0.0/16", "ipipMode": d.pick(&["Never", "Always", "CrossSubnet"])}}));
    }
    out
}

fn service(n: usize) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": NAMESPACES[n]},
        "spec": {"type": "NodePort", "clusterIP": format!("10.96.0.{n}"), "selector": {"app": APPS[n]}, "ports": [{"port": 8080, "targetPort": "http", "nodePort": 30000 + n}]},
    })
}

/// A waypoint, with its pod or as istiod would make it.
fn waypoint(d: &mut Dice, namespace: &str) -> Vec<Value> {
    let gateway = "gateway.networking.k8s.io/gateway-name";
    let mut labels = labels(d);
    labels["istio.io/waypoint-for"] = json!(d.pick(&["service", "workload", "all"]));
    let mut out = vec![json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "wp", "namespace": namespace, "labels": labels},
        "spec": {"gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]},
    })];
    for n in 0..d.roll(3) {
        let mut labels = self::labels(d);
        labels[gateway] = json!("wp");
        out.push(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("wp{n}"), "namespace": namespace, "labels": labels},
            "spec": {"serviceAccountName": "wp", "nodeName": d.pick(&["n1", "n2"]), "containers": [{"name": "istio-proxy", "args": ["proxy", "waypoint"]}]},
            "status": {"podIP": format!("10.244.9.{}{n}", namespace.as_bytes()[0] % 10)},
        }));
    }
    out
}

pub(crate) fn cluster(d: &mut Dice) -> Vec<Value> {
    let mut out = Vec::new();
    let waypoint = d.one_in(4);
    for name in NAMESPACES.iter().take(2 + usize::from(!d.one_in(4))) {
        let mut team = json!({"team": if *name == "a" { "x" } else { "y" }});
        if waypoint && !d.one_in(4) {
            team["istio.io/dataplane-mode"] = json!("ambient");
            team["istio.io/use-waypoint"] = json!("wp");
        } else {
            team["istio-injection"] = json!("enabled");
        }
        out.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": team}}));
    }
    for n in 0..6 {
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("p{n}"), "namespace": NAMESPACES[n % 3], "labels": labels(d)},
            "spec": {"serviceAccountName": d.pick(&["one", "two"]), "nodeName": d.pick(&["n1", "n2"]), "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 8080}]}]},
        });
        if !d.one_in(3) {
            pod["status"] = json!({"podIP": format!("10.244.{}.{}", n % 3, 10 + n)});
        }
        if d.one_in(10) {
            pod["spec"]["hostNetwork"] = json!(true);
        }
        out.push(pod);
    }
    out.extend((0..2).map(service));
    if waypoint {
        out.extend(NAMESPACES.iter().take(2).flat_map(|name| self::waypoint(d, name)));
    }
    let policies = d.roll(6);
    out.extend((0..policies).map(|n| network_policy(d, n)));
    if d.one_in(2) {
        let policies = d.roll(5);
        out.extend((0..policies).map(|n| calico_policy(d, n)));
        if d.one_in(2) {
            out.extend(hosts(d));
        }
        out.push(json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "first"}, "spec": {"order": 10}}));
        out.push(json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "open"}, "spec": {"order": 20, "defaultAction": "Pass"}}));
        out.push(json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": "outside", "labels": {"app": "web"}}, "spec": {"nets": ["203.0.113.0/28"]}}));
    }
    if d.one_in(2) {
        out.extend(super::oracle_mesh::policies(d));
    }
    out
}

pub(crate) trait Choices {
    fn roll(&mut self, sides: u64) -> u64;
    fn pick_text(&mut self, items: &[&'static str]) -> &'static str;
}

impl Choices for Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        Dice::roll(self, sides)
    }

    fn pick_text(&mut self, items: &[&'static str]) -> &'static str {
        *self.pick::<&'static str>(items)
    }
}

fn end(d: &mut Dice) -> Peer<'static> {
    match d.roll(8) {
        0 => Peer::Ip("203.0.113.7".parse().unwrap()),
        1 => Peer::Ip("198.51.100.1".parse().unwrap()),
        n => {
            let n = usize::try_from(n - 2).unwrap();
            const NAMES: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];
            Peer::Workload { namespace: NAMESPACES[n % 3], name: NAMES[n] }
        }
    }
}

/// A destination: now and then a Service, or an address that leads to one.
fn to(d: &mut Dice) -> Peer<'static> {
    match d.roll(10) {
        0 => Peer::Service { namespace: "a", name: "s" },
        1 => Peer::Ip("10.96.0.1".parse().unwrap()),
        2 => Peer::Ip("172.18.0.2".parse().unwrap()),
        _ => end(d),
    }
}

pub(crate) fn flow(d: &mut Dice) -> Flow<'static> {
    let port = match d.roll(6) {
        0 => Port::Unknown,
        5 => Port::Number(30000),
        1 => Port::Number(80),
        2 => Port::Number(8500),
        _ => Port::Number(8080),
    };
    let mut flow = Flow::new(end(d), to(d), port);
    use Protocol::{Icmp as Ping, Icmpv6, Tcp, Udp};
    flow.protocol = *d.pick(&[Tcp, Tcp, Tcp, Tcp, Udp, Udp, Ping, Ping, Icmpv6]);
    if flow.protocol == Ping && d.one_in(2) {
        flow.icmp = Some(Icmp { kind: 8, code: Some(0) });
    }
    flow.mtls = *d.pick(&[None, None, Some(false)]);
    flow.http = match d.roll(4) {
        0 => Http::Unknown,
        1 => Http::Raw,
        _ => Http::Request(Request {
            method: *d.pick(&[None, Some("GET"), Some("POST")]),
            path: *d.pick(&[None, Some("/v1/x"), Some("/admin"), Some("/v1//x?q=1")]),
            host: *d.pick(&[None, Some("api"), Some("api:8080")]),
            headers: *d.pick(&[None, Some(&[("x-id", "1")] as &[_]), Some(&[] as &[_])]),
        }),
    };
    flow
}

/// Now and then a part of the compiled evaluator is switched off.
pub(crate) fn options(d: &mut Dice) -> Options {
    let mut options = Options::default();
    options.without = Without {
        mesh: d.one_in(6),
        groups: d.one_in(4),
        pairs: d.one_in(3),
        rows: d.one_in(6),
        direct: d.one_in(3),
    };
    options
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_compiled_evaluator_is_the_reference(seed in any::<u64>()) {
        let mut d = Dice(seed);
        let mut documents = cluster(&mut d);
        of_both_families(&mut documents, &mut d);
        let text = json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string();
        let program = Program::compile(&[Source::new("random.json", text.clone())], &options(&mut d))
            .map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        for _ in 0..60 {
            let flow = flow(&mut d);
            let fast = program.decide(&flow);
            let slow = program.decide_by_reference(&flow);
            prop_assert_eq!(fast, slow, "{:?}\n{}", flow, text);
            prop_assert_eq!(program.network(&flow), [slow.layers[0], slow.layers[1]], "{:?}\n{}", flow, text);
            let explained = program.explain(&flow).map(|e| e.decision);
            prop_assert!(explained.is_err() || explained.as_ref() == Ok(&slow), "{:?}", flow);
        }
        prop_assert_eq!(pairs_differ(&program, &mut d), None, "{}", text);
    }
}

/// Where no address is known a set of networks and what a rule leaves out of it are asked one by one, by
/// both evaluators.
#[test]
fn unknown_addresses_and_sets_of_networks() {
    for (nets, not_nets) in [
        (json!(["10.244.0.0/16", "192.168.0.0/16", "10.42.0.0/16"]), json!(null)),
        (json!(["10.0.0.0/8", "192.168.0.0/16"]), json!(["10.0.0.0/8", "192.168.0.0/16"])),
        (json!(["0.0.0.0/0"]), json!(null)),
        (json!(["203.0.113.0/24"]), json!(null)),
        (json!(["203.0.113.0/24"]), json!(["10.244.0.0/16"])),
    ] {
        let mut source = json!({"selector": "set == 'one'"});
        if !not_nets.is_null() {
            source["notNets"] = not_nets.clone();
        }
        let pod = |name: &str| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "a"}});
        let items = json!([
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}, pod("p"), pod("q"),
            {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": "one", "labels": {"set": "one"}}, "spec": {"nets": nets}},
            {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "one"}, "spec": {"selector": "projectcalico.org/namespace == 'a'", "types": ["Ingress"], "ingress": [{"action": "Allow", "source": source}]}},
        ]);
        let text = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
        let program =
            Program::compile(&[Source::new("sets.json", text)], &Options::default()).unwrap();
        let [from, to] = ["p", "q"].map(|name| Peer::Workload { namespace: "a", name });
        let flow = Flow::new(from, to, Port::Number(80));
        assert_eq!(program.decide(&flow), program.decide_by_reference(&flow), "{nets} {not_nets}");
    }
}

/// Gives some pods an address of IPv6, beside that of IPv4 or instead of it.
fn of_both_families(documents: &mut [Value], d: &mut Dice) {
    let pods = documents.iter_mut().filter(|one| one["kind"] == "Pod" && !one["status"].is_null());
    for (n, pod) in pods.enumerate() {
        let six = format!("fd00:244::{n}");
        match d.roll(8) {
            0 => pod["status"] = json!({"podIPs": [{"ip": pod["status"]["podIP"]}, {"ip": six}]}),
            1 => pod["status"] = json!({ "podIP": six }),
            _ => {}
        }
    }
}

/// The first pair of workloads of which all pairs at once say something else than the reference.
fn pairs_differ(program: &Program, d: &mut Dice) -> Option<String> {
    use Protocol::{Icmp, Icmpv6, Tcp, Udp};
    let protocol = *d.pick(&[Tcp, Tcp, Tcp, Udp, Udp, Icmp, Icmpv6]);
    let port = *d.pick(&[80, 8080, 443, 53]);
    let pairs = program.network_pairs(protocol, port);
    let ids: Vec<WorkloadId> = program.workloads().map(|workload| workload.id()).collect();
    let mut counts = [0; 3];
    for (from, to) in ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to))) {
        let mut flow = Flow::new(Peer::Id(from), Peer::Id(to), Port::Number(port));
        flow.protocol = protocol;
        let [egress, ingress, ..] =
            program.decide_by_reference(&flow).layers.map(|one| one.verdict);
        let slow = match [egress, ingress] {
            [Verdict::Deny, _] | [_, Verdict::Deny] => Verdict::Deny,
            [Verdict::Allow, Verdict::Allow] => Verdict::Allow,
            _ => Verdict::Undetermined,
        };
        counts[slow as usize] += 1;
        let quick = pairs.verdict(from, to);
        if quick != slow {
            return Some(format!("{from:?} {to:?} {protocol:?} {port}: {quick:?}, not {slow:?}"));
        }
    }
    let counted =
        [Verdict::Allow, Verdict::Deny, Verdict::Undetermined].map(|one| pairs.count(one));
    (counted != counts).then(|| format!("{counted:?}, not {counts:?}"))
}
