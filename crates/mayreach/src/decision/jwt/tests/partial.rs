//! Questions that leave something out: no allow and no deny that is not sure.

use super::{Ask, Key, NOW, ask, cluster, cluster_with, forge, passes, rule, says};
use crate::Verdict;

const GOOD: &str = r#"{"iss":"a","sub":"s"}"#;
const FORM: &str =
    "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections";

fn one() -> [String; 1] {
    [rule("a", Key::Ec, "")]
}

#[test]
fn a_token_that_is_not_spoken_of() {
    let program = cluster(&one());
    let mut part = Ask::get();
    part.headers = None;
    // Method and path together make a request whole.
    says(&program, &part, "allow no token");
    part.path = None;
    says(&program, &part, "undetermined token");
    part.no_token = true;
    says(&program, &part, "allow no token");
    // One token that is bad is enough to be refused, unless this is a preflight.
    part.no_token = false;
    part.path = Some("/?access_token=x".into());
    part.method = None;
    says(&program, &part, "undetermined http.method http.headers");
    part.headers = Some(Vec::new());
    says(&program, &part, FORM);
}

#[test]
fn a_token_beside_the_headers() {
    let program = cluster(&one());
    let mut asked = Ask::get();
    asked.token = Some(Key::Ec.token(GOOD));
    says(&program, &asked, "allow rule 0");
    asked.token = Some("x".into());
    says(&program, &asked, FORM);
    // Nothing else need be said for that.
    asked.token = Some(Key::Ec.token(GOOD));
    asked.method = None;
    asked.path = None;
    asked.headers = None;
    says(&program, &asked, "allow rule 0");
    // But a preflight has no claims.
    let principal = "{from: [{source: {requestPrincipals: ['a/s']}}]}";
    assert_eq!(passes(&one(), principal, &asked), Verdict::Undetermined);
    asked.method = Some("GET".into());
    assert_eq!(passes(&one(), principal, &asked), Verdict::Allow);
    // It is a header like any other to the filters after.
    let header = "{when: [{key: 'request.headers[authorization]', values: ['*']}]}";
    assert_eq!(passes(&one(), header, &asked), Verdict::Deny);
    let kept = [rule("a", Key::Ec, "forwardOriginalToken: true")];
    assert_eq!(passes(&kept, header, &asked), Verdict::Allow);
    // Beside an `Authorization` line it is joined.
    let joined = Ask { token: Some(Key::Ec.token(GOOD)), ..Ask::bearer(&Key::Ec.token(GOOD)) };
    says(&program, &joined, FORM);
}

