//! Text as Envoy reads it. What is expected was seen on Envoy 1.39.3.

use serde_json::{Value, json};

use super::{base64, json, jwks::Jwks};

#[test]
fn base64_as_absl_reads_it() {
    for (text, expected) in [
        ("", Some("")),
        ("YQ", Some("a")),
        ("YQ==", Some("a")),
        ("YQ..", Some("a")),
        ("YQ=", None),
        ("YQ===", None),
        ("YWI", Some("ab")),
        ("YWI=", Some("ab")),
        ("YWI==", None),
        ("YWJj", Some("abc")),
        ("YWJj=", None),
        (" Y\tW J\nj ", Some("abc")),
        ("YQ= =", Some("a")),
        ("YQ==Y", None),
        ("Y", None),
        ("YWJjZ", None),
        // Bits past the last byte are not looked at.
        ("YR", Some("a")),
        ("Y!", None),
        ("+/", None),
    ] {
        let bytes = base64::decode(text);
        assert_eq!(bytes.as_deref(), expected.map(str::as_bytes), "{text:?}");
    }
    assert_eq!(base64::decode("-_8"), Some(vec![0xFB, 0xFF]));
}

#[test]
fn base64_there_and_back() {
    for length in 0..70_u8 {
        let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37) ^ 0xA5).collect();
        assert_eq!(base64::decode(&base64::encode_url(&bytes)), Some(bytes.clone()));
        assert_eq!(base64::encode_padded(&bytes).len() % 4, 0);
    }
    assert_eq!(base64::encode_padded(b"[]"), "W10=");
    assert_eq!(base64::encode_padded(&[0xFB, 0xFF]), "+/8=");
}

/// The field `a` of an object, read.
fn field(text: &str) -> Option<Value> {
    json::object(&format!("{{{text}}}")).map(|fields| fields.get("a").cloned().unwrap_or_default())
}

