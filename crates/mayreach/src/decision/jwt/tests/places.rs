//! Where tokens are looked for, and what of the request changes.

use super::{Ask, Key, cluster, passes, rule, says};
use crate::Verdict;

const GOOD: &str = r#"{"iss":"a","sub":"s"}"#;
const BAD: &str =
    "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections";

fn good() -> String {
    Key::Ec.token(GOOD)
}

#[test]
fn the_default_places() {
    let program = cluster(&[rule("a", Key::Ec, "")]);
    let header = |value: &str| Ask::get().header("authorization", value);
    for (asked, expected) in [
        (Ask::bearer(&good()), "allow rule 0"),
        (Ask::get().path(&format!("/p?access_token={}", good())), "allow rule 0"),
        // Anywhere in the value, in this spelling.
        (header(&format!("x Bearer {}", good())), "allow rule 0"),
        (header(&format!("Bearer  %{}", good())), "allow rule 0"),
        (header(&format!("bearer {}", good())), "allow no token"),
        (header(&format!("Basic {}", good())), "allow no token"),
        (header("Bearer "), "allow no token"),
        (header("Bearer %%"), BAD),
        // Two lines are joined by a comma.
        (
            Ask::bearer(&good()).header("authorization", "Basic x"),
            "401 Jwt signature is an invalid Base64url encoded",
        ),
        (header("Basic x").header("authorization", &format!("Bearer {}", good())), "allow rule 0"),
        // Every token must be good.
        (Ask::bearer(&good()).path("/?access_token=x"), BAD),
        (Ask::bearer("x").path(&format!("/?access_token={}", good())), BAD),
        (Ask::get().path("/?access_token="), BAD),
        (Ask::get().path("/?access_token"), BAD),
        (Ask::get().path("/?Access_token=x"), "allow no token"),
        (Ask::get().path("/?x=1#access_token=x"), "allow no token"),
        // Names and values are decoded; only the first of a name counts.
        (
            Ask::get().path(&format!("/?access%5Ftoken={}", good().replace('.', "%2e"))),
            "allow rule 0",
        ),
        (Ask::get().path(&format!("/?access_token={}&access_token=x", good())), "allow rule 0"),
    ] {
        says(&program, &asked, expected);
    }
}

#[test]
fn places_of_ones_own() {
    let rules = [rule(
        "a",
        Key::Ec,
        "fromHeaders: [{name: X-Jwt}, {name: x-b, prefix: 'tok='}], fromParams: [t]",
    )];
    let program = cluster(&rules);
    let get = Ask::get;
    for (asked, expected) in [
        // The defaults are gone.
        (Ask::bearer("x").path("/?access_token=x"), "allow no token"),
        (get().header("x-jwt", &good()), "allow rule 0"),
        (get().header("x-jwt", ""), BAD),
        (get().header("X-JWT", &format!(" {} ", good())), "allow rule 0"),
        (get().header("x-b", &format!("tok={}", good())), "allow rule 0"),
        (get().header("x-b", &format!("TOK={}", good())), "allow no token"),
        (get().path(&format!("/?t={}", good())), "allow rule 0"),
        // Lines of an ordinary header stay apart, and each must be good.
        (get().header("x-jwt", &good()).header("x-jwt", "x"), BAD),
        (get().header("x-jwt", &good()).header("x-jwt", &good()), "allow rule 0"),
    ] {
        says(&program, &asked, expected);
    }
}

#[test]
fn cookies() {
    let program = cluster(&[rule("a", Key::Ec, "fromCookies: [tok]")]);
    let good = good();
    for (value, expected) in [
        (format!("a=1; tok={good}; b"), "allow rule 0"),
        (format!("tok=\"{good}\""), "allow rule 0"),
        (format!("tok={good}; tok=x"), "allow rule 0"),
        (format!("tok=x; tok={good}"), BAD),
        (format!("tok = {good}"), "allow no token"),
        ("TOK=x".to_owned(), "allow no token"),
        ("tok".to_owned(), "allow no token"),
        ("tok=".to_owned(), BAD),
    ] {
        says(&program, &Ask::get().header("cookie", &value), expected);
    }
    says(&program, &Ask::bearer("x"), "allow no token");
}

