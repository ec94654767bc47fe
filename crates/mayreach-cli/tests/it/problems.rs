//! Bad input and bad usage: exit status 2, where, what, and the likely fix.

use crate::run::{file, run, run_with};

const FLOW: [&str; 4] = ["--from", "a/b", "--to", "a/c"];

#[test]
fn a_wrong_manifest_shows_its_line() {
    let path = file(
        "wrong.yaml",
        b"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, namespace: a}\n\
          spec:\n  podSelector: {}\n  ingress:\n    - fromm: []\n",
    );
    let ran = run(&[&["check", &path], &FLOW[..]].concat());
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.out.is_empty(), "{}", ran.out);
    assert!(ran.err.contains("wrong.yaml:7:"), "{}", ran.err);
    assert!(ran.err.contains("7 |     - fromm: []"), "{}", ran.err);
    assert!(ran.err.contains('^'), "{}", ran.err);
    assert!(ran.err.contains("`from`"), "the likely fix: {}", ran.err);
}

#[test]
fn every_problem_is_told() {
    let one = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: NAME, \
               namespace: a}, spec: {podSelectr: {}}}\n---\n";
    let manifests = one.replace("NAME", "one") + &one.replace("NAME", "two");
    let ran = run_with(&[&["check", "-"], &FLOW[..]].concat(), manifests.as_bytes());
    assert_eq!(ran.status, 2);
    assert!(ran.err.matches("error:").count() >= 2, "{}", ran.err);
    assert!(ran.err.contains("-:3:"), "{}", ran.err);
}

#[test]
fn usage_is_2() {
    for arguments in [
        &["check"][..],
        &["check", "examples/tenants"],
        &["check", "examples/tenants", "--from", "tenant-acme/web"],
        &["check", "examples/tenants", "--from", "web", "--to", "a/b"],
        &["check", "examples/tenants", "--flows", "-", "--port", "80"],
        &["check", "examples/tenants", "--flows", "nowhere.jsonl"],
        &["check", "nowhere", "--from", "a/b", "--to", "a/c"],
        &["check", "-", "--flows", "-"],
        &["matrix"],
        &["describe", "examples/tenants"],
        &["frobnicate"],
        &[],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}: {ran:?}");
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn values_of_arguments_are_strict() {
    let flow =
        ["check", "examples/tenants", "--from", "tenant-acme/web", "--to", "tenant-acme/api"];
    for (argument, value, said) in [
        ("--port", "80.5", "from 1 to 65535"),
        ("--port", "0", "from 1 to 65535"),
        ("--port", "-1", "from 1 to 65535"),
        ("--port", "+80", "from 1 to 65535"),
        ("--port", "4294967376", "from 1 to 65535"),
        ("--protocol", "tcp", "did you mean `TCP`?"),
        ("--protocol", "0", "1 to 255"),
        ("--header", "x-id", "`name: value`"),
        ("--now", "tomorrow", "2026-11-22T00:00:00Z"),
        ("--ext-authz", "opa=maybe", "`name=allow`"),
        ("--icmp", "300", "from 0 to 255"),
        ("--pod-network", "10.0.0.0/40", "is not a network"),
        ("--plugin", "cilium", "auto, kubernetes, calico"),
        ("--calico-version", "3.30", "did you mean"),
        ("--enrolment", "Sidecar", "did you mean `sidecar`?"),
        ("--jwks", "issuer", "is not `issuer=file`"),
    ] {
        let set = format!("{argument}={value}");
        let ran = run(&[&flow[..], &[&set]].concat());
        assert_eq!(ran.status, 2, "{argument} {value}: {ran:?}");
        assert!(ran.err.contains(said), "{argument} {value}: {}", ran.err);
    }
}

#[test]
fn names_and_ports_that_nobody_has() {
    let check = |from: &str, to: &str, port: &str| {
        let ran = run(&["check", "examples/tenants", "--from", from, "--to", to, "--port", port]);
        assert_eq!(ran.status, 2, "{ran:?}");
        ran.err
    };
    let err = check("tenant-acme/web", "service:tenant-acme/api", "8080");
    assert!(err.contains("--port") && err.contains("80/TCP (http)"), "{err}");
    let err = check("tenant-acme/wep", "tenant-acme/api", "8080");
    assert!(err.contains("--from") && err.contains("`web`"), "{err}");
    let err = check("tenant-acme/web", "tenant-acme/api", "https");
    assert!(err.contains("no port named `https`"), "{err}");
}

#[test]
fn a_manifest_does_not_steer_the_terminal() {
    let manifests = "{apiVersion: v1, kind: Pod, metadata: {name: \"\\e[2Jx\", namespace: a}}";
    let ran = run_with(&[&["check", "-"], &FLOW[..]].concat(), manifests.as_bytes());
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
}
