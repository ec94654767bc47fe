//! What Calico's API refuses: each with its field.

use super::{gnp, lower, np, refused, refused_with};
use crate::{
    error::{ErrorCode, NoteCode},
    options::Options,
};

/// A refused ingress rule of a namespaced policy: the field within the rule.
fn rule(text: &str) -> (String, String) {
    let (field, message) = refused(&np(&format!("ingress: [{{{text}}}]")));
    let field = field.strip_prefix("spec.ingress[0].").unwrap_or(&field).to_owned();
    (field, message)
}

#[test]
fn rules() {
    for (text, field, says) in [
        ("action: allow", "action", "`allow` is not an action"),
        ("action: Allow, ipVersion: 5", "ipVersion", "`5`"),
        ("action: Allow, protocol: tcp", "protocol", "`tcp`"),
        ("action: Allow, protocol: 0", "protocol", "`0`"),
        ("action: Allow, notProtocol: 256", "notProtocol", "`256`"),
        ("action: Allow, destination: {ports: [80]}", "destination.ports", "numeric port"),
        (
            "action: Allow, protocol: ICMP, source: {notPorts: [a]}",
            "source.notPorts",
            "specify ports",
        ),
        ("action: Allow, protocol: UDPLite, source: {ports: [1]}", "source.ports", "specify ports"),
        ("action: Allow, protocol: TCP, source: {ports: [0]}", "source.ports[0]", "65535"),
        (
            "action: Allow, protocol: TCP, source: {ports: ['9:8']}",
            "source.ports[0]",
            "ends before",
        ),
        ("action: Allow, protocol: TCP, source: {ports: ['a b']}", "source.ports[0]", "port name"),
        ("action: Allow, source: {nets: [10.0.0.1]}", "source.nets[0]", "not a CIDR"),
        ("action: Allow, source: {nets: [10.0.0.1/8]}", "source.nets[0]", "strictly masked"),
        ("action: Allow, source: {notNets: [0.0.0.0/0]}", "source.notNets[0]", "contradiction"),
        ("action: Allow, source: {notNets: ['::/0']}", "source.notNets[0]", "contradiction"),
        (
            "action: Allow, source: {nets: [10.0.0.0/8]}, destination: {notNets: ['2001:db8::/32']}",
            "destination.notNets[0]",
            "both IPv4 and IPv6",
        ),
        (
            "action: Allow, ipVersion: 6, source: {nets: [10.0.0.0/8]}",
            "source.nets[0]",
            "ipVersion",
        ),
        ("action: Allow, icmp: {type: 8}", "icmp", "ICMP"),
        ("action: Allow, protocol: ICMP, icmp: {type: 255}", "icmp.type", "`255`"),
        ("action: Allow, protocol: ICMP, icmp: {type: 1, code: 256}", "icmp.code", "`256`"),
        ("action: Allow, protocol: ICMP, icmp: {code: 1}", "icmp.code", "without"),
        ("action: Allow, protocol: ICMP, ipVersion: 6", "ipVersion", "`ipVersion: 4`"),
        ("action: Allow, notProtocol: ICMPv6, ipVersion: 4", "ipVersion", "`ipVersion: 6`"),
        ("action: Allow, source: {selector: a = 'b'}", "source.selector", "=="),
        ("action: Allow, source: {notSelector: \"a == ${b}\"}", "source.notSelector", "label name"),
        ("action: Allow, source: {selector: global()}", "source.selector", "global()"),
        (
            "action: Allow, source: {namespaceSelector: \"global() || a == 'b'\"}",
            "source.namespaceSelector",
            "combined",
        ),
        ("action: Deny, http: {methods: [GET]}", "http", "`Allow`"),
        ("action: Allow, protocol: UDP, http: {methods: [GET]}", "http", "TCP"),
        ("action: Allow, http: {methods: [GET, GET]}", "http.methods", "twice"),
        ("action: Allow, http: {paths: [{}]}", "http.paths[0]", "neither"),
        ("action: Allow, http: {paths: [{exact: /a, prefix: /b}]}", "http.paths[0]", "both"),
        ("action: Allow, http: {paths: [{exact: a}]}", "http.paths[0]", "`a`"),
        ("action: Allow, http: {paths: [{prefix: '/a?b'}]}", "http.paths[0]", "`/a?b`"),
        (
            "action: Allow, destination: {services: {name: s, namespace: m}}",
            "destination.services",
            "ingress",
        ),
        ("action: Allow, source: {services: {namespace: m}}", "source.services.name", "named"),
        (
            "action: Allow, source: {selector: all(), services: {name: s, namespace: m}}",
            "source.selector",
            "`services`",
        ),
    ] {
        let (found, message) = rule(text);
        assert_eq!(found, field, "{text}: {message}");
        assert!(message.contains(says), "{text}: {message}");
    }
}

#[test]
fn unknown_fields_are_named() {
    let (field, message) = rule("action: Allow, source: {namespaceSelctor: all()}");
    assert!(field.ends_with("namespaceSelctor") && message.contains("unknown"), "{field}");
    let (field, _) = refused(&np("namespaceSelector: all()"));
    assert_eq!(field, "spec.namespaceSelector");
}

