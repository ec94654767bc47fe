//! One provider, one token: form, issuer, time, audience, signature.

use super::{
    super::{signature, status::Status, token::Token},
    Ask, Key, NOW, cluster, forge, rule, says,
};
use crate::model::jwt::jwks::Jwks;

const GOOD: &str = r#"{"iss":"a","sub":"s"}"#;
const KEYS: [Key; 4] = [Key::Rsa, Key::Ec, Key::Ed, Key::Shared];

#[test]
fn a_good_token_of_every_kind_of_key() {
    for key in KEYS {
        let program = cluster(&[rule("a", key, "")]);
        says(&program, &Ask::bearer(&key.token(GOOD)), "allow rule 0");
        let mut parts: Vec<String> = key.token(GOOD).split('.').map(str::to_owned).collect();
        parts[1] = key.token(r#"{"iss":"a","sub":"t"}"#).split('.').nth(1).unwrap().to_owned();
        says(&program, &Ask::bearer(&parts.join(".")), "401 Jwt verification fails");
        says(&program, &Ask::get(), "allow no token");
    }
}

/// Signed by OpenSSL.
#[test]
fn every_algorithm() {
    let mut lines = include_str!("openssl.txt").lines();
    let Jwks::Keys(keys) = Jwks::read(lines.next().unwrap()) else { panic!("a key set") };
    let mut count = 0;
    for line in lines {
        let (alg, text) = line.split_once(' ').unwrap();
        let mut token = Token::parse(text).unwrap();
        assert_eq!(signature::check(&token, &keys), Status::Good, "{alg}");
        token.signed.push('x');
        assert_eq!(signature::check(&token, &keys), Status::VerificationFails, "{alg}");
        count += 1;
    }
    assert_eq!(count, 13);
}

#[test]
fn form() {
    let program = cluster(&[rule("a", Key::Ec, "")]);
    let good = Key::Ec.token(GOOD);
    let form =
        "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections";
    let head = "401 Jwt header is an invalid Base64url encoded";
    for (text, expected) in [
        ("x".to_owned(), form),
        ("a..b".to_owned(), form),
        ("a.b.c.d".to_owned(), form),
        // Empty sections do not count.
        (format!(".{}.", good.replace('.', "..")), "allow rule 0"),
        (format!("{good},more"), "401 Jwt signature is an invalid Base64url encoded"),
        ("a.b.c".to_owned(), head),
        ("eA.b.c".to_owned(), "401 Jwt header is an invalid JSON"),
        // White space is skipped where text is decoded, and signed all the same.
        (good.replacen("ey", "e y", 1), "401 Jwt verification fails"),
    ] {
        says(&program, &Ask::bearer(&text), expected);
    }
}

#[test]
fn header_fields() {
    let program = cluster(&[rule("a", Key::Ec, "")]);
    for (header, expected) in [
        (r#"{"alg":"ES256"}"#, "allow rule 0"),
        (r#"{"alg":"ES256","kid":""}"#, "allow rule 0"),
        (r#"{"alg":"ES256","crit":["b64"]}"#, "allow rule 0"),
        (
            r#"{"alg":"ES256","kid":"other"}"#,
            "401 Jwks doesn't have key to match kid or alg from Jwt",
        ),
        (r#"{"alg":"ES256","kid":1}"#, "401 Jwt header [kid] field is not a string"),
        (r#"{"alg":"none"}"#, "401 Jwt header [alg] is not supported"),
        (r#"{"alg":"es256"}"#, "401 Jwt header [alg] is not supported"),
        ("{}", "401 Jwt header [alg] field is required and must be a string"),
        (r#"{"alg":5}"#, "401 Jwt header [alg] field is required and must be a string"),
        (r#"{"alg":"ES256","alg":"ES256"}"#, "401 Jwt header is an invalid JSON"),
        // The key says how it is checked; only its own `alg` would hold the token to one.
        (r#"{"alg":"RS256"}"#, "allow rule 0"),
        (r#"{"alg":"HS512"}"#, "allow rule 0"),
        (r#"{"alg":"ES384"}"#, "401 Jwt verification fails"),
    ] {
        says(&program, &Ask::bearer(&Key::Ec.token_with(header, GOOD)), expected);
    }
}

#[test]
fn payload_fields() {
    let program = cluster(&[rule("a", Key::Ec, "")]);
    let text = |field: &str, what: &str| format!("401 Jwt payload [{field}] field is {what}");
    for (payload, expected) in [
        (r#"{"iss":null}"#, text("iss", "not a string")),
        (r#"{"iss":"a","sub":1}"#, text("sub", "not a string")),
        (r#"{"iss":"a","jti":1}"#, text("jti", "not a string")),
        (r#"{"iss":"a","exp":null}"#, text("exp", "not an integer")),
        (r#"{"iss":"a","exp":"9"}"#, text("exp", "not an integer")),
        (r#"{"iss":"a","exp":-1}"#, text("exp", "not a positive 64 bit integer")),
        (r#"{"iss":"a","exp":1e20}"#, text("exp", "not a positive 64 bit integer")),
        (r#"{"iss":"a","nbf":[]}"#, text("nbf", "not an integer")),
        (r#"{"iss":"a","iat":true}"#, text("iat", "not an integer")),
        (r#"{"iss":"a","iat":-1}"#, text("iat", "not a positive 64 bit integer")),
        (r#"{"iss":"a","aud":1}"#, text("aud", "not a string or string list")),
        (r#"{"iss":"a","aud":["x",1]}"#, text("aud", "not a string or string list")),
        (r#"{"iss":"b"}"#, "401 Jwt issuer is not configured".into()),
        ("{}", "401 Jwt issuer is not configured".into()),
        ("null", "401 Jwt issuer is not configured".into()),
        ("[]", "401 Jwt payload is an invalid JSON".into()),
        (r#"{"iss":"a","a":{"x":1,"x":2}}"#, "401 Jwt payload is an invalid JSON".into()),
        // Protobuf's JSON is a wider one.
        ("{iss:'a',}", "allow rule 0".into()),
    ] {
        says(&program, &Ask::bearer(&Key::Ec.token(payload)), &expected);
    }
}

#[test]
fn times_have_a_minute_of_grace() {
    let program = cluster(&[rule("a", Key::Ec, "")]);
    let ask = |claims: &str| Ask::bearer(&Key::Ec.token(&format!(r#"{{"iss":"a",{claims}}}"#)));
    for (claims, expected) in [
        (format!(r#""exp":{}"#, NOW - 60), "allow rule 0"),
        (format!(r#""exp":{}"#, NOW - 61), "401 Jwt is expired"),
        (format!(r#""exp":{}.9"#, NOW - 61), "401 Jwt is expired"),
        (format!(r#""nbf":{}"#, NOW + 60), "allow rule 0"),
        (format!(r#""nbf":{}"#, NOW + 61), "401 Jwt not yet valid"),
        (r#""exp":0"#.to_owned(), "allow rule 0"),
        (r#""exp":0.5"#.to_owned(), "allow rule 0"),
        (format!(r#""iat":{}"#, NOW + 9999), "allow rule 0"),
    ] {
        says(&program, &ask(&claims), expected);
    }
}

#[test]
fn audiences() {
    let rules = [rule("a", Key::Ec, "audiences: ['https://x/', w, 'http://']")];
    let program = cluster(&rules);
    let refused = "403 Audiences in Jwt are not allowed";
    for (aud, expected) in [
        (r#""x""#, "allow rule 0"),
        (r#""http://x""#, "allow rule 0"),
        (r#""https://w/""#, "allow rule 0"),
        (r#"["q","w"]"#, "allow rule 0"),
        (r#""""#, "allow rule 0"),
        (r#""x//""#, refused),
        (r#""W""#, refused),
        (r#""ftp://x""#, refused),
        ("[]", refused),
    ] {
        let token = Key::Ec.token(&format!(r#"{{"iss":"a","aud":{aud}}}"#));
        says(&program, &Ask::bearer(&token), expected);
    }
    says(&program, &Ask::bearer(&Key::Ec.token(GOOD)), refused);
    // The audience is looked at before the signature, and after the time.
    says(&program, &Ask::bearer(&Key::Ec2.token(GOOD)), refused);
    let late = Key::Ec.token(r#"{"iss":"a","exp":5}"#);
    says(&program, &Ask::bearer(&late), "401 Jwt is expired");
}

#[test]
fn a_star_is_no_issuer() {
    let jwks = forge::jwks(&[Key::Ec.jwk()]);
    let program = cluster(&[format!("{{issuer: '*', jwks: '{jwks}'}}")]);
    let refused = "401 Jwt issuer is not configured";
    says(&program, &Ask::bearer(&Key::Ec.token(GOOD)), refused);
}

#[test]
fn which_keys_are_tried() {
    let set = |keys: &[String]| {
        let jwks = forge::jwks(keys);
        cluster(&[format!("{{issuer: a, jwks: '{jwks}'}}")])
    };
    let good = Ask::bearer(&Key::Ec.token(GOOD));
    let anonymous = Ask::bearer(&Key::Ec.token_with(r#"{"alg":"ES256"}"#, GOOD));
    let mismatch = "401 Jwks doesn't have key to match kid or alg from Jwt";
    // A token without an id: every key.
    let both = set(&[Key::Ec2.jwk(), Key::Ec.jwk()]);
    says(&both, &anonymous, "allow rule 0");
    says(&both, &good, "allow rule 0");
    // A key without an id: every token.
    says(&set(&[Key::Ec.jwk_with("")]), &good, "allow rule 0");
    says(&set(&[Key::Ec2.jwk()]), &good, mismatch);
    says(&set(&[Key::Ec2.jwk_with(r#","kid":"ec""#)]), &good, "401 Jwt verification fails");
    // Two keys of one id are both tried; a key that cannot be used is left out.
    let broken = Key::Ec2.jwk_with(r#","kid":"ec","alg":"ES384""#);
    says(&set(&[broken, Key::Ec.jwk()]), &good, "allow rule 0");
    // `use` and `key_ops` are not looked at.
    says(&set(&[Key::Ec.jwk_with(r#","use":"enc""#)]), &good, "allow rule 0");
    // Ed25519 looks at the length first, and gives up on the other keys.
    let mixed = set(&[Key::Ed.jwk_with(""), Key::Rsa.jwk_with("")]);
    let rsa = Ask::bearer(&Key::Rsa.token(GOOD));
    says(&mixed, &rsa, "401 Jwt ED25519 signature is wrong length");
}
