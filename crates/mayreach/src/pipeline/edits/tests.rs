//! What a change of policies shares with the program before it.

use std::sync::Arc;

use crate::{Changes, ObjectRef, Options, Program, Source};

const PODS: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: shop}
spec: {podSelector: {}, ingress: [{}]}
";

fn policy(kind: &str, name: &str, spec: &str) -> Changes {
    let group = if kind == "NetworkPolicy" { "networking.k8s.io" } else { "security.istio.io" };
    let text = format!(
        "{{apiVersion: {group}/v1, kind: {kind}, metadata: {{name: {name}, namespace: shop}}, spec: {spec}}}"
    );
    Changes { set: vec![Source::new(name, text)], ..Changes::default() }
}

fn gone(kind: &str, name: &str) -> Changes {
    let remove = vec![ObjectRef::new(kind, Some("shop"), name)];
    Changes { remove, ..Changes::default() }
}

/// Whether network and seats are the same; the index is.
fn shared(before: &Program, changes: &Changes, after: &Program) -> [bool; 2] {
    let (before, after) = (&before.inner, &after.inner);
    assert!(Arc::ptr_eq(&before.index, &after.index), "not the short way: {changes:?}");
    [Arc::ptr_eq(&before.net, &after.net), Arc::ptr_eq(&before.seats, &after.seats)]
}

#[test]
fn a_change_shares_what_it_is_not_about() {
    let mut program = Program::compile(&[Source::new("pods", PODS)], &Options::default()).unwrap();
    let deny = "{action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]}";
    let other = "{action: DENY, rules: [{to: [{operation: {paths: [/other]}}]}]}";
    let of_db = "{selector: {matchLabels: {app: db}}, rules: [{}]}";
    let cookie = "{rules: [{when: [{key: 'request.headers[cookie]', values: [a]}]}]}";
    let steps = [
        // To all workloads of a pick: no workload has another.
        (policy("AuthorizationPolicy", "deny", deny), [true, true]),
        (policy("AuthorizationPolicy", "deny", other), [true, true]),
        // To some: they get their own.
        (policy("AuthorizationPolicy", "db", of_db), [true, false]),
        (gone("AuthorizationPolicy", "db"), [true, true]),
        // Proxies read more of a request than before.
        (policy("AuthorizationPolicy", "cookie", cookie), [true, false]),
        (gone("AuthorizationPolicy", "cookie"), [true, false]),
        (policy("PeerAuthentication", "strict", "{mtls: {mode: STRICT}}"), [true, false]),
        (policy("RequestAuthentication", "jwt", "{jwtRules: [{issuer: i}]}"), [true, false]),
        (policy("NetworkPolicy", "closed", "{podSelector: {}}"), [false, false]),
        (gone("NetworkPolicy", "closed"), [false, false]),
        (gone("PeerAuthentication", "strict"), [true, false]),
    ];
    for (changes, expected) in steps {
        let next = program.update(&changes).unwrap();
        assert_eq!(shared(&program, &changes, &next), expected, "{changes:?}");
        program = next;
    }
    assert_eq!(program.policies().count(), 3);
}

#[test]
fn what_bears_on_more_is_compiled_as_a_whole() {
    let program = Program::compile(&[Source::new("pods", PODS)], &Options::default()).unwrap();
    let both = Changes {
        remove: gone("NetworkPolicy", "open").remove,
        ..policy("NetworkPolicy", "open", "{podSelector: {}}")
    };
    assert!(program.update(&both).is_err());
    for changes in [
        // Whether there is network policy at all.
        gone("NetworkPolicy", "open"),
        // Who is there.
        Changes { set: vec![Source::new("pod", PODS.replace("web", "api"))], ..Changes::default() },
    ] {
        let next = program.update(&changes).unwrap();
        assert!(!Arc::ptr_eq(&program.inner.index, &next.inner.index), "{changes:?}");
    }
}

#[test]
fn what_changes_often_leaves_nothing_behind() {
    let mut program = Program::compile(&[Source::new("pods", PODS)], &Options::default()).unwrap();
    for n in 0..600 {
        let name = format!("p{n}");
        program = program.update(&policy("AuthorizationPolicy", &name, "{rules: [{}]}")).unwrap();
        program = program.update(&gone("AuthorizationPolicy", &name)).unwrap();
    }
    let documents = &program.inner.documents;
    assert!(documents.all.len() < 300 && documents.names.len() < 300);
}