#[test]
fn policies() {
    let named = |name: &str| np("").replace("name: p,", &format!("name: {name},"));
    for (text, field) in [
        (named("a.b.c"), "metadata.name"),
        (np("types: [Ingress, Ingress]"), "spec.types[1]"),
        (np("types: [ingress]"), "spec.types[0]"),
        (np("tier: A"), "spec.tier"),
        (np("selector: \"has (a)\""), "spec.selector"),
        (np("selector: global()"), "spec.selector"),
        (np("serviceAccountSelector: global()"), "spec.serviceAccountSelector"),
        (np("performanceHints: [Fast]"), "spec.performanceHints[0]"),
        (np(&format!("selector: \"a == '{}'\"", "x".repeat(1024))), "spec.selector"),
        (gnp("namespaceSelector: global()"), "spec.namespaceSelector"),
        (gnp("preDNAT: true, doNotTrack: true, applyOnForward: true"), "spec.preDNAT"),
        (gnp("preDNAT: true"), "spec.applyOnForward"),
        (gnp("doNotTrack: true"), "spec.applyOnForward"),
        (gnp("preDNAT: true, applyOnForward: true, types: [Egress]"), "spec.types"),
        (
            gnp("preDNAT: true, applyOnForward: true, egress: [{action: Allow}], types: [Ingress]"),
            "spec.egress",
        ),
        (gnp("egress: [{action: Allow, http: {methods: [GET]}}]"), "spec.egress[0].http"),
        (
            gnp("egress: [{action: Allow, source: {services: {name: s, namespace: m}}}]"),
            "spec.egress[0].source.services",
        ),
        (
            gnp("egress: [{action: Allow, destination: {services: {name: s}}}]"),
            "spec.egress[0].destination.services.namespace",
        ),
        (
            gnp(
                "egress: [{action: Allow, protocol: TCP, destination: {ports: [1], services: {name: s, namespace: m}}}]",
            ),
            "spec.egress[0].destination.ports",
        ),
    ] {
        assert_eq!(refused(&text).0, field, "{text}");
    }
    let staged = np("stagedAction: Delete, order: 1").replace("kind: ", "kind: Staged");
    assert_eq!(refused(&staged).0, "spec.order");
    let staged = np("stagedAction: Remove").replace("kind: ", "kind: Staged");
    assert_eq!(refused(&staged).0, "spec.stagedAction");
}

#[test]
fn counts() {
    let many = |text: &str, count: usize| vec![text; count].join(", ");
    let rules = np(&format!("ingress: [{}]", many("{action: Allow}", 1025)));
    assert_eq!(refused(&rules).0, "spec.ingress");
    let ports = format!("action: Allow, protocol: TCP, source: {{ports: [{}]}}", many("80", 51));
    assert_eq!(rule(&ports).0, "source.ports");
    let nets = format!("action: Allow, source: {{nets: [{}]}}", many("10.0.0.0/8", 257));
    assert_eq!(rule(&nets).0, "source.nets");
}

#[test]
fn tiers_sets_and_hosts() {
    let object = |kind: &str, metadata: &str, spec: &str| {
        format!(
            "apiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: x{metadata}}}\n\
             spec: {{{spec}}}\n"
        )
    };
    for (text, field) in [
        (object("Tier", "", "defaultAction: Allow"), "spec.defaultAction"),
        (object("Tier", ".y", ""), "metadata.name"),
        (object("Tier", "", "").replace("name: x", "name: kube-admin"), "spec"),
        (object("Tier", "", "order: 5").replace("name: x", "name: default"), "spec"),
        (object("NetworkSet", "", "nets: [10.0.0.0/33]"), "spec.nets[0]"),
        (
            object("GlobalNetworkSet", ", labels: {projectcalico.org/namespace: a}", ""),
            "metadata.labels",
        ),
        (object("HostEndpoint", "", "node: m1"), "spec.interfaceName"),
        (object("HostEndpoint", "", "interfaceName: eth0"), "spec.node"),
        (object("HostEndpoint", "", "node: m1, interfaceName: 'a b'"), "spec.interfaceName"),
        (object("HostEndpoint", "", "node: m1, expectedIPs: [10.0.0.0/8]"), "spec.expectedIPs[0]"),
        (
            object(
                "HostEndpoint",
                "",
                "node: m1, interfaceName: '*', ports: [{name: a, protocol: ICMP, port: 1}]",
            ),
            "spec.ports[0].protocol",
        ),
        (object("IPPool", "", "cidr: 10.0.0.1/8"), "spec.cidr"),
        (object("Profile", "", "labelsToApply: {'a b': c}"), "spec.labelsToApply[a b]"),
    ] {
        assert_eq!(refused(&text).0, field, "{text}");
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let text = np("selector: a b c, ingress: [{action: X}, {action: Allow, protocol: x}]");
    let problems = lower(&text, &Options::default()).expect_err("three");
    assert_eq!(problems.len(), 3);
}

#[test]
fn as_cluster_an_invalid_policy_is_absent() {
    let options = Options { as_cluster: true, ..Options::default() };
    let model = lower(&np("selector: a b"), &options).expect("loads");
    assert!(model.network.policies.is_empty());
    assert_eq!(model.notes[0].code, NoteCode::Absent);
    assert!(model.notes[0].message.contains("spec.selector"));
}

#[test]
fn versions() {
    let text = np("").replace("projectcalico.org/v3", "projectcalico.org/v1");
    let problems = lower(&text, &Options::default()).expect_err("version");
    assert_eq!(problems[0].code, ErrorCode::UnsupportedVersion);
    assert_eq!(refused_with(&text, &Options::default()).0, "apiVersion");
}
