//! Who takes part in the mesh, by every label, annotation and container that says so.

use crate::{Options, Program, Source, model::inventory::Enrolment, options::AssumedEnrolment};

/// The enrolment of the pod `p` in namespace `n`.
fn enrolled(namespace: &str, pod: &str, spec: &str, assumed: AssumedEnrolment) -> Enrolment {
    let text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: space, {namespace}}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: space, {pod}}}\nspec: {{{spec}}}\n"
    );
    let mut options = Options::default();
    options.enrolment = assumed;
    let program = Program::compile(&[Source::new("t.yaml", text)], &options).unwrap();
    program.inner.model.inventory.workloads[0].mesh.clone()
}

fn of(namespace: &str, pod: &str, spec: &str) -> Enrolment {
    enrolled(namespace, pod, spec, AssumedEnrolment::None)
}

const APP: &str = "containers: [{name: app, image: a}]";
const ON: &str = "labels: {istio-injection: enabled}";
const OFF: &str = "labels: {istio-injection: disabled}";
const REV: &str = "labels: {istio.io/rev: canary}";
const AMBIENT: &str = "labels: {istio.io/dataplane-mode: ambient}";
const INJECT: &str = "labels: {sidecar.istio.io/inject: \"true\"}";
const NO_INJECT: &str = "labels: {sidecar.istio.io/inject: \"false\"}";

#[test]
fn injection() {
    let cases = [
        ("", "", Enrolment::None),
        (ON, "", Enrolment::Sidecar),
        (REV, "", Enrolment::Sidecar),
        (OFF, "", Enrolment::None),
        (ON, NO_INJECT, Enrolment::None),
        (OFF, INJECT, Enrolment::None),
        ("", INJECT, Enrolment::Sidecar),
        ("", "labels: {istio.io/rev: canary}", Enrolment::Sidecar),
        ("", "labels: {istio.io/rev: canary, sidecar.istio.io/inject: \"false\"}", Enrolment::None),
        // The annotation reaches no webhook by itself, and is heard where one is reached.
        ("", "annotations: {sidecar.istio.io/inject: \"true\"}", Enrolment::None),
        (ON, "annotations: {sidecar.istio.io/inject: \"false\"}", Enrolment::None),
        (
            ON,
            "labels: {sidecar.istio.io/inject: \"true\"}, annotations: {sidecar.istio.io/inject: \"false\"}",
            Enrolment::Sidecar,
        ),
        // Neither true nor false falls back to the policy, which is enabled.
        (ON, "labels: {sidecar.istio.io/inject: \"maybe\"}", Enrolment::Sidecar),
    ];
    for (namespace, pod, expected) in cases {
        assert_eq!(of(namespace, pod, APP), expected, "{namespace} {pod}");
    }
}

#[test]
fn the_host_network_is_never_in_the_mesh() {
    let spec = "hostNetwork: true, containers: [{name: app, image: a}]";
    assert_eq!(of(ON, "", spec), Enrolment::None);
    assert_eq!(of(AMBIENT, "", spec), Enrolment::None);
    assert_eq!(enrolled("", "", spec, AssumedEnrolment::Sidecar), Enrolment::None);
}

#[test]
fn a_proxy_in_the_pod() {
    let with =
        |args: &str| format!("containers: [{{name: istio-proxy, image: p, args: [{args}]}}]");
    assert_eq!(of("", "", &with("proxy, sidecar")), Enrolment::Sidecar);
    assert_eq!(of("", "", &with("proxy, router")), Enrolment::Gateway { gateway_api: false });
    assert_eq!(of("", "", &with("proxy, waypoint")), Enrolment::Waypoint);
    let labelled = "labels: {gateway.networking.k8s.io/gateway-name: gw}";
    assert_eq!(of("", labelled, &with("proxy, router")), Enrolment::Gateway { gateway_api: true });
    assert_eq!(of("", labelled, &with("proxy, sidecar")), Enrolment::Sidecar);
    let managed = "labels: {gateway.networking.k8s.io/gateway-name: gw, gateway.istio.io/managed: istio.io-mesh-controller}";
    assert_eq!(of("", managed, APP), Enrolment::Waypoint);
    let template = "labels: {sidecar.istio.io/inject: \"true\"}, annotations: {inject.istio.io/templates: gateway}";
    assert_eq!(
        of("", template, "containers: [{name: istio-proxy, image: auto}]"),
        Enrolment::Gateway { gateway_api: false }
    );
}

#[test]
fn ambient() {
    let captured = Enrolment::Ambient { waypoint: None };
    assert_eq!(of(AMBIENT, "", APP), captured);
    assert_eq!(of("", AMBIENT, APP), captured);
    assert_eq!(of(AMBIENT, "labels: {istio.io/dataplane-mode: none}", APP), Enrolment::None);
    assert_eq!(of(AMBIENT, INJECT, APP), Enrolment::Sidecar);
    let waypoint = "labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: w}";
    assert_eq!(
        of(waypoint, "", APP),
        Enrolment::Ambient { waypoint: Some(("space".into(), "w".into())) }
    );
}

#[test]
fn an_assumption_holds_only_where_nobody_says_anything() {
    let assume = |namespace, pod| enrolled(namespace, pod, APP, AssumedEnrolment::Sidecar);
    assert_eq!(assume("", ""), Enrolment::Sidecar);
    assert_eq!(assume(OFF, ""), Enrolment::None);
    assert_eq!(assume("", NO_INJECT), Enrolment::None);
    assert_eq!(assume("", "labels: {istio.io/dataplane-mode: none}"), Enrolment::None);
    assert_eq!(assume(AMBIENT, ""), Enrolment::Ambient { waypoint: None });
}
