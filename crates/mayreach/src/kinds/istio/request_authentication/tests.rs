//! Reading RequestAuthentication: every field, what the API server and the webhook refuse.

use crate::{NoteCode, Options, Program, Source};

fn compile_at(version: &str, metadata: &str, spec: &str) -> Result<Program, crate::Error> {
    let text = format!(
        "apiVersion: security.istio.io/{version}\nkind: RequestAuthentication\nmetadata:\n  \
         name: p\n  namespace: foo\n{metadata}spec:\n{}",
        spec.lines().map(|l| format!("  {l}")).collect::<Vec<_>>().join("\n")
    );
    Program::compile(&[Source::new("p.yaml", text)], &Options::default())
}

fn compile(spec: &str) -> Result<Program, crate::Error> {
    compile_at("v1", "", spec)
}

#[track_caller]
fn refused(spec: &str, field: &str, message: &str) {
    let error = compile(spec).map(|_| ()).expect_err(spec);
    let found = error
        .problems()
        .iter()
        .any(|p| p.field.as_deref() == Some(field) && p.message.contains(message) && p.line > 5);
    assert!(found, "{spec}\nwanted {field}: {message}\ngot {error}");
}

fn rule_refused(rule: &str, field: &str, message: &str) {
    let field = if field.is_empty() { String::new() } else { format!(".{field}") };
    refused(&format!("jwtRules: [{{{rule}}}]"), &format!("spec.jwtRules[0]{field}"), message);
}

const KEYS: &str = r#"'{"keys":[{"kty":"oct","k":"YQ"}]}'"#;