#[test]
fn a_preflight_is_let_through() {
    let program = cluster(&[rule("a", Key::Ec, "")]);
    let options = |origin: &str| {
        let mut ask = Ask::bearer("x").header("origin", origin);
        ask.method = Some("OPTIONS".into());
        ask
    };
    let asks = |ask: Ask| ask.header("Access-Control-Request-Method", "GET");
    says(&program, &asks(options("x")), "allow no token");
    says(&program, &options("x"), BAD);
    says(&program, &asks(options("")), BAD);
    says(&program, &asks(Ask::bearer("x").header("origin", "x")), BAD);
    // The filters after it see no claims, and the token.
    let mut preflight = asks(Ask::bearer(&good()).header("origin", "x"));
    preflight.method = Some("OPTIONS".into());
    let rules = [rule("a", Key::Ec, "")];
    let claims = "{when: [{key: 'request.auth.claims[iss]', values: [a]}]}";
    assert_eq!(passes(&rules, claims, &preflight), Verdict::Deny);
    let header = "{when: [{key: 'request.headers[authorization]', values: ['*']}]}";
    assert_eq!(passes(&rules, header, &preflight), Verdict::Allow);
}

#[test]
fn the_token_is_taken_away_where_it_was_good() {
    let header = "{when: [{key: 'request.headers[authorization]', values: ['*']}]}";
    let query = "{when: [{key: 'request.headers[:path]', values: ['/p?a=2&b= x&c=']}]}";
    let gone = [rule("a", Key::Ec, "")];
    let kept = [rule("a", Key::Ec, "forwardOriginalToken: true")];
    assert_eq!(passes(&gone, header, &Ask::bearer(&good())), Verdict::Deny);
    assert_eq!(passes(&kept, header, &Ask::bearer(&good())), Verdict::Allow);
    // What is no token stays.
    assert_eq!(
        passes(&gone, header, &Ask::get().header("authorization", "Basic x")),
        Verdict::Allow
    );
    // The query is written anew: sorted, decoded, every name with `=`.
    let asked = Ask::get().path(&format!("/p?c&b=%20x&access_token={}&a=2", good()));
    assert_eq!(passes(&gone, query, &asked), Verdict::Allow);
    assert_eq!(passes(&kept, query, &asked), Verdict::Deny);
    let bare = "{when: [{key: 'request.headers[:path]', values: [/p]}]}";
    let only = Ask::get().path(&format!("/p?access_token={}", good()));
    assert_eq!(passes(&gone, bare, &only), Verdict::Allow);
    // Cookies stay.
    let cookie = "{when: [{key: 'request.headers[cookie]', values: ['*']}]}";
    let rules = [rule("a", Key::Ec, "fromCookies: [t]")];
    let asked = Ask::get().header("cookie", &format!("t={}", good()));
    assert_eq!(passes(&rules, cookie, &asked), Verdict::Allow);
}

#[test]
fn headers_that_the_filter_writes() {
    let more = "outputPayloadToHeader: X-Payload, outputClaimToHeaders: [\
                {header: X-Sub, claim: sub}, {header: x-n, claim: n1}, {header: x-d, claim: n2}, \
                {header: x-b, claim: t}, {header: x-in, claim: o.p}, {header: x-l, claim: l}, \
                {header: x-o, claim: o}, {header: x-no, claim: z}, {header: x-dot, claim: p.q}]";
    let rules = [rule("a", Key::Ec, more)];
    let payload = r#"{"iss":"a","sub":"s","n1":7,"n2":-1.5,"t":true,"o":{"p":"in"},"l":["a"],"z":"","p.q":"x"}"#;
    let asked = Ask::bearer(&Key::Ec.token(payload)).header("x-sub", "spoof");
    let is = |name: &str, value: &str, asked: &Ask| {
        let when = format!("{{when: [{{key: 'request.headers[{name}]', values: ['{value}']}}]}}");
        passes(&rules, &when, asked)
    };
    let text = Key::Ec.token(payload).split('.').nth(1).unwrap().to_owned();
    for (name, value, expected) in [
        ("x-payload", text.as_str(), Verdict::Allow),
        ("x-sub", "s", Verdict::Allow),
        ("x-sub", "spoof", Verdict::Deny),
        ("x-n", "7", Verdict::Allow),
        ("x-d", "-1.500000", Verdict::Allow),
        ("x-b", "true", Verdict::Allow),
        ("x-in", "in", Verdict::Allow),
        ("x-l", "WyJhIl0=", Verdict::Allow),
        // Protobuf writes the fields of an object in no order.
        ("x-o", "eyJwIjoiaW4ifQ==", Verdict::Undetermined),
        ("x-o", "*", Verdict::Allow),
        ("x-no", "*", Verdict::Deny),
        ("x-dot", "*", Verdict::Deny),
    ] {
        assert_eq!(is(name, value, &asked), expected, "{name}: {value}");
    }
    // They are wiped without a token too.
    assert_eq!(is("x-sub", "spoof", &Ask::get().header("x-sub", "spoof")), Verdict::Deny);
}
