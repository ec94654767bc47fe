//! Host endpoints, sets, pools and configuration.

use super::{gnp, model, notes};
use crate::{
    error::NoteCode,
    model::{Protocol, network::AfterTiers},
};

fn object(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: {name}, labels: {{a: b}}}}\n\
         spec: {{{spec}}}\n---\n"
    )
}

#[test]
fn host_endpoints() {
    let text = object(
        "HostEndpoint",
        "h",
        "node: m1, interfaceName: eth0, expectedIPs: [10.0.0.1, '2001:db8::1'], \
         profiles: [projectcalico-default-allow], ports: [{name: web, protocol: TCP, port: 80}]",
    );
    let model = model(&text);
    let host = &model.inventory.host_endpoints[0];
    assert_eq!((host.node.as_str(), host.interface.as_deref()), ("m1", Some("eth0")));
    assert_eq!(host.expected_ips.len(), 2);
    assert_eq!((host.ports[0].number, host.ports[0].protocol), (80, Protocol::Tcp));
    assert_eq!(host.profiles, ["projectcalico-default-allow"]);
    assert!(model.notes.is_empty());
}

#[test]
fn a_negative_namespace_selector_takes_hosts() {
    let host = object("HostEndpoint", "h", "node: m1, interfaceName: '*'");
    let remarks = |spec: &str| {
        let model = model(&(host.clone() + &gnp(spec)));
        notes(&model, NoteCode::Suspicious).len()
    };
    assert_eq!(remarks("namespaceSelector: projectcalico.org/name != 'kube-system'"), 1);
    assert_eq!(remarks("namespaceSelector: projectcalico.org/name == 'shop'"), 0);
    assert_eq!(remarks("selector: all()"), 0);
}

#[test]
fn untracked_policies_without_a_host_do_nothing() {
    let model = model(&gnp("applyOnForward: true, doNotTrack: true"));
    assert_eq!(notes(&model, NoteCode::Ignored).len(), 1);
}

#[test]
fn network_sets() {
    let text = object("GlobalNetworkSet", "g", "nets: [10.0.0.7, 10.1.2.3/8, '2001:db8::/32']")
        + &object("NetworkSet", "m", "");
    let model = model(&text);
    let sets = &model.inventory.network_sets;
    let nets: Vec<String> = sets[0].nets.iter().map(ToString::to_string).collect();
    assert_eq!(nets, ["10.0.0.7/32", "10.0.0.0/8", "2001:db8::/32"]);
    assert_eq!(
        (sets[0].namespace.as_deref(), sets[1].namespace.as_deref()),
        (None, Some("default"))
    );
    assert_eq!(sets[0].labels.get("a").map(String::as_str), Some("b"));
}

#[test]
fn pools_say_where_pods_live() {
    let text = object("IPPool", "a", "cidr: 10.9.0.0/16, ipipMode: Never, blockSize: 26")
        + &object("IPPool", "b", "cidr: 10.8.0.0/16, disabled: true")
        + &object("IPPool", "c", "cidr: 10.7.0.0/16, allowedUses: [Tunnel]");
    let model = model(&text);
    assert_eq!(model.inventory.pod_networks, ["10.9.0.0/16".parse().expect("net")]);
}

#[test]
fn configuration_is_said_aloud() {
    let text = object(
        "FelixConfiguration",
        "default",
        "defaultEndpointToHostAction: Accept, failsafeInboundHostPorts: [{protocol: TCP, port: 22}], \
         logSeverityScreen: Info, bpfEnabled: false",
    );
    let configured = model(&text);
    assert!(notes(&configured, NoteCode::NotEvaluated).is_empty());
    let failsafe = &configured.inventory.failsafe;
    assert_eq!((failsafe.inbound.len(), failsafe.outbound.len()), (1, 9));
    assert_eq!((failsafe.inbound[0].protocol, failsafe.inbound[0].port), (Protocol::Tcp, 22));
    let none = model(&object("FelixConfiguration", "default", "failsafeInboundHostPorts: []"));
    assert!(none.inventory.failsafe.inbound.is_empty());
    let harmless =
        object("BGPPeer", "x", "peerIP: 10.0.0.1") + &object("ClusterInformation", "d", "");
    assert!(model(&harmless).notes.is_empty());
    assert_eq!(notes(&model(&object("Novelty", "x", "")), NoteCode::Skipped).len(), 1);
}

#[test]
fn profiles_give_labels_and_what_comes_after_the_tiers() {
    let text = object("Profile", "labels", "labelsToApply: {a: x, c: d}")
        + &object(
            "HostEndpoint",
            "h",
            "node: m1, interfaceName: '*', profiles: [labels, projectcalico-default-allow]",
        )
        + &object(
            "HostEndpoint",
            "i",
            "node: m1, interfaceName: '*', profiles: [gone, projectcalico-default-allow]",
        )
        + &object("HostEndpoint", "j", "node: m1, interfaceName: '*', profiles: [kns.shop]")
        + "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: x}}\n";
    let model = model(&text);
    let [first, second, third] = &model.inventory.host_endpoints[..] else { panic!("three") };
    assert_eq!(first.labels.get("a").map(String::as_str), Some("b"));
    assert_eq!(first.labels.get("c").map(String::as_str), Some("d"));
    assert_eq!(first.after, [AfterTiers::Profile(0), AfterTiers::AllowAll]);
    assert_eq!(second.after, [AfterTiers::DenyAll, AfterTiers::AllowAll]);
    assert_eq!(third.labels.get("pcns.team").map(String::as_str), Some("x"));
    assert_eq!(third.after, [AfterTiers::AllowAll]);
    assert_eq!(notes(&model, NoteCode::Suspicious).len(), 1);
}

#[test]
fn automatic_host_endpoints() {
    let configuration = object(
        "KubeControllersConfiguration",
        "default",
        "controllers: {node: {hostEndpoint: {autoCreate: Enabled}}, policy: {}}",
    );
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: m1, labels: {zone: z}}\n\
                status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}\n";
    let known = model(&(configuration.clone() + node));
    let host = &known.inventory.host_endpoints[0];
    assert_eq!((host.name.as_str(), host.interface.as_deref()), ("m1-auto-hep", Some("*")));
    assert_eq!(host.labels.get("zone").map(String::as_str), Some("z"));
    assert_eq!(host.expected_ips.len(), 1);
    let hidden = model(&(configuration + &gnp("applyOnForward: true")));
    assert_eq!(hidden.unevaluated.len(), 1);
}
