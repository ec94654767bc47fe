//! Reading AuthorizationPolicy: every field, what the webhook refuses, what is odd.

use crate::{Options, Program, Source};

fn compile(spec: &str) -> Result<Program, crate::Error> {
    let head = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: p\n  namespace: foo\nspec:\n  ";
    let text = format!("{head}{}\n", spec.replace('\n', "\n  "));
    Program::compile(&[Source::new("p.yaml", text)], &Options::default())
}

fn refused(spec: &str, field: &str, message: &str) {
    let error = compile(spec).map(|_| ()).expect_err(spec);
    let found = error
        .problems()
        .iter()
        .any(|p| p.field.as_deref() == Some(field) && p.message.contains(message) && p.line > 0);
    assert!(found, "{spec}\nwanted {field}: {message}\ngot {error}");
}

#[test]
fn what_the_webhook_refuses() {
    refused("action: DENY", "spec.action", "without rules");
    refused("action: PERMIT", "spec.action", "not known");
    refused("action: CUSTOM\nrules: [{}]", "spec.provider.name", "needs a provider");
    refused("action: ALLOW\nprovider: {name: x}", "spec.provider", "only action CUSTOM");
    // The webhook takes empty lists, and they ask for nothing (recorded).
    assert!(compile("rules: [{from: [], to: [], when: []}]").is_ok());
    refused(
        "rules: [{from: [{source: {}}]}]",
        "spec.rules[0].from[0].source",
        "at least one field",
    );
    refused("rules: [{to: [{}]}]", "spec.rules[0].to[0].operation", "`operation`");
    refused(
        "rules: [{from: [{source: {ipBlocks: [10.0.0.0/33]}}]}]",
        "spec.rules[0].from[0].source.ipBlocks[0]",
        "not a CIDR",
    );
    refused(
        "rules: [{to: [{operation: {ports: [\"80a\"]}}]}]",
        "spec.rules[0].to[0].operation.ports[0]",
        "not a port",
    );
    refused(
        "rules: [{from: [{source: {serviceAccounts: [a], namespaces: [b]}}]}]",
        "spec.rules[0].from[0].source",
        "cannot stand beside",
    );
    refused(
        "rules: [{when: [{key: \"request.header[x]\", values: [a]}]}]",
        "spec.rules[0].when[0].key",
        "not a known attribute",
    );
    refused("rules: [{when: [{key: source.ip}]}]", "spec.rules[0].when[0]", "needs `values`");
    refused(
        "rules: [{to: [{operation: {paths: [\"/a/{x}/b\"]}}]}]",
        "spec.rules[0].to[0].operation.paths[0]",
        "not supported",
    );
    refused(
        "rules: [{to: [{operation: {paths: [\"/a/{**}/{*}\"]}}]}]",
        "spec.rules[0].to[0].operation.paths[0]",
        "may follow",
    );
    refused(
        "selector: {matchLabels: {app: x}}\ntargetRefs: [{kind: Service, name: s}]",
        "spec",
        "only one of",
    );
    refused(
        "rules: [{from: [{source: {principal: [a]}}]}]",
        "spec.rules[0].from[0].source.principal",
        "unknown field",
    );
    refused(
        "action: CUSTOM\nprovider: {name: x}\nrules: [{from: [{source: {principals: [a]}}]}]",
        "spec.rules[0].from[0].source.principals",
        "not supported with CUSTOM",
    );
}

#[test]
fn oddities_are_noted() {
    let noted = |spec: &str, text: &str| {
        let program = compile(spec).unwrap();
        let found = program.notes().iter().any(|n| n.message.contains(text) && n.place.is_some());
        assert!(found, "{spec}\n{:?}", program.notes());
    };
    noted(
        "rules: [{from: [{source: {principals: [\"spiffe://td/ns/a/sa/b\"]}}]}]",
        "never matches",
    );
    noted("rules: [{to: [{operation: {paths: [\"/a*b\"]}}]}]", "ordinary character");
    noted(
        "action: DENY\nrules: [{from: [{source: {notNamespaces: [s], principals: [cluster.local/ns/s/sa/x]}}]}]",
        "can never match",
    );
    noted(
        "action: DENY\nrules: [{when: [{key: \"request.headers[x]\", notValues: [\"\"]}]}]",
        "lacks the header",
    );
    noted("action: DENY\nrules: [{to: [{operation: {methods: [GET]}}]}]", "TCP ports");
    noted("rules: [{from: [{source: {requestPrincipals: [\"https://iss*\"]}}]}]", "never matches");
}
