//! Observed on a real Envoy 1.40: request target → NONE, BASE, `MERGE_SLASHES`,
//! `DECODE_AND_MERGE_SLASHES`.

use super::{
    Found, Headers, Value,
    path::{Rejected, target},
};
use crate::model::inventory::Normalization;

const MODES: [Normalization; 4] = [
    Normalization::None,
    Normalization::Base,
    Normalization::MergeSlashes,
    Normalization::DecodeAndMergeSlashes,
];

const TABLE: &[(&str, [&str; 4])] = &[
    ("/..;/admin", ["/..;/admin", "/admin", "/admin", "/admin"]),
    ("/a;b=c/../d", ["/a;b=c/../d", "/d", "/d", "/d"]),
    ("/%zz", ["/%zz", "/%zz", "/%zz", "/%zz"]),
    ("/a%2", ["/a%2", "/a%2", "/a%2", "/a%2"]),
    ("/a%", ["/a%", "/a%", "/a%", "/a%"]),
    ("/a/.", ["/a/.", "/a/", "/a/", "/a/"]),
    ("/a/..", ["/a/..", "/", "/", "/"]),
    ("/.", ["/.", "/", "/", "/"]),
    ("/..", ["/..", "/", "/", "/"]),
    ("/a/./b", ["/a/./b", "/a/b", "/a/b", "/a/b"]),
    ("/a/.b", ["/a/.b", "/a/.b", "/a/.b", "/a/.b"]),
    ("/%00", ["/%00", "400", "400", "400"]),
    ("/x#", ["/x", "/x", "/x", "/x"]),
    ("/x?q#f", ["/x?q", "/x?q", "/x?q", "/x?q"]),
    ("/x#f?q", ["/x", "/x", "/x", "/x"]),
    ("/a//b?x=//y", ["/a//b?x=//y", "/a//b?x=//y", "/a/b?x=//y", "/a/b?x=//y"]),
    ("/a%2fb?x=%2f", ["/a%2fb?x=%2f", "/a%2fb?x=%2f", "/a%2fb?x=%2f", "/a/b?x=%2f"]),
    ("*", ["400", "400", "400", "400"]),
    ("foo", ["400", "400", "400", "400"]),
    ("http://other/abc//d?q", ["/abc//d?q", "/abc//d?q", "/abc/d?q", "/abc/d?q"]),
    ("http://other", ["/", "/", "/", "/"]),
    ("HTTP://x/y", ["/y", "/y", "/y", "/y"]),
    ("ftp://x/y", ["400", "400", "400", "400"]),
    ("http:///y", ["400", "400", "400", "400"]),
    ("http://x#y", ["400", "400", "400", "400"]),
    ("?a", ["400", "400", "400", "400"]),
    ("/?a", ["/?a", "/?a", "/?a", "/?a"]),
    ("//", ["//", "//", "//", "//"]),
    ("///", ["///", "///", "//", "//"]),
    ("//a//", ["//a//", "//a//", "/a/", "/a/"]),
    ("/a//?b", ["/a//?b", "/a//?b", "/a/?b", "/a/?b"]),
    ("//admin", ["//admin", "//admin", "/admin", "/admin"]),
    ("/a/%2e", ["/a/%2e", "/a/", "/a/", "/a/"]),
    ("/a/%2E%2e/", ["/a/%2E%2e/", "/", "/", "/"]),
    ("/a/.%2e/b", ["/a/.%2e/b", "/b", "/b", "/b"]),
    ("/a/..%2fb", ["/a/..%2fb", "/a/..%2fb", "/a/..%2fb", "/b"]),
    ("/a/%5c..%5cb", ["/a/%5c..%5cb", "/a/%5c..%5cb", "/a/%5c..%5cb", "/a/b"]),
    ("/a\\..\\b", ["/a\\..\\b", "/b", "/b", "/b"]),
    ("/[x]", ["/[x]", "/[x]", "/[x]", "/[x]"]),
    ("/'()*!$&+,;:=@%", ["/'()*!$&+,;:=@%"; 4]),
    (
        "/%41%2d%5f%7E%7e%2B%20",
        ["/%41%2d%5f%7E%7e%2B%20", "/A-_~~%2B%20", "/A-_~~%2B%20", "/A-_~~%2B%20"],
    ),
    ("/a b", ["400", "400", "400", "400"]),
    ("/é", ["400", "400", "400", "400"]),
    ("/`", ["/`", "/%60", "/%60", "/%60"]),
    ("/x|y", ["/x|y", "/x%7Cy", "/x%7Cy", "/x%7Cy"]),
    ("/..a", ["/..a", "/..a", "/..a", "/..a"]),
    ("/a/...", ["/a/...", "/a/...", "/a/...", "/a/..."]),
    ("/%2e%2e%2fadmin", ["/%2e%2e%2fadmin", "/..%2fadmin", "/..%2fadmin", "/admin"]),
    ("/a/..//b", ["/a/..//b", "//b", "/b", "/b"]),
    ("/a//../b", ["/a//../b", "/a/b", "/a/b", "/a/b"]),
    ("/..;", ["/..;", "/", "/", "/"]),
    ("/a/b/..;", ["/a/b/..;", "/a/", "/a/", "/a/"]),
    ("/a/..;x=1/b", ["/a/..;x=1/b", "/b", "/b", "/b"]),
    ("/.;/a", ["/.;/a", "/a", "/a", "/a"]),
    ("/a/.;", ["/a/.;", "/a/", "/a/", "/a/"]),
    ("/..%3b/admin", ["/..%3b/admin", "/..%3b/admin", "/..%3b/admin", "/..%3b/admin"]),
    ("/a/%2e%2e;/b", ["/a/%2e%2e;/b", "/a/..;/b", "/a/..;/b", "/a/..;/b"]),
    ("/..;x\\y", ["/..;x\\y", "/", "/", "/"]),
    ("/a\\..;/b", ["/a\\..;/b", "/a/..;/b", "/a/..;/b", "/a/..;/b"]),
    ("/a/.%2e;/b", ["/a/.%2e;/b", "/a/..;/b", "/a/..;/b", "/a/..;/b"]),
    ("/a/..;x?y", ["/a/..;x?y", "/?y", "/?y", "/?y"]),
    ("/a/b/..;%2f../c", ["/a/b/..;%2f../c", "/a/c", "/a/c", "/c"]),
    ("/a/b/..%2f;/c", ["/a/b/..%2f;/c", "/a/b/..%2f;/c", "/a/b/..%2f;/c", "/a/;/c"]),
    ("/a/b/../../../../c", ["/a/b/../../../../c", "/c", "/c", "/c"]),
    ("//..//a", ["//..//a", "//a", "/a", "/a"]),
    ("/a%00?b", ["/a%00?b", "400", "400", "400"]),
    ("/a?%00", ["/a?%00", "/a?%00", "/a?%00", "/a?%00"]),
    ("/%252e%252e/b", ["/%252e%252e/b", "/%252e%252e/b", "/%252e%252e/b", "/%252e%252e/b"]),
    // Istio's own table (normalization_test.go).
    ("/xyz%30..//abc", ["/xyz%30..//abc", "/xyz0..//abc", "/xyz0../abc", "/xyz0../abc"]),
    ("/app/\\/\\/\\admin", ["/app/\\/\\/\\admin", "/app//////admin", "/app/admin", "/app/admin"]),
    (
        "/%2Fapp%5cadmin%5Cabc",
        [
            "/%2Fapp%5cadmin%5Cabc",
            "/%2Fapp%5cadmin%5Cabc",
            "/%2Fapp%5cadmin%5Cabc",
            "/app/admin/abc",
        ],
    ),
    (
        "/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\\abc",
        [
            "/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\\abc",
            "/%5Capp%2f%5c%2F..%2fadmin%5c/abc",
            "/%5Capp%2f%5c%2F..%2fadmin%5c/abc",
            "/app/admin/abc",
        ],
    ),
    ("/app//../../admin", ["/app//../../admin", "/admin", "/admin", "/admin"]),
    (
        "/%c0%2e%c0%2e/admin",
        ["/%c0%2e%c0%2e/admin", "/%c0.%c0./admin", "/%c0.%c0./admin", "/%c0.%c0./admin"],
    ),
];

