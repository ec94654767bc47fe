//! More than one provider: `any(P0, …, all(any(P0, allow_missing), …))`.

use super::{Ask, Key, NOW, cluster, passes, rule, says};
use crate::Verdict;

const FORM: &str =
    "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections";
const ISSUER: &str = "401 Jwt issuer is not configured";

fn a(claims: &str) -> String {
    Key::Ec.token(&format!(r#"{{"iss":"a"{claims}}}"#))
}

fn b(claims: &str) -> String {
    Key::Ed.token(&format!(r#"{{"iss":"b"{claims}}}"#))
}

fn expired() -> String {
    format!(r#","exp":{}"#, NOW - 999)
}

/// Two issuers at places of their own; `b` is written first.
fn apart() -> [String; 2] {
    [
        rule(
            "b",
            Key::Ed,
            "fromHeaders: [{name: x-b}], outputClaimToHeaders: [{header: x-cb, claim: iss}]",
        ),
        rule(
            "a",
            Key::Ec,
            "fromHeaders: [{name: x-a}], outputClaimToHeaders: [{header: x-ca, claim: iss}]",
        ),
    ]
}

fn at(pairs: &[(&str, &str)]) -> Ask {
    pairs.iter().fold(Ask::get(), |ask, (name, value)| ask.header(name, value))
}

#[test]
fn one_good_token_is_enough() {
    let program = cluster(&apart());
    let (good_a, good_b) = (a(""), b(""));
    // Rule 1 is issuer `a`, which is asked first.
    says(&program, &Ask::get(), "allow no token");
    says(&program, &at(&[("x-a", &good_a)]), "allow rule 1");
    says(&program, &at(&[("x-b", &good_b)]), "allow rule 0");
    says(&program, &at(&[("x-a", &good_a), ("x-b", "bad")]), "allow rule 1");
    says(&program, &at(&[("x-a", "bad"), ("x-b", &good_b)]), "allow rule 0");
    says(&program, &at(&[("x-a", &good_a), ("x-b", &good_b)]), "allow rule 1");
}

#[test]
fn which_failure_is_told() {
    let program = cluster(&apart());
    let (good_a, good_b) = (a(""), b(""));
    let (late_a, late_b) = (a(&expired()), b(&expired()));
    for (in_a, in_b, expected) in [
        // The first that is about a token wins, as it is asked again at the end.
        ("bad", &*late_b, FORM),
        (&*late_a, "bad", "401 Jwt is expired"),
        // "Unknown issuer" yields to it, wherever it stands.
        (&*good_b, &*late_b, "401 Jwt is expired"),
        (&*late_a, &*good_a, "401 Jwt is expired"),
        (&*good_b, &*good_a, ISSUER),
    ] {
        says(&program, &at(&[("x-a", in_a), ("x-b", in_b)]), expected);
    }
    says(&program, &at(&[("x-a", &good_b)]), ISSUER);
}

#[test]
fn issuers_at_one_place() {
    let program = cluster(&[rule("a", Key::Ec, ""), rule("b", Key::Ed, "")]);
    says(&program, &Ask::bearer(&a("")), "allow rule 0");
    says(&program, &Ask::bearer(&b("")), "allow rule 1");
    says(&program, &Ask::bearer(&Key::Ec.token(r#"{"iss":"c"}"#)), ISSUER);
    says(&program, &Ask::bearer(&b(&expired())), "401 Jwt is expired");
    // The good token of `a` is taken from the query, so that only that of `b` is left to be asked.
    let both = Ask::bearer(&b("")).path(&format!("/?access_token={}", a("")));
    says(&program, &both, "allow rule 1");
}

#[test]
fn rules_of_one_issuer_stay_apart() {
    let program =
        cluster(&[rule("a", Key::Ec, "audiences: [x]"), rule("a", Key::Ec, "audiences: [w]")]);
    says(&program, &Ask::bearer(&a(r#","aud":"x""#)), "allow rule 0");
    says(&program, &Ask::bearer(&a(r#","aud":"w""#)), "allow rule 1");
    says(&program, &Ask::bearer(&a("")), "403 Audiences in Jwt are not allowed");
}

/// A good token takes all lines of its header away, the bad one among them, before the request is
/// looked at for the second time.
#[test]
fn a_bad_token_may_be_gone_the_second_time() {
    let good = a("");
    let asked = at(&[("x-a", "bad"), ("x-a", &good)]);
    says(&cluster(&apart()), &asked, "allow rule 1");
    says(&cluster(&apart()[1..]), &asked, FORM);
    says(&cluster(&apart()), &at(&[("x-a", &good), ("x-a", "bad")]), FORM);
}

/// Only providers that are asked wipe their headers.
#[test]
fn headers_of_a_provider_that_is_not_asked() {
    let spoofed = "{when: [{key: 'request.headers[x-cb]', values: [spoof]}]}";
    let good = a("");
    let asked = at(&[("x-a", &good), ("x-cb", "spoof")]);
    assert_eq!(passes(&apart(), spoofed, &asked), Verdict::Allow);
    assert_eq!(passes(&apart(), spoofed, &at(&[("x-cb", "spoof")])), Verdict::Deny);
}

/// The older policy comes first where issuers are equal.
#[test]
fn policies_in_order_of_age() {
    let more = format!(
        "---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: older, namespace: foo, creationTimestamp: '2020-01-01T00:00:00Z'}}
spec: {{jwtRules: [{}]}}
",
        rule("a", Key::Ec, "forwardOriginalToken: true")
    );
    let young = [rule("a", Key::Ec, "")];
    let policy = "---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: foo}
spec: {rules: [{when: [{key: 'request.headers[authorization]', values: ['*']}]}]}
";
    let verdict = |timestamped: &str| {
        let all = format!("{timestamped}{policy}");
        super::ask(&super::cluster_with(&young, &all), &Ask::bearer(&a(""))).authorization
    };
    // One without a time sorts first, as Go's zero time does.
    assert_eq!(verdict(&more), Verdict::Deny);
    assert_eq!(
        verdict(&more.replace(", creationTimestamp: '2020-01-01T00:00:00Z'", "")),
        Verdict::Allow
    );
}