#[test]
fn json_as_protobuf_reads_it() {
    for (text, expected) in [
        (r#""a":[1,]"#, json!([1.0])),
        (r#""a":{"b":1,}"#, json!({"b": 1.0})),
        ("a:'x\"y'", json!("x\"y")),
        ("'a':\"x'y\"", json!("x'y")),
        (r#""a":'\''"#, json!("'")),
        (r#""\u0061":"\u00e9\ud83d\ude00\U0041\/""#, json!("é😀A/")),
        ("\"a\":\"\n\u{1}\"", json!("\n\u{1}")),
        (r#""a":-0"#, json!(-0.0)),
        (r#""a":1E+5"#, json!(100_000.0)),
        (r#""a":1e-400"#, json!(0.0)),
        (r#""a":"NaN""#, json!("NaN")),
        ("\"a\"\n:\r[true,false,null]", json!([true, false, null])),
        (r#""a":{"":1}"#, json!({"": 1.0})),
        ("a :{b_1:{}}", json!({"b_1": {}})),
        ("", Value::Null),
    ] {
        assert_eq!(field(text), Some(expected), "{text}");
    }
}

#[test]
fn json_that_protobuf_refuses() {
    for text in [
        r#""a":[,]"#,
        r#""a":[1,,2]"#,
        r#""a":{,}"#,
        ",",
        r#",,"a":1"#,
        "a-b:1",
        "$a:1",
        "1a:1",
        "é:1",
        "true:1",
        "null:1",
        r#""a":True"#,
        r#""a":nul"#,
        r#""a":truex"#,
        r#""a":1x"#,
        r#""a":"\ud83dx""#,
        r#""a":"\udc00""#,
        r#""a":"\ud800\u0041""#,
        r#""a":"\u12""#,
        r#""a":"\v""#,
        r#""a":"\0""#,
        r#""a":1e"#,
        r#""a":-"#,
        r#""a":-01"#,
        r#""a":00"#,
        r#""a":0."#,
        r#""a":.1"#,
        r#""a":1.e5"#,
        r#""a":1e400"#,
        r#""a":+1"#,
        r#""a":0x10"#,
        r#""a":NaN"#,
        r#""a":Infinity"#,
        r#""a" 1"#,
        r#""a":1 "b":2"#,
        "\"a\":\u{c}1",
        "\"a\":\u{a0}1",
        r#""a":/*x*/1"#,
        r#""a":"\""#,
        r#""a":1,"a":2"#,
        r#""a":1,"\u0061":2"#,
        r#""a":[{"x":1,"x":2}]"#,
        r#""a":[1}"#,
        r#""a":[1 2]"#,
    ] {
        assert_eq!(field(text), None, "{text}");
    }
    for text in ["", "{", "}", "{}x", "{}{}", "[]", "1", "true", "nul", "null x", "\u{feff}{}"] {
        assert_eq!(json::object(text), None, "{text}");
    }
    assert_eq!(json::object(" null "), Some(serde_json::Map::new()));
}

#[test]
fn json_is_a_hundred_deep() {
    let nested = |depth: usize| {
        let text = format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        json::object(&text).is_some()
    };
    assert!(nested(100));
    assert!(!nested(101));
}

#[cfg(feature = "jwt")]
#[test]
fn key_sets_that_envoy_refuses() {
    let rsa = r#""kty":"RSA","n":"4f5wg5l2hKsTeNem_V41fGnJm6gOdrj8ym3rFkEU_wT8RDtnSgFEZOQpHEgQ7JL38xUfU0Y3g6aYw9QT0hJ7mCpz9Er5qLaMXJwZxzHzAahlfA0icqabvJOMvQtzD6uQv6wPEyZtDTWiQi9AXwBpHssPnpYGIn20ZZuNlX2BrClciHhCPUIIZOQn_MmqTD31jSyjoQoV7MhhMTATKJx2XrHhR-1DcKJzQBSTAGnpYVaqpsARap-nwRipr3nUTuxyGohBTSmjJ2usSeQXHI3bODIRe1AuTyHceAbewn8b462yEWKARdpd9AjQW5SIVPfdsz5B6GlYQ5LdYKtznTuy7w""#;
    let ec = r#""kty":"EC","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM""#;
    let keys = |fields: String| format!(r#"{{"keys":[{{{fields}}}]}}"#);
    for (text, expected) in [
        ("x".to_owned(), Some("Jwks is an invalid JSON")),
        (r#"{"keys":[],"keys":[]}"#.to_owned(), Some("Jwks is an invalid JSON")),
        ("{}".to_owned(), Some("Jwks does not have [keys] field")),
        (r#"{"kty":"RSA"}"#.to_owned(), Some("Jwks does not have [keys] field")),
        (r#"{"keys":{}}"#.to_owned(), Some("[keys] in Jwks is not an array")),
        (r#"{"keys":[]}"#.to_owned(), Some("Jwks doesn't have any valid public key")),
        (r#"{"keys":["x"]}"#.to_owned(), Some("Jwks doesn't have any valid public key")),
        (keys(String::new()), Some("[kty] is missing in [keys]")),
        (keys(r#""kty":"rsa""#.into()), Some("[kty] is not supported in [keys]")),
        (keys(format!(r#"{rsa},"e":"AQAB""#)), None),
        (keys(format!(r#"{rsa},"e":"Aw","use":"enc","d":5,"kid":7"#)), None),
        (keys(format!(r#"{rsa},"e":"AAEAAQ""#)), None),
        (
            keys(format!(r#"{rsa},"e":"AQ""#)),
            Some("Jwks RSA [n] or [e] field is missing or has a parse error"),
        ),
        (keys(rsa.to_owned()), Some("[e] field is missing for a RSA key")),
        (
            keys(format!(r#"{rsa},"e":"AQAB","alg":"rs256""#)),
            Some("[alg] is not started with [RS] or [PS] for an RSA key"),
        ),
        (keys(ec.to_owned()), None),
        (keys(format!(r#"{ec},"crv":"P-256","alg":"ES256""#)), None),
        (keys(format!(r#"{ec},"alg":"ES256""#)), None),
        (
            keys(format!(r#"{ec},"crv":"P-384""#)),
            Some("Jwks EC [x] and [y] fields have a parse error."),
        ),
        (
            keys(format!(r#"{ec},"crv":"P-256","alg":"ES384""#)),
            Some("[crv] field specified is not compatible with [alg] for an EC key"),
        ),
        (
            keys(format!(r#"{ec},"crv":"secp256k1""#)),
            Some("[crv] or [alg] field is not supported for an EC key"),
        ),
        (keys(r#""kty":"oct","k":"YQ""#.into()), None),
        (keys(r#""kty":"oct","k":"""#.into()), Some("Jwks Oct key is an invalid Base64")),
        (
            keys(r#""kty":"OKP","crv":"Ed25519","x":"YQ""#.into()),
            Some("Jwks OKP [x] field is wrong length."),
        ),
        (
            keys(r#""kty":"OKP","crv":"X25519","x":"YQ""#.into()),
            Some("[crv] field is not supported for an OKP key"),
        ),
        // One usable key is enough.
        (r#"{"keys":[{"kty":"x"},{"kty":"oct","k":"YQ"}]}"#.to_owned(), None),
    ] {
        let refused = match Jwks::read(&text) {
            Jwks::Refused(why) => Some(why),
            Jwks::Keys(_) | Jwks::Unread(_) => None,
        };
        assert_eq!(refused, expected, "{text}");
    }
}

#[test]
fn a_set_of_certificates_is_not_read() {
    let text = "{\"id\":\"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n\"}";
    assert!(matches!(Jwks::read(text), Jwks::Unread(_)));
    assert!(matches!(Jwks::read(r#"{"id":"x"}"#), Jwks::Refused(_)));
}
