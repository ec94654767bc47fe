//! Scripts on their own: what they may do, and what leaves the answer open.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use super::{End, Facts, Ran, run};
use crate::{
    decision::{
        mesh::Identity,
        request::{Found, Headers, Seen, Target, Value},
    },
    model::{Attributes, Token},
};

fn seen(headers: &[(&str, &str)]) -> Seen {
    Seen {
        method: Some("GET".to_owned()),
        target: Target::Path("/".to_owned()),
        host: Some("api".to_owned()),
        headers: Headers::new(headers, true),
        ..Seen::unknown(Token::Absent)
    }
}

fn facts(identity: Identity) -> Facts {
    let tls = Some(identity != Identity::None);
    Facts { identity, tls, sni: None, own: "spiffe://td/ns/a/sa/api".to_owned() }
}

/// The body of `envoy_on_request(h)`.
fn body(text: &str) -> Ran {
    script(&format!("function envoy_on_request(h) {text} end"))
}

fn script(text: &str) -> Ran {
    run(text, &seen(&[("x-id", "1")]), &facts(Identity::Known("spiffe://td/ns/a/sa/b".to_owned())))
}

fn header(ran: &Ran, name: &str) -> Vec<String> {
    match ran.seen.headers.get(name) {
        Found::Lines(lines) => lines
            .into_iter()
            .map(|value| match value {
                Value::Text(text) => text.to_owned(),
                Value::Like(_) => "?".to_owned(),
            })
            .collect(),
        Found::Unknown => vec!["unknown".to_owned()],
    }
}

