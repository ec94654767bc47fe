//! How ports are declared, and what two possible identities say together.

use super::Identity;
use crate::{
    Attributes, Http, Layer, Verdict,
    decision::mesh::testing::{decide, layer, program},
    model::Tri,
};

/// Whether raw bytes reach TCP rules on a port that a Service declares so.
fn is_tcp(port: &str) -> bool {
    let text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: other, namespace: foo}}\n\
         spec: {{selector: {{app: api}}, ports: [{{{port}, targetPort: 6000}}]}}\n---\n\
         apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n\
         metadata: {{name: d, namespace: foo}}\n\
         spec: {{action: DENY, rules: [{{to: [{{operation: {{methods: [GET]}}}}]}}]}}\n"
    );
    let found = decide(&program(&text), "foo/web", "foo/api", 6000, |f| {
        f.http = Http::Request(crate::Request {
            method: Some("POST"),
            path: Some("/"),
            host: None,
            headers: None,
        });
    });
    layer(&found, Layer::Authorization).verdict == Verdict::Deny
}

#[test]
fn port_names_and_protocols() {
    for port in [
        "name: tcp, port: 1",
        "name: tcp-http, port: 1",
        "name: https, port: 1",
        "name: tls-x, port: 1",
        "name: mysql, port: 1",
        "name: redis-main, port: 1",
        "name: x, port: 3306",
        "name: http, port: 1, appProtocol: tcp",
        "name: http, port: 1, appProtocol: kubernetes.io/wss",
    ] {
        assert!(is_tcp(port), "{port}");
    }
    for port in [
        "name: http, port: 1",
        "name: http2-x, port: 1",
        "name: grpc, port: 1",
        "name: grpc-web-x, port: 1",
        "name: x, port: 1",
        "name: httpx, port: 1",
        "name: tcp, port: 1, appProtocol: http",
        "name: tcp, port: 1, appProtocol: kubernetes.io/h2c",
        "name: http, port: 3306",
    ] {
        assert!(!is_tcp(port), "{port}");
    }
}

#[test]
fn two_services_that_disagree_leave_it_open() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: foo}\n\
         spec: {selector: {app: api}, ports: [{name: tcp, port: 1, targetPort: 8080}]}\n---\n\
         apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n\
         metadata: {name: d, namespace: foo}\n\
         spec: {action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}\n";
    let found = decide(&program(text), "foo/web", "foo/api", 8080, |f| {
        f.http = Http::Request(crate::Request {
            method: Some("POST"),
            path: Some("/"),
            host: None,
            headers: None,
        });
    });
    assert_eq!(layer(&found, Layer::Authorization).verdict, Verdict::Undetermined);
}

#[test]
fn identities() {
    let missing = Attributes::MTLS;
    let known = Identity::Known("spiffe://a".into());
    let perhaps = known.either(&Identity::None, missing);
    assert_eq!(perhaps, Identity::Perhaps("spiffe://a".into(), missing));
    assert_eq!(perhaps.test(|id| id == "spiffe://a"), Tri::Unknown(missing));
    assert_eq!(perhaps.test(|id| id == "spiffe://b"), Tri::No);
    assert_eq!(known.either(&known, missing), known);
    let other = Identity::Known("spiffe://b".into());
    assert_eq!(known.either(&other, missing), Identity::Unknown(missing));
    assert_eq!(Identity::None.test(|_| true), Tri::No);
}
