//! What AuthorizationPolicy reads of a token.

use serde_json::json;

use super::{super::claims, Ask, Key, passes, rule};
use crate::{
    Attributes, Verdict,
    decision::jwt::{ClaimValue, Claims},
};

fn check(payload: &str, more: &str, when: &str, expected: Verdict) {
    let asked = Ask::bearer(&Key::Ec.token(payload));
    let verdict = passes(&[rule("https://iss", Key::Ec, more)], when, &asked);
    assert_eq!(verdict, expected, "{payload} {when}");
}

fn claim(payload: &str, key: &str, value: &str, expected: Verdict) {
    let when = format!("{{when: [{{key: 'request.auth.{key}', values: ['{value}']}}]}}");
    check(payload, "", &when, expected);
}

#[test]
fn texts_and_lists_of_texts() {
    use Verdict::{Allow, Deny};
    let payload = r#"{"iss":"https://iss","aud":["x","y"],"azp":"me","n":1,"t":true,
        "l":["a",1,["deep"]],"a":{"b":{"c":"in"}},"a.b":"dotted","empty":""}"#;
    for (key, value, expected) in [
        ("audiences", "y", Allow),
        ("audiences", "z", Deny),
        ("presenter", "m*", Allow),
        ("claims[n]", "1", Deny),
        ("claims[t]", "true", Deny),
        ("claims[l]", "a", Allow),
        ("claims[l]", "1", Deny),
        ("claims[l]", "deep", Deny),
        ("claims[a][b][c]", "in", Allow),
        ("claims[a.b]", "dotted", Allow),
        ("claims[a][b]", "*", Deny),
        ("claims[empty]", "*", Deny),
        ("claims[none]", "*", Deny),
    ] {
        claim(payload, key, value, expected);
    }
    let none = "{when: [{key: 'request.auth.claims[none]', notValues: ['*']}]}";
    check(payload, "", none, Allow);
}

#[test]
fn words_of_a_scope() {
    use Verdict::{Allow, Deny};
    let payload = r#"{"iss":"https://iss","scope":"read  write ","permission":"   ","groups":"g h",
        "deep":{"scope":"c d"}}"#;
    for (key, value, expected) in [
        ("claims[scope]", "read", Allow),
        ("claims[scope]", "write", Allow),
        ("claims[scope]", "read  write ", Deny),
        ("claims[permission]", "   ", Allow),
        ("claims[groups]", "g h", Allow),
        ("claims[deep][scope]", "c d", Allow),
    ] {
        claim(payload, key, value, expected);
    }
    let more = "spaceDelimitedClaims: [groups]";
    let one = "{when: [{key: 'request.auth.claims[groups]', values: [h]}]}";
    check(payload, more, one, Allow);
}

#[test]
fn request_principals() {
    use Verdict::{Allow, Deny};
    let both = r#"{"iss":"https://iss","sub":"s"}"#;
    for (payload, value, expected) in [
        (both, "https://iss/s", Allow),
        (both, "*", Allow),
        (both, "https://iss/*", Allow),
        (both, "*/s", Allow),
        // Splits inside the scheme.
        (both, "https://is*", Deny),
        (both, "*/*", Deny),
        (both, "https://iss", Deny),
        (r#"{"iss":"https://iss"}"#, "*", Deny),
        (r#"{"iss":"https://iss","sub":"a/b"}"#, "https://iss/a/b", Deny),
    ] {
        let when = format!("{{from: [{{source: {{requestPrincipals: ['{value}']}}}}]}}");
        check(payload, "", &when, expected);
    }
    let rules = [rule("https://iss", Key::Ec, "")];
    let any = "{from: [{source: {requestPrincipals: ['*']}}]}";
    let not = "{from: [{source: {notRequestPrincipals: ['*']}}]}";
    assert_eq!(passes(&rules, any, &Ask::get()), Verdict::Deny);
    assert_eq!(passes(&rules, not, &Ask::get()), Verdict::Allow);
}

/// "two valid tokens for one provider ⇒ payload = first-extracted (header beats query)".
#[test]
fn the_first_of_two_good_tokens() {
    let token = |sub: &str| Key::Ec.token(&format!(r#"{{"iss":"https://iss","sub":"{sub}"}}"#));
    let asked = Ask::bearer(&token("head")).path(&format!("/?access_token={}", token("query")));
    let rules = [rule("https://iss", Key::Ec, "")];
    let is =
        |sub: &str| format!("{{when: [{{key: 'request.auth.claims[sub]', values: [{sub}]}}]}}");
    assert_eq!(passes(&rules, &is("head"), &asked), Verdict::Allow);
    assert_eq!(passes(&rules, &is("query"), &asked), Verdict::Deny);
}

#[test]
fn claims_by_path() {
    let path = |keys: &[&str]| -> Vec<String> { keys.iter().map(|k| (*k).to_owned()).collect() };
    let payload = json!({"t": "x", "l": ["a", 1], "o": {"k": "v"}, "z": null});
    let known = Claims::Known(payload);
    assert_eq!(known.claim(&path(&["t"])), ClaimValue::Text("x"));
    assert_eq!(known.claim(&path(&["l"])), ClaimValue::Texts(vec!["a"]));
    assert_eq!(known.claim(&path(&["o", "k"])), ClaimValue::Text("v"));
    assert_eq!(known.claim(&path(&["o"])), ClaimValue::Other);
    assert_eq!(known.claim(&path(&["z"])), ClaimValue::Other);
    assert_eq!(known.claim(&path(&["l", "0"])), ClaimValue::Absent);
    assert_eq!(Claims::None.claim(&path(&["t"])), ClaimValue::Absent);
    let unknown = Claims::Unknown(Attributes::TOKEN);
    assert_eq!(unknown.claim(&path(&["t"])), ClaimValue::Unknown(Attributes::TOKEN));
}

#[test]
fn only_texts_are_split() {
    let payload = json!({"scope": ["a b"], "permission": 5, "x": "c d", "y": "e f"});
    let stored = claims::stored(payload.as_object().unwrap().clone(), &["x".to_owned()]);
    let expected = json!({"scope": ["a b"], "permission": 5, "x": ["c", "d"], "y": "e f"});
    assert_eq!(serde_json::Value::Object(stored), expected);
}