fn unsupported(ran: &Ran) -> &str {
    match &ran.end {
        End::Unsupported(what) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_seed_fails_and_sets_nothing() {
    let ran = body(
        "local principal = h:streamInfo():downstreamSslConnection():uriSanPeerCertificate()
         h:headers():add('x-tenant-identity', principal)",
    );
    assert!(matches!(&ran.end, End::Failed(why) if why.contains("string expected, got table")));
    assert_eq!(header(&ran, "x-tenant-identity"), Vec::<String>::new());
}

#[test]
fn the_first_name_of_the_certificate_is_the_identity() {
    let ran = body(
        "h:headers():add('x-id', h:connection():ssl():uriSanPeerCertificate()[1])
         h:headers():replace('x-own', h:streamInfo():downstreamSslConnection():uriSanLocalCertificate()[1])",
    );
    assert_eq!(ran.end, End::Done);
    assert_eq!(header(&ran, "x-id"), ["1", "spiffe://td/ns/a/sa/b"]);
    assert_eq!(header(&ran, "x-own"), ["spiffe://td/ns/a/sa/api"]);
}

#[test]
fn what_is_changed_before_an_error_stays() {
    let ran = body("h:headers():remove('x-id') h:headers():replace(':path', '/b') error('no')");
    assert!(matches!(ran.end, End::Failed(_)));
    assert_eq!(header(&ran, "x-id"), Vec::<String>::new());
    assert_eq!(ran.seen.target, Target::Path("/b".to_owned()));
}

#[test]
fn without_tls_there_is_no_connection_to_ask() {
    let text = "function envoy_on_request(h) h:streamInfo():downstreamSslConnection():x() end";
    let ran = run(text, &seen(&[]), &facts(Identity::None));
    assert!(matches!(ran.end, End::Failed(_)));
}

#[test]
fn what_the_flow_leaves_out_leaves_the_answer_open() {
    let identity = Identity::Unknown(Attributes::SOURCE_ADDRESS);
    let text = "function envoy_on_request(h)
        pcall(function() return h:connection():ssl():uriSanPeerCertificate() end)
        h:headers():add('x-out', 'y')
    end";
    let ran = run(text, &seen(&[]), &Facts { tls: Some(true), ..facts(identity) });
    assert!(matches!(ran.end, End::Missing(m) if m.contains(Attributes::SOURCE_ADDRESS)));

    let partial = Seen { headers: Headers::new(&[], false), ..seen(&[]) };
    let reads =
        "function envoy_on_request(h) if h:headers():get('x-a') then h:logInfo('x') end end";
    let known = facts(Identity::None);
    assert_eq!(run(reads, &partial, &known).end, End::Missing(Attributes::HEADERS));
    // Adding reads nothing, but what else is there is still not known.
    let adds = "function envoy_on_request(h) h:headers():add('x-a', 'b') end";
    let ran = run(adds, &partial, &known);
    assert_eq!(ran.end, End::Done);
    assert_eq!(header(&ran, "x-a"), ["unknown"]);
    let replaces = "function envoy_on_request(h) h:headers():replace('x-a', 'b') end";
    assert_eq!(header(&run(replaces, &partial, &known), "x-a"), ["b"]);
}

#[test]
fn calls_that_are_not_provided_are_named() {
    for (text, what) in [
        ("local b = h:body()", "the call `body`"),
        ("h:httpCall('c', {}, '', 5)", "the call `httpCall`"),
        ("pcall(function() h:trailers() end)", "the call `trailers`"),
        ("h:streamInfo():dynamicMetadata():set('a', 'b', 'c')", "the call `dynamicMetadata`"),
        ("h:connection():ssl():tlsVersion()", "the call `tlsVersion`"),
        ("local t = os.time()", "`os`"),
        ("local f = loadstring('return 1')", "`loadstring`"),
        ("local f = require('x')", "`require`"),
        ("local n = math.random()", "`math.random`"),
        ("local s = string.dump(h)", "`string.dump`"),
        ("local s = tostring({})", "an address as text"),
        ("local s = ('g'):find('%g')", "the class `%g` in a pattern"),
        ("h:headers():replace('x', 'a\\nb')", "a control character in a header"),
        ("coroutine.yield()", "`coroutine`"),
    ] {
        assert_eq!(unsupported(&body(text)), what, "{text}");
    }
}

#[test]
fn limits_hold_whatever_the_script_catches() {
    for (text, what) in [
        ("while true do end", "a script that runs long"),
        ("while true do pcall(function() while true do end end) end", "a script that runs long"),
        (
            "xpcall(function() error('x') end, function() while true do end end)",
            "a script that runs long",
        ),
        ("local s = 'xxxxxxxx' while true do s = s .. s end", "it needs much memory"),
        (
            "local s = 'xxxxxxxx' pcall(function() while true do s = s .. s end end)",
            "more memory than there is",
        ),
        ("local function f() return 1 + f() end pcall(f)", "more memory than there is"),
        ("('x'):rep(3000):find(('.-'):rep(20) .. 'y')", "patterns that take long"),
        ("('x'):rep(3000):find(('a?'):rep(300))", "a pattern that is long"),
    ] {
        assert_eq!(unsupported(&body(text)), what, "{text}");
    }
}

#[test]
fn what_a_script_keeps_leaves_the_answer_open() {
    for text in [
        "local n = 0 function envoy_on_request(h) n = n + 1 end",
        "local t = {} function envoy_on_request(h) t.x = true end",
        "local t = {} function envoy_on_request(h) t[1] = true end",
        "local t = {} function envoy_on_request(h) local u = t table.insert(u, 1) end",
        "n = 0 function envoy_on_request(h) n = n + 1 end",
        "function envoy_on_request(h) n = (n or 0) + 1 end",
        "local function f() local c = 0 return function() c = c + 1 end end local g = f() function envoy_on_request(h) g() end",
    ] {
        let ran = script(text);
        assert!(unsupported(&ran).contains("request to request"), "{text}: {ran:?}");
    }
    for text in [
        "local t = {a = true} function envoy_on_request(h) local x = t.a; if x == true then x = 1 end end",
        "function envoy_on_request(h) local t = {} t.x = 1 t[2] = 3 table.insert(t, 4) end",
        "function envoy_on_request(h) principal = 'x' h:headers():add('x', principal) end",
        "local function g(a, b) a = b return a end function envoy_on_request(h) g(1, 2) end",
    ] {
        assert_eq!(script(text).end, End::Done, "{text}");
    }
}

#[test]
fn the_order_of_a_table_must_not_tell() {
    let table = "local t = {a = 1, b = 2, c = 3} local last";
    let last =
        body(&format!("{table} for k in pairs(t) do last = k end h:headers():add('x', last)"));
    assert!(unsupported(&last).contains("order"));
    let first = body(&format!("{table} last = next(t) h:headers():add('x', last)"));
    assert!(unsupported(&first).contains("order"));
    let sum = format!(
        "{table} last = 0 for _, v in pairs(t) do last = last + v end h:headers():add('x', last)"
    );
    assert_eq!(header(&body(&sum), "x"), ["6"]);
    let list =
        "local s = '' for _, v in pairs({'a', 'b', 'c'}) do s = s .. v end h:headers():add('x', s)";
    assert_eq!(header(&body(list), "x"), ["abc"]);
}

#[test]
fn what_does_not_load_is_not_evaluated() {
    for text in [
        "function envoy_on_request(h) x = = end",
        "error('at load')",
        "goto done ::done::",
        "\u{1b}Lua",
        "local s = '\\x41'",
        "local s = \"a\\0b\"",
        "local s = 'open",
        "--[[ open",
    ] {
        unsupported(&script(text));
    }
    assert_eq!(script("-- nothing\nlocal x = 'a\\65\\n' .. [[b]]").end, End::Done);
}

#[test]
fn an_answer_of_its_own_ends_the_script() {
    let ran =
        body("pcall(function() h:respond({[':status'] = 403}) end) h:headers():add('x', 'y')");
    assert_eq!(ran.end, End::Responded { status: 403, bare: true });
    let ran = body("h:respond({[':status'] = '99'}, 'x')");
    assert!(matches!(ran.end, End::Failed(_)));
}
