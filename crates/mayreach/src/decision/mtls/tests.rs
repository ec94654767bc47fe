//! The effective mode, what clients send, and what becomes of it.

use crate::{
    Attributes, ClientFault, Layer, MtlsModeName, Reason, Verdict,
    decision::mesh::testing::{decide, layer, program},
};

fn peer_auth(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n\
         metadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n---\n"
    )
}

fn destination_rule(host: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\n\
         metadata: {{name: r, namespace: foo}}\nspec: {{host: {host}, {spec}}}\n---\n"
    )
}

#[test]
fn a_namespace_that_is_disable_gets_plaintext_whatever_its_ports_say() {
    // PushContext.BestEffortInferServiceMTLSMode looks at mesh and namespace only.
    let text = peer_auth("foo", "all", "mtls: {mode: DISABLE}")
        + &peer_auth("foo", "api", "selector: {matchLabels: {app: api}}, mtls: {mode: STRICT}");
    let found = decide(&program(&text), "foo/web", "foo/api", 8080, |_| {});
    let Reason::MtlsRefused { mode, client, .. } = layer(&found, Layer::Mtls).reason else {
        panic!("{found:?}")
    };
    assert_eq!((mode, client), (MtlsModeName::Strict, ClientFault::Plaintext));
    let forced = decide(&program(&text), "foo/web", "foo/api", 8080, |f| f.mtls = Some(true));
    assert_eq!(layer(&forced, Layer::Mtls).verdict, Verdict::Allow);
}

#[test]
fn a_policy_without_a_time_is_the_newest() {
    let dated = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n\
         metadata: {name: z, namespace: foo, creationTimestamp: \"2025-01-01T00:00:00Z\"}\n\
         spec: {mtls: {mode: STRICT}}\n---\n";
    let text = peer_auth("foo", "a", "mtls: {mode: PERMISSIVE}") + dated;
    let found = decide(&program(&text), "legacy/old", "foo/api", 8080, |_| {});
    assert_eq!(layer(&found, Layer::Mtls).verdict, Verdict::Deny);
}

#[test]
fn an_unknown_port_is_undetermined_where_modes_differ() {
    let text = peer_auth(
        "foo",
        "api",
        "selector: {matchLabels: {app: api}}, mtls: {mode: STRICT}, portLevelMtls: {\"9000\": {mode: PERMISSIVE}}",
    );
    let ask = |from: &'static str| {
        decide(&program(&text), from, "foo/api", 1, |f| f.port = crate::Port::Unknown)
    };
    let plain = layer(&ask("legacy/old"), Layer::Mtls);
    assert_eq!(plain.verdict, Verdict::Undetermined);
    let Reason::Missing { attributes, .. } = plain.reason else { panic!("{plain:?}") };
    assert!(attributes.contains(Attributes::PORT));
    assert_eq!(layer(&ask("foo/web"), Layer::Mtls).verdict, Verdict::Allow);
}

#[test]
fn destination_rules_say_what_a_sidecar_sends() {
    let strict = peer_auth("foo", "all", "mtls: {mode: STRICT}");
    let ask = |rule: &str, port| {
        let found = decide(&program(&(strict.clone() + rule)), "foo/web", "foo/api", port, |_| {});
        layer(&found, Layer::Mtls).verdict
    };
    assert_eq!(ask("", 8080), Verdict::Allow);
    let off = |host| destination_rule(host, "trafficPolicy: {tls: {mode: DISABLE}}");
    for host in ["api", "api.foo.svc.cluster.local", "\"*.foo.svc.cluster.local\"", "\"*\""] {
        assert_eq!(ask(&off(host), 8080), Verdict::Deny, "{host}");
    }
    // A name with a dot is taken as it is.
    assert_eq!(ask(&off("api.foo"), 8080), Verdict::Allow);
    assert_eq!(ask(&off("other"), 8080), Verdict::Allow);
    let port = destination_rule(
        "api",
        "trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]}",
    );
    assert_eq!(ask(&port, 8080), Verdict::Deny);
    assert_eq!(ask(&port, 9000), Verdict::Allow);
    let simple = destination_rule("api", "trafficPolicy: {tls: {mode: SIMPLE}}");
    assert_eq!(ask(&simple, 8080), Verdict::Deny);
}

