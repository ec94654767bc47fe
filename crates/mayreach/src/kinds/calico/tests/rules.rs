//! What rules match.

use super::{gnp, ingress, model, model_with, notes, np, policy, selector};
use crate::{
    error::NoteCode,
    model::{
        Protocol,
        network::{Action, IpVersion, NetworkRule, PortMatch},
    },
    options::{CalicoDataPlane, Options},
};

fn global(rule: &str) -> NetworkRule {
    let model = model(&gnp(&format!("ingress: [{{{rule}}}]")));
    policy(&model).ingress[0].clone()
}

#[test]
fn selectors_of_a_namespaced_policy() {
    let rule = ingress("action: Allow, source: {selector: a == 'b'}");
    assert_eq!(
        rule.source.selector,
        Some(selector("(projectcalico.org/namespace == 'shop') && (a == 'b')"))
    );
    let rule = ingress("action: Allow, source: {notSelector: a == 'b'}");
    assert_eq!(
        rule.source.selector,
        Some(selector("(projectcalico.org/namespace == 'shop') && (!(a == 'b'))"))
    );
    assert_eq!(rule.source.not_selector, None);
    let rule = ingress("action: Allow, source: {nets: [10.0.0.0/8]}");
    assert_eq!(rule.source.selector, None);
    let rule = ingress("action: Allow, source: {namespaceSelector: global()}");
    assert_eq!(rule.source.selector, Some(selector("!has(projectcalico.org/namespace)")));
}

#[test]
fn selectors_of_a_global_policy() {
    let rule = global("action: Deny, source: {notSelector: tenant == 'a'}");
    assert_eq!(rule.source.selector, None);
    assert_eq!(rule.source.not_selector, Some(selector("tenant == 'a'")));
    let rule = global("action: Deny, source: {selector: has(t), notSelector: t == 'a'}");
    assert_eq!(rule.source.selector, Some(selector("(has(t)) && (!(t == 'a'))")));
    let accounts = "serviceAccounts: {names: [b, a], selector: k == 'v'}";
    let rule = global(&format!("action: Allow, source: {{{accounts}}}"));
    assert_eq!(
        rule.source.selector,
        Some(selector("(pcsa.k == 'v') && (projectcalico.org/serviceaccount in {'a', 'b'})"))
    );
    let rule = global("action: Allow, source: {serviceAccounts: {}}");
    assert_eq!(rule.source.selector, None);
}

#[test]
fn ports_and_protocols() {
    let rule = ingress(
        "action: Allow, protocol: TCP, destination: {ports: [80, '90', '100:200', http]}, \
         source: {notPorts: ['1:1']}",
    );
    assert_eq!(rule.protocol, Some(Protocol::Tcp));
    assert_eq!(
        rule.destination.ports,
        [
            PortMatch::Range(80, 80),
            PortMatch::Range(90, 90),
            PortMatch::Range(100, 200),
            PortMatch::Named("http".into())
        ]
    );
    assert_eq!(rule.source.not_ports, [PortMatch::Range(1, 1)]);
    let rule = ingress("action: Log, notProtocol: 50");
    assert_eq!((rule.action, rule.not_protocol), (Action::Log, Some(Protocol::Other(50))));
    let rule = ingress("action: Allow, destination: {ports: [http]}");
    assert_eq!(rule.protocol, None);
    let rule = ingress("action: Allow, protocol: '17', destination: {ports: [53]}");
    assert_eq!(rule.protocol, Some(Protocol::Udp));
}

#[test]
fn icmp_implies_its_ip_version() {
    let rule = ingress("action: Allow, protocol: ICMP, icmp: {type: 8, code: 0}");
    assert_eq!((rule.ip_version, rule.icmp), (Some(IpVersion::V4), Some((8, Some(0)))));
    let rule = ingress("action: Allow, protocol: ICMPv6, notICMP: {type: 128}");
    assert_eq!((rule.ip_version, rule.not_icmp), (Some(IpVersion::V6), Some((128, None))));
    assert_eq!(ingress("action: Allow, protocol: 1").ip_version, None);
    assert_eq!(ingress("action: Allow, protocol: ICMP, icmp: {}").icmp, None);
}

#[test]
fn ebpf_loses_protocols_by_name() {
    let options = Options { calico_data_plane: CalicoDataPlane::Ebpf, ..Options::default() };
    let lowered = |rule: &str| {
        let model = model_with(&np(&format!("ingress: [{{action: Allow, {rule}}}]")), &options);
        (policy(&model).ingress[0].protocol, notes(&model, NoteCode::Suspicious).len())
    };
    assert_eq!(lowered("protocol: UDPLite"), (Some(Protocol::Other(0)), 1));
    assert_eq!(lowered("protocol: 136"), (Some(Protocol::UdpLite), 0));
    assert_eq!(lowered("protocol: ICMP"), (Some(Protocol::Icmp), 0));
}

#[test]
fn networks() {
    let rule = ingress("action: Allow, source: {nets: [10.0.0.0/8], notNets: ['10.1.0.0/16']}");
    assert_eq!(rule.source.nets, ["10.0.0.0/8".parse().expect("net")]);
    assert_eq!(rule.source.not_nets, ["10.1.0.0/16".parse().expect("net")]);
}

#[test]
fn services() {
    let own = ingress("action: Allow, source: {services: {name: s, namespace: m}}");
    assert_eq!(own.source.service, Some(("m".into(), "s".into())));
    let model = model(&np("ingress: [{action: Allow, source: {services: {name: s}}}]"));
    let rule = &policy(&model).ingress[0];
    assert_eq!(rule.source.service, Some((String::new(), "s".into())));
    assert!(notes(&model, NoteCode::Suspicious)[0].contains("never matches"));
}

#[test]
fn http_only_narrows_at_layer_seven() {
    let text = np(
        "ingress: [{action: Allow, http: {methods: [GET], paths: [{exact: /a}, {prefix: /b}]}}]",
    );
    let model = model(&text);
    let http = policy(&model).ingress[0].http.clone().expect("http");
    assert_eq!(http.methods, ["GET"]);
    assert_eq!(http.paths, [(true, "/a".into()), (false, "/b".into())]);
    assert_eq!(notes(&model, NoteCode::Ignored).len(), 1);
}