#[test]
fn every_field_is_read() {
    let spec = format!(
        "selector: {{matchLabels: {{app: api}}}}
jwtRules:
- issuer: https://iss
  audiences: [a]
  jwks: {KEYS}
  fromHeaders: [{{name: x-jwt, prefix: 'tok='}}]
  fromParams: [t]
  fromCookies: [c]
  outputPayloadToHeader: x-payload
  outputClaimToHeaders: [{{header: x-sub, claim: sub}}]
  forwardOriginalToken: true
  timeout: 1m30.5s
  spaceDelimitedClaims: [groups]
- issuer: other
  jwksUri: https://keys.example:8443/x?y#z
- {{jwks_uri: http://keys.example}}"
    );
    for version in ["v1", "v1beta1"] {
        let program = compile_at(version, "", &spec).unwrap();
        let policies = &program.inner.model.request_auth;
        assert_eq!(policies.len(), 1);
        let rules = &policies[0].rules;
        assert_eq!(rules.len(), 3);
        assert_eq!(rules[0].from_headers, [("x-jwt".to_owned(), "tok=".to_owned())]);
        assert_eq!(rules[0].output_claims, [("x-sub".to_owned(), "sub".to_owned())]);
        assert!(rules[0].forward_original_token && rules[0].keys.is_some());
        assert!(rules[1].keys.is_none() && rules[2].issuer.is_empty());
        assert_eq!(program.inner.model.policies[0].rules.len(), 3);
        // A shared key is a private one.
        let note = &program.notes()[0];
        assert_eq!(note.code, NoteCode::Suspicious);
        assert!(note.message.contains("key 0 holds private parts"), "{}", note.message);
    }
    for spec in ["{}", "jwtRules: []", "selector: {}"] {
        compile(spec).unwrap();
    }
    let version = compile_at("v1alpha1", "", "{}").unwrap_err();
    assert_eq!(version.code(), crate::ErrorCode::UnsupportedVersion);
}

#[test]
fn where_it_applies() {
    refused(
        "selector: {matchLabels: {app: x}}\ntargetRefs: [{kind: Service, name: s}]",
        "spec",
        "only one of",
    );
    refused("selector: {matchLabels: {app: 'x*'}}", "spec.selector.matchLabels[app]", "wildcard");
    refused("targetRefs: [{kind: Pod, name: s}]", "spec.targetRefs[0]", "cannot target");
    refused("targetRef: {kind: Service}", "spec.targetRef.name", "needs a name");
}

#[test]
fn what_is_refused_of_a_rule() {
    rule_refused("audiences: [a]", "", "needs `issuer` or `jwksUri`");
    rule_refused("issuer: ''", "issuer", "empty string");
    rule_refused("issuer: a, jwks: x, jwksUri: 'https://x'", "", "only one of");
    rule_refused("issuer: a, jwks_uri: 'https://x', jwksUri: 'https://x'", "", "only one of");
    rule_refused("issuer: a, audiences: [a, '']", "audiences[1]", "empty string");
    rule_refused("issuer: a, fromParams: ['']", "fromParams[0]", "empty string");
    rule_refused("issuer: a, fromCookies: ['']", "fromCookies[0]", "empty string");
    rule_refused("issuer: a, fromHeaders: [{prefix: x}]", "fromHeaders[0].name", "needs a name");
    rule_refused("issuer: a, fromHeaders: [{nam: x}]", "fromHeaders[0].nam", "unknown field");
    rule_refused("issuer: a, isuer: b", "isuer", "unknown field");
    rule_refused(
        "issuer: a, outputClaimToHeaders: [{header: x}]",
        "outputClaimToHeaders[0].claim",
        "needs a claim",
    );
    rule_refused(
        "issuer: a, outputClaimToHeaders: [{claim: x}]",
        "outputClaimToHeaders[0].header",
        "needs a header",
    );
    rule_refused(
        "issuer: a, outputClaimToHeaders: [{claim: x, header: 'a b'}]",
        "outputClaimToHeaders[0].header",
        "not a header name",
    );
    rule_refused("issuer: a, spaceDelimitedClaims: ['']", "spaceDelimitedClaims[0]", "empty");
    let many = vec!["c"; 65].join(", ");
    rule_refused(
        &format!("issuer: a, spaceDelimitedClaims: [{many}]"),
        "spaceDelimitedClaims",
        "at most 64",
    );
}

#[test]
fn urls_and_durations() {
    for uri in ["ftp://x", "keys.example", "https://x:port/", "https://a b", ""] {
        rule_refused(&format!("issuer: a, jwksUri: '{uri}'"), "jwksUri", "URL");
    }
    for uri in ["http://x", "HTTPS://x:/", "https://[::1]:80/x", "https://u:p@x/y:z"] {
        compile(&format!("jwtRules: [{{jwksUri: '{uri}'}}]")).unwrap();
    }
    for (timeout, message) in [
        ("5", "not a duration"),
        ("", "not a duration"),
        ("5x", "not a duration"),
        ("1.2.3s", "not a duration"),
        (".s", "not a duration"),
        ("0", "at least 1ms"),
        ("-5s", "at least 1ms"),
        ("999us", "at least 1ms"),
        ("1.5ms", "milliseconds"),
    ] {
        rule_refused(&format!("issuer: a, timeout: '{timeout}'"), "timeout", message);
    }
    for timeout in ["5s", "1ms", "1h2m3.004s", "+.5s", "1000us"] {
        compile(&format!("jwtRules: [{{issuer: a, timeout: '{timeout}'}}]")).unwrap();
    }
}

/// What `jwk.Parse` answers, which the webhook calls.
#[test]
fn inline_keys() {
    let key = r#""kty":"RSA","n":"AQAB","e":"AQAB""#;
    for (set, message) in [
        ("x".to_owned(), "not JSON"),
        ("[]".to_owned(), "not a JSON object"),
        ("null".to_owned(), "not a JSON object"),
        ("{}".to_owned(), "no `keys`"),
        (r#"{"keys":{}}"#.to_owned(), "not a list"),
        (r#"{"keys":["x"]}"#.to_owned(), "key 0 is not an object"),
        (r#"{"keys":[{}]}"#.to_owned(), "key 0: `kty` is missing"),
        (r#"{"keys":[{"kty":"rsa"}]}"#.to_owned(), "`rsa` is not a key type"),
        (r#"{"keys":[{"kty":"RSA","n":"AQAB"}]}"#.to_owned(), "`e` is missing"),
        (r#"{"keys":[{"kty":"EC","x":"AQ","y":"AQ"}]}"#.to_owned(), "`crv` is missing"),
        (r#"{"keys":[{"kty":"OKP","x":"AQ"}]}"#.to_owned(), "`crv` is missing"),
        (r#"{"keys":[{"kty":"oct"}]}"#.to_owned(), "`k` is missing"),
        (r#"{"keys":[{"kty":"RSA","n":"!!","e":"AQAB"}]}"#.to_owned(), "`n` is not base64url"),
        (r#"{"keys":[{"kty":"RSA","n":"AQAB=","e":"AQAB"}]}"#.to_owned(), "`n` is not base64url"),
        (format!(r#"{{"keys":[{{{key},"alg":5}}]}}"#), "`alg` is not a string"),
        (format!(r#"{{"keys":[{{{key}}},]}}"#), "not JSON"),
    ] {
        rule_refused(&format!("issuer: a, jwks: '{set}'"), "jwks", message);
    }
    // No key set at all.
    let program = compile("jwtRules: [{issuer: a, jwks: ''}]").unwrap();
    assert!(program.notes().iter().all(|note| note.code != NoteCode::NotEvaluated));
}

#[cfg(feature = "jwt")]
#[test]
fn what_the_webhook_takes_and_envoy_refuses() {
    let key = r#""kty":"RSA","n":"AQAB","e":"AQAB""#;
    for set in [
        r#"{"keys":[]}"#.to_owned(),
        r#"{"keys":null}"#.to_owned(),
        format!("{{{key}}}"),
        r#"{"keys":[{"kty":"EC","crv":"P-999","x":"AQ","y":"AQ"}]}"#.to_owned(),
    ] {
        let program = compile(&format!("jwtRules: [{{issuer: a, jwks: '{set}'}}]")).unwrap();
        let note = &program.notes()[0];
        assert_eq!(note.code, NoteCode::NotEvaluated, "{set}");
        assert!(note.message.contains("refuses the listener"), "{}", note.message);
        assert_eq!(program.inner.model.unevaluated.len(), 1);
    }
}

#[test]
fn annotations_that_are_not_for_it() {
    let with = |name: &str| {
        let metadata = format!("  annotations: {{\"{name}\": \"true\"}}\n");
        compile_at("v1", &metadata, "{}").map(|_| ()).expect_err(name).to_string()
    };
    assert!(with("istio.io/dry-run").contains("only AuthorizationPolicy"));
    assert!(with("internal.istio.io/parents").contains("istiod's own"));
}