#[test]
fn mutual_tls_to_a_workload_without_a_proxy_fails() {
    let rule = destination_rule(
        "old.legacy.svc.cluster.local",
        "trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}",
    );
    let found = decide(&program(&rule), "foo/web", "legacy/old", 8080, |_| {});
    assert_eq!(layer(&found, Layer::Mtls).verdict, Verdict::Deny);
    let auto = decide(&program(""), "foo/web", "legacy/old", 8080, |_| {});
    assert_eq!(layer(&auto, Layer::Mtls).reason, Reason::NotInMesh);
}

#[test]
fn a_sidecar_can_be_passed_by() {
    let strict = peer_auth("foo", "all", "mtls: {mode: STRICT}");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: hole, namespace: foo, annotations: \
         {traffic.sidecar.istio.io/excludeInboundPorts: \"9999, 8081\"}}\n\
         spec: {containers: [{name: c, image: i}]}\n---\n";
    let program = program(&(strict + pod));
    let ask = |port| layer(&decide(&program, "legacy/old", "foo/hole", port, |_| {}), Layer::Mtls);
    assert_eq!(ask(8081).reason, Reason::NotInMesh);
    assert_eq!(ask(15021).reason, Reason::NotInMesh);
    assert_eq!(ask(8080).verdict, Verdict::Deny);
}

#[test]
fn ztunnel_refuses_plaintext_as_istiod_converts_the_policies() {
    let selector = "selector: {matchLabels: {app: srv}}";
    let ask = |text: &str, port| {
        let found = decide(&program(text), "legacy/old", "bar/srv", port, |_| {});
        layer(&found, Layer::Mtls).verdict == Verdict::Deny
    };
    let mesh = peer_auth("istio-system", "mesh", "mtls: {mode: STRICT}");
    assert!(!ask("", 8080));
    assert!(ask(&mesh, 8080));
    assert!(!ask(&(mesh.clone() + &peer_auth("bar", "all", "mtls: {mode: PERMISSIVE}")), 8080));
    let ports = |mode: &str, ports: &str| {
        peer_auth("bar", "w", &format!("{selector}, {mode}portLevelMtls: {{{ports}}}"))
    };
    // STRICT with an open port.
    let open = ports("mtls: {mode: STRICT}, ", "\"8080\": {mode: DISABLE}");
    assert_eq!((ask(&open, 8080), ask(&open, 9000)), (false, true));
    // Open with a STRICT port.
    let closed = ports("mtls: {mode: PERMISSIVE}, ", "\"8080\": {mode: STRICT}");
    assert_eq!((ask(&closed, 8080), ask(&closed, 9000)), (true, false));
    // Under a STRICT parent, a PERMISSIVE port is open and a DISABLE port is not.
    let lifted = mesh.clone() + &ports("", "\"8080\": {mode: PERMISSIVE}");
    assert_eq!((ask(&lifted, 8080), ask(&lifted, 9000)), (false, true));
    let not_lifted = mesh.clone() + &ports("", "\"8080\": {mode: DISABLE}");
    assert_eq!((ask(&not_lifted, 8080), ask(&not_lifted, 9000)), (true, true));
    // A namespace policy that sets nothing between them opens every port.
    let unset = lifted + &peer_auth("bar", "all", "mtls: {mode: UNSET}");
    assert_eq!((ask(&unset, 8080), ask(&unset, 9000)), (false, false));
    // Who tunnels is never refused.
    let found = decide(&program(&mesh), "bar/amb", "bar/srv", 8080, |_| {});
    assert_eq!(layer(&found, Layer::Mtls).verdict, Verdict::Allow);
}