#[test]
fn a_payload_that_is_vouched_for() {
    let program = cluster(&[rule("a", Key::Ec, "audiences: [x]")]);
    let vouch = |payload: &str| Ask { verified: Some(payload.into()), ..Ask::get() };
    for (payload, expected) in [
        (r#"{"iss":"a","aud":"x"}"#.to_owned(), "allow rule 0"),
        (r#"{"iss":"a"}"#.to_owned(), "403 Audiences in Jwt are not allowed"),
        (r#"{"iss":"b","aud":"x"}"#.to_owned(), "401 Jwt issuer is not configured"),
        (format!(r#"{{"iss":"a","aud":"x","exp":{}}}"#, NOW - 99), "401 Jwt is expired"),
        ("nonsense".to_owned(), "401 Jwt payload is an invalid JSON"),
    ] {
        says(&program, &vouch(&payload), expected);
    }
    let principal = "{from: [{source: {requestPrincipals: ['a/s']}}]}";
    assert_eq!(passes(&one(), principal, &vouch(GOOD)), Verdict::Allow);
    // Where it stays, a header of unknown text stands.
    let kept = [rule("a", Key::Ec, "forwardOriginalToken: true")];
    let header = |value: &str| {
        format!("{{when: [{{key: 'request.headers[authorization]', values: ['{value}']}}]}}")
    };
    assert_eq!(passes(&kept, &header("*"), &vouch(GOOD)), Verdict::Allow);
    assert_eq!(passes(&kept, &header("Bearer x"), &vouch(GOOD)), Verdict::Undetermined);
    // Joined with a line of the flow's own nobody knows what comes of it.
    let joined = vouch(GOOD).header("authorization", "x");
    says(&cluster(&one()), &joined, "undetermined http.headers");
}

#[test]
fn no_time_is_given() {
    let program = cluster(&[rule("a", Key::Ec, "audiences: [x]")]);
    let asked = |claims: &str| Ask {
        now: None,
        ..Ask::bearer(&Key::Ec.token(&format!(r#"{{"iss":"a"{claims}}}"#)))
    };
    says(&program, &asked(r#","aud":"x""#), "allow rule 0");
    says(&program, &asked(r#","aud":"x","exp":0"#), "allow rule 0");
    says(&program, &asked(r#","aud":"x","exp":5"#), "undetermined now");
    says(&program, &asked(r#","aud":"x","nbf":5"#), "undetermined now");
    // Refused whatever the time is.
    says(&program, &asked(r#","aud":"y","exp":5"#), "403 Audiences in Jwt are not allowed");
}

#[test]
fn no_keys_are_given() {
    let away = "{issuer: a, jwksUri: 'https://keys.example/a', audiences: [x]}".to_owned();
    let program = cluster(std::slice::from_ref(&away));
    let asked = |payload: &str| Ask::bearer(&Key::Ec.token(payload));
    says(&program, &Ask::get(), "allow no token");
    says(&program, &asked(r#"{"iss":"a","aud":"x"}"#), "undetermined jwks");
    says(&program, &asked(r#"{"iss":"a"}"#), "403 Audiences in Jwt are not allowed");
    says(&program, &asked(r#"{"iss":"b"}"#), "401 Jwt issuer is not configured");
    let mut both = asked(r#"{"iss":"a","aud":"x","exp":5}"#);
    both.now = None;
    says(&program, &both, "undetermined now jwks");
    // Another provider may accept it all the same, or not.
    let two = [away, rule("a", Key::Ec, "")];
    let token = r#"{"iss":"a","aud":"x","sub":"s"}"#;
    let verdict = ask(&cluster(&two), &asked(token));
    assert!(verdict.jwt.starts_with("allow rule"), "{}", verdict.jwt);
    let principal = "{from: [{source: {requestPrincipals: ['a/s']}}]}";
    assert_eq!(passes(&two, principal, &asked(token)), Verdict::Allow);
}

/// The options' keys stand in for what istiod fetches.
#[test]
fn keys_from_the_options() {
    use crate::{Flow, Http, Layer, Options, Peer, Port, Program, Request, Source, Token};
    let text = "
apiVersion: v1
kind: Namespace
metadata: {name: foo, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: foo}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: r, namespace: foo}
spec: {jwtRules: [{issuer: a, jwksUri: 'https://keys.example/a'}]}
";
    let at = |text: &str, name: &str, key: Key| {
        let mut options = Options::default();
        options.jwks.push((name.to_owned(), forge::jwks(&[key.jwk_with("")])));
        let program = Program::compile(&[Source::new("a.yaml", text)], &options).unwrap();
        let api = Peer::Workload { namespace: "foo", name: "api" };
        let token = Key::Ec.token(GOOD);
        let mut flow = Flow::new(api, api, Port::Number(80));
        flow.token = Token::Raw(&token);
        flow.http = Http::Request(Request {
            method: Some("GET"),
            path: Some("/"),
            host: Some("api"),
            headers: Some(&[]),
        });
        let decision = program.decide(&flow);
        decision.layers.iter().find(|l| l.layer == Layer::Jwt).unwrap().verdict
    };
    let verdict = |name: &str, key: Key| at(text, name, key);
    assert_eq!(verdict("a", Key::Ec), Verdict::Allow);
    assert_eq!(verdict("a", Key::Ec2), Verdict::Deny);
    assert_eq!(verdict("https://keys.example/a", Key::Ec), Verdict::Allow);
    assert_eq!(verdict("b", Key::Ec), Verdict::Undetermined);
    // A rule without an issuer takes any, under the keys of its URL.
    let open = text.replace("issuer: a, ", "");
    assert_eq!(at(&open, "https://keys.example/a", Key::Ec), Verdict::Allow);
    assert_eq!(at(&open, "https://keys.example/a", Key::Ec2), Verdict::Deny);
    assert_eq!(at(&open, "a", Key::Ec), Verdict::Undetermined);
}

/// The webhook takes this key set; Envoy refuses the listener that holds it.
#[test]
fn a_key_set_without_a_usable_key() {
    let broken = ["{issuer: a, jwks: '{\"keys\": []}'}".to_owned()];
    let said = ask(&cluster(&broken), &Ask::get());
    assert!(said.jwt.starts_with("undetermined NotEvaluated"), "{}", said.jwt);
    assert_eq!(said.authorization, Verdict::Undetermined);
    let notes = cluster_with(&broken, "").notes().to_vec();
    assert!(notes.iter().any(|note| note.message.contains("refuses the listener")));
}

/// Proxies write some headers themselves.
#[test]
fn a_place_that_proxies_write() {
    let program = cluster(&[rule("a", Key::Ec, "fromHeaders: [{name: x-request-id}]")]);
    says(&program, &Ask::get(), "undetermined http.headers");
}