#[test]
fn request_targets() {
    for (raw, wanted) in TABLE {
        for (mode, wanted) in MODES.into_iter().zip(wanted) {
            let got = target(raw, mode).map_or("400".to_owned(), |t| t.path);
            assert_eq!(got, *wanted, "{raw} under {mode:?}");
        }
    }
}

#[test]
fn absolute_form_overrides_the_host() {
    let seen = target("http://other:80/a", Normalization::Base).unwrap();
    assert_eq!(seen.authority.as_deref(), Some("other:80"));
    assert_eq!(target("", Normalization::None), Err(Rejected::Codec));
}

#[test]
fn inline_headers_are_joined_and_others_are_not() {
    let headers = Headers::new(
        &[("User-Agent", "good"), ("X-Id", "1"), ("user-agent", "evil"), ("x-id", " 2 ")],
        true,
    );
    assert_eq!(headers.get("user-agent"), Found::Lines(vec![Value::Text("good,evil")]));
    assert_eq!(headers.get("x-id"), Found::Lines(vec![Value::Text("1"), Value::Text("2")]));
    assert_eq!(headers.get("x-none"), Found::Lines(vec![]));
    assert_eq!(Headers::new(&[], false).get("x-none"), Found::Unknown);
}

#[test]
fn a_removed_header_is_absent_even_where_others_are_unknown() {
    let mut headers = Headers::new(&[("authorization", "Bearer x")], false);
    headers.remove("authorization");
    assert_eq!(headers.get("authorization"), Found::Lines(vec![]));
}
