//! Every row of the value reference.

use super::{identity, path};
use crate::model::authz::{Matcher, TemplatePart, TextMatch};

const ID: &str = "spiffe://cluster.local/ns/shop/sa/web";

fn pattern(text: &str) -> Matcher {
    Matcher::NamespacePattern(text.split('*').map(str::to_owned).collect())
}

fn check(matcher: &Matcher, id: &str, expected: bool) {
    assert_eq!(identity(matcher, id), expected, "{matcher:?} on {id}");
}

#[test]
fn plain_values() {
    let cases = [
        ("*", "", false),
        ("*", "x", true),
        ("*", "a\nb", false),
        ("*b", "ab", true),
        ("*b*", "ab*", true),
        ("*b*", "abc", false),
        ("a*", "abc", true),
        ("a*c", "abc", false),
        ("a*c", "a*c", true),
        ("A", "a", false),
    ];
    for (value, text, expected) in cases {
        assert_eq!(TextMatch::plain(value).matches(text), expected, "{value} on {text}");
    }
}

#[test]
fn header_and_host_values() {
    assert!(TextMatch::header("*").matches(""));
    assert!(!TextMatch::header("A").matches("a"));
    assert!(TextMatch::host("*").matches(""));
    assert!(TextMatch::host("Shop.Example").matches("sHOP.example"));
    assert!(!TextMatch::host("shop.example").matches("shop.example:8080"));
    assert!(TextMatch::host("shop.example:*").matches("SHOP.example:8080"));
    assert!(TextMatch::host("*.EXAMPLE").matches("shop.example"));
}

#[test]
fn principals() {
    check(&Matcher::Text(TextMatch::NonEmpty), "CN=someone", true);
    check(&Matcher::Identity(TextMatch::Exact("cluster.local/ns/shop/sa/web".into())), ID, true);
    check(
        &Matcher::Identity(TextMatch::Exact("spiffe://cluster.local/ns/shop/sa/web".into())),
        ID,
        false,
    );
    check(&Matcher::Identity(TextMatch::Suffix("/sa/web".into())), ID, true);
    check(&Matcher::Identity(TextMatch::Prefix("cluster.local/ns/sh".into())), ID, true);
    check(&Matcher::Identity(TextMatch::Suffix("/sa/web".into())), "uri://x/sa/web", false);
}

#[test]
fn namespaces() {
    check(&pattern("shop"), ID, true);
    check(&pattern("sho"), ID, false);
    check(&pattern("s*p"), ID, true);
    check(&pattern("*"), ID, true);
    check(&pattern("*o*"), ID, true);
    check(&pattern("sh.p"), ID, false);
    // `*` spans `/`, and `spiffe://` is no part of the pattern.
    check(&pattern("shop*web"), "x/ns/shop/sa/web/", true);
    check(&pattern("shop*web"), ID, false);
    check(&pattern("*"), "CN=someone", false);
}

#[test]
fn service_accounts() {
    let of = |ns: &str, sa: &str| Matcher::ServiceAccount(ns.into(), sa.into());
    check(&of("shop", "web"), ID, true);
    check(&of("shop", "web"), "spiffe://other/ns/shop/sa/web", true);
    check(&of("shop", "web"), "spiffe://td/x/1/ns/shop/y/2/sa/web/z/3", true);
    check(&of("shop", "web"), "spiffe://td/ns/shop/sa/web-x", false);
    check(&of("shop", "web"), "spiffe://td/ns/shop/sa/web/", false);
    check(&of("shop", "web"), "spiffe:///ns/shop/sa/web", false);
    check(&of("shop", "web"), "spiffe://td/ns/shop/xsa/web", false);
}

#[test]
fn trust_domains() {
    let of = |v: &str| Matcher::TrustDomain(TextMatch::plain(v));
    check(&of("*"), ID, true);
    check(&of("*"), "CN=someone", false);
    check(&of("cluster.local"), ID, true);
    check(&of("cluster"), ID, false);
    check(&of("cluster*"), ID, true);
    check(&of("*.local"), ID, true);
    check(&of("*shop"), ID, false);
}

#[test]
fn path_templates() {
    let lit = |s: &str| TemplatePart::Literal(s.into());
    let foo_many = Matcher::PathTemplate(vec![lit("/foo/"), TemplatePart::Many]);
    for (text, expected) in
        [("/foo/", true), ("/foo//", true), ("/foo/a/b", true), ("/foo", false), ("/foo/[", false)]
    {
        assert_eq!(path(&foo_many, text), expected, "{text}");
    }
    let cart = Matcher::PathTemplate(vec![lit("/store/"), TemplatePart::Many, lit("/cart")]);
    assert!(path(&cart, "/store//cart"));
    assert!(path(&cart, "/store/a/b/cart"));
    assert!(!path(&cart, "/store/cart"));
    let one = Matcher::PathTemplate(vec![lit("/foo/"), TemplatePart::One]);
    for (text, expected) in [
        ("/foo/bar", true),
        ("/foo/b*r", true),
        ("/foo/b%22r", true),
        ("/foo/bar/", false),
        ("/foo/", false),
        ("/foo/b[r", false),
    ] {
        assert_eq!(path(&one, text), expected, "{text}");
    }
}
