//! Strictness of flows: what is wrong is said, with its field; nothing is rounded or dropped.

use mayreach::{AuthorizerAnswer, Flow, Http, Peer, Port, Protocol, Token};
use serde_json::{Value, json};

use super::FlowIn;
use crate::problem::ProblemOut;

/// A flow with some fields set to other values; `null` in `without` removes one.
fn flow(fields: &Value) -> Value {
    let mut flow = json!({
        "source": {"workload": "shop/web"},
        "destination": {"workload": "shop/db"},
        "port": 8080,
    });
    for (name, value) in fields.as_object().expect("an object") {
        flow[name] = value.clone();
    }
    flow
}

fn problem(fields: &Value) -> ProblemOut {
    let text = flow(fields).to_string();
    FlowIn::from_json(&text).and_then(|f| f.with_flow(|_| ())).expect_err(&text)
}

fn refused(fields: &Value, field: &str, message: &str) {
    let problem = problem(fields);
    let shown = problem.to_string();
    assert_eq!(problem.field.as_deref(), Some(field), "{fields}: {shown}");
    assert!(shown.contains(message), "{fields}: {shown}");
}

fn asked<R>(fields: &Value, ask: impl FnOnce(&Flow<'_>) -> R) -> R {
    let text = flow(fields).to_string();
    FlowIn::from_json(&text).expect(&text).with_flow(ask).expect(&text)
}

#[test]
fn the_address_family_is_4_or_6() {
    refused(&json!({"ip_version": 5}), "ip_version", "4 or 6");
    refused(&json!({"ip_version": "6"}), "ip_version", "4 or 6");
    asked(&json!({"ip_version": 6}), |f| assert_eq!(f.ip_version, Some(mayreach::IpVersion::V6)));
}

#[test]
fn ports_are_strict() {
    for wrong in [json!(80.5), json!(80.0), json!(-1), json!(0), json!(65_536), json!("80")] {
        refused(&json!({"port": wrong}), "port", "a port number from 1 to 65535");
    }
    refused(&json!({"port": 4_294_967_376_u64}), "port", "4294967376");
    refused(&json!({"port": true}), "port", "not `true`");
    refused(&json!({"port": [80]}), "port", "not a list");
    refused(&json!({"source_port": "http"}), "source_port", "a port number");
    refused(&json!({"port": "80"}), "port", "without quotes");
    refused(&json!({"source": "shop/web"}), "source", r#"write `{"workload": "shop/web"}`"#);
    asked(&json!({"port": 65_535}), |f| assert_eq!(f.port, Port::Number(65_535)));
    asked(&json!({"port": "http"}), |f| assert_eq!(f.port, Port::Name("http")));
    asked(&json!({"port": null}), |f| assert_eq!(f.port, Port::Unknown));
}

#[test]
fn protocols_are_exact() {
    refused(&json!({"protocol": "tcp"}), "protocol", "did you mean `TCP`?");
    refused(&json!({"protocol": "QUIC"}), "protocol", "unknown protocol `QUIC`");
    refused(&json!({"protocol": 0}), "protocol", "from 1 to 255");
    refused(&json!({"protocol": 256}), "protocol", "from 1 to 255");
    refused(&json!({"protocol": "6"}), "protocol", "a protocol's name or its number");
    refused(&json!({"protocol": "ICMP"}), "port", "ICMP has no ports");
    refused(&json!({"icmp": {"type": 8}}), "icmp", "TCP has no type and code");
    refused(&json!({"icmp": {"type": 300}}), "icmp.type", "from 0 to 255");
    refused(&json!({"protocol": "UDP", "http": {"method": "GET"}}), "http", "over UDP");
    asked(&json!({"protocol": 6}), |f| assert_eq!(f.protocol, Protocol::Tcp));
    asked(&json!({"protocol": 47, "port": null}), |f| {
        assert_eq!(f.protocol, Protocol::Other(47));
    });
    asked(&json!({"protocol": "ICMP", "port": null, "icmp": {"type": 8}}), |f| {
        assert_eq!(f.icmp.map(|i| (i.kind, i.code)), Some((8, None)));
    });
}

#[test]
fn unknown_and_missing_fields_are_named() {
    refused(&json!({"http": {"methods": "GET"}}), "http.methods", "did you mean `method`?");
    refused(&json!({"sources": 1}), "sources", "did you mean `source`?");
    refused(&json!({"source": {"workloads": "a/b"}}), "source.workloads", "unknown field");
    refused(&json!({"icmp": {"code": 1}}), "icmp.type", "missing field `type`");
    let nothing = FlowIn::from_json("{}").expect_err("nothing is asked");
    assert_eq!(nothing.field.as_deref(), Some("source"));
    assert_eq!(nothing.code, "missing_field");
    let twice = FlowIn::from_json(r#"{"port": 1, "port": 2}"#).expect_err("twice");
    assert_eq!(twice.code, "duplicate");
}

#[test]
fn ends_say_one_thing() {
    refused(&json!({"source": {}}), "source", "nothing says who this is");
    refused(&json!({"source": {"workload": "web"}}), "source.workload", "`web` is not `namespace/");
    refused(
        &json!({"source": {"workload": "a/b/c"}}),
        "source.workload",
        "is not `namespace/name`",
    );
    refused(&json!({"source": {"service": "a/b"}}), "source.service", "opens no connections");
    refused(&json!({"source": {"ip": "10.0.0.0/8"}}), "source.ip", "is not an IP address");
    refused(&json!({"source": {"ip": "010.0.0.1"}}), "source.ip", "is not an IP address");
    let both = json!({"source": {"workload": "a/b", "ip": "10.0.0.1"}});
    refused(&both, "source", "`workload` and `ip` are both given");
    let labels = json!({"source": {"workload": "a/b", "labels": {"a": "b"}}});
    refused(&labels, "source.labels", "only a pod that no manifest holds");
    refused(
        &json!({"destination": {"ip": "10.0.0.1", "mtls": false}}),
        "destination.mtls",
        "source",
    );
    let number = json!({"source": {"namespace": "a", "labels": {"tier": 1}}});
    refused(&number, "source.labels.tier", "text is wanted, not `1`");
    let port = json!({"source": {"namespace": "a", "ports": [{"name": "http", "port": 0}]}});
    refused(&port, "source.ports[0].port", "from 1 to 65535");
}

#[test]
fn equal_labels_do_not_silently_win() {
    let text = r#"{"source": {"namespace": "a", "labels": {"x": "1", "x": "2"}},
                   "destination": {"workload": "a/b"}}"#;
    let problem = FlowIn::from_json(text).expect_err("twice");
    assert_eq!(problem.code, "duplicate");
}

#[test]
fn inline_pods_reach_the_engine() {
    let source = json!({"source": {
        "namespace": "shop", "labels": {"app": "job"}, "service_account": "jobs", "ip": "10.1.2.3",
        "ports": [{"name": "http", "port": 80}], "mtls": false, "principal": "td/ns/a/sa/b",
    }});
    asked(&source, |f| {
        let Peer::Inline(pod) = f.source else { panic!("{:?}", f.source) };
        assert_eq!(pod.namespace, "shop");
        assert_eq!(pod.labels, [("app", "job")]);
        assert_eq!(pod.service_account, Some("jobs"));
        assert_eq!(pod.ip.map(|ip| ip.to_string()).as_deref(), Some("10.1.2.3"));
        assert_eq!(pod.ports, [("http", 80, Protocol::Tcp)]);
        assert_eq!(f.mtls, Some(false));
        assert_eq!(f.principal, Some("td/ns/a/sa/b"));
    });
}

#[test]
fn null_http_is_not_http() {
    asked(&json!({}), |f| assert!(matches!(f.http, Http::Unknown)));
    asked(&json!({"http": null}), |f| assert!(matches!(f.http, Http::Raw)));
    let http = json!({"http": {"method": "GET", "headers": [["x-id", "1"], ["x-id", "2"]]}});
    asked(&http, |f| {
        let Http::Request(request) = f.http else { panic!("{:?}", f.http) };
        assert_eq!(request.method, Some("GET"));
        assert_eq!(request.path, None);
        assert_eq!(request.headers, Some([("x-id", "1"), ("x-id", "2")].as_slice()));
    });
    refused(&json!({"http": {"headers": [["a"]]}}), "http.headers[0]", "invalid length 1");
    refused(&json!({"http": {"headers": {"a": "b"}}}), "http.headers", "not an object");
}

#[test]
fn a_whole_request_without_a_token_sends_none() {
    let whole = json!({"method": "GET", "path": "/"});
    asked(&json!({"http": whole}), |f| assert!(matches!(f.token, Token::Absent)));
    asked(&json!({"http": {"method": "GET"}}), |f| assert!(matches!(f.token, Token::Unknown)));
    asked(&json!({"token": null}), |f| assert!(matches!(f.token, Token::Absent)));
    asked(&json!({"token": "eyJ"}), |f| assert!(matches!(f.token, Token::Raw("eyJ"))));
    asked(&json!({"claims": {"sub": "x"}}), |f| {
        assert!(matches!(f.token, Token::Verified(r#"{"sub":"x"}"#)));
    });
    refused(&json!({"token": "eyJ", "claims": {}}), "claims", "both given");
}

#[test]
fn times_are_text_or_seconds() {
    asked(&json!({"now": "1970-01-02T00:00:00Z"}), |f| assert_eq!(f.now, Some(86_400)));
    asked(&json!({"now": "1970-01-02T01:00:00+01:00"}), |f| assert_eq!(f.now, Some(86_400)));
    asked(&json!({"now": 12}), |f| assert_eq!(f.now, Some(12)));
    refused(&json!({"now": "tomorrow"}), "now", "`tomorrow` is not a time");
    refused(&json!({"now": "1970-01-02"}), "now", "is not a time");
    refused(&json!({"now": 1.5}), "now", "whole seconds");
}

#[test]
fn authorizers_answer_allow_deny_or_error() {
    asked(&json!({"ext_authz": {"opa": "allow", "y": "error", "z": "deny"}}), |f| {
        assert_eq!(
            f.ext_authz,
            [
                ("opa", AuthorizerAnswer::Allow),
                ("y", AuthorizerAnswer::Error),
                ("z", AuthorizerAnswer::Deny)
            ]
        );
    });
    refused(&json!({"ext_authz": {"opa": true}}), "ext_authz.opa", "not `true`");
    refused(
        &json!({"ext_authz": {"opa": "maybe"}}),
        "ext_authz.opa",
        "`allow`, `deny` or `error` is wanted, not the text `maybe`",
    );
}

#[test]
fn what_is_not_json_says_where() {
    let problem = FlowIn::from_json("{\"id\": 1,}").expect_err("a comma too many");
    assert_eq!((problem.code, problem.line, problem.column), ("syntax", Some(1), Some(10)));
    refused(&json!({"source": ["shop/web"]}), "source", "an object is wanted, not a list");
    assert_eq!(FlowIn::from_json("[1]").expect_err("a list").code, "wrong_type");
    assert_eq!(FlowIn::from_json(&"[".repeat(100_000)).expect_err("deep").code, "wrong_type");
    let trailing = r#"{"source":{"ip":"::1"},"destination":{"ip":"::2"}} x"#;
    assert_eq!(FlowIn::from_json(trailing).expect_err("trailing").code, "syntax");
}
