//! `mayreach check`: verdict, chain, nearest rule, exit status.

use crate::run::{Ran, file, json, run, run_with};

const BOOKINFO: &str = "examples/bookinfo";
const TENANTS: &str = "examples/tenants";

fn check(paths: &str, from: &str, to: &str, more: &[&str]) -> Ran {
    run(&[&["check", paths, "--from", from, "--to", to], more].concat())
}

#[test]
fn allowed_is_0() {
    let more = ["--port", "9080", "--method", "GET", "--path", "/reviews/1"];
    let ran = check(BOOKINFO, "bookinfo/frontend", "bookinfo/reviews", &more);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.out.starts_with("ALLOWED  bookinfo/frontend → bookinfo/reviews, port 9080/TCP, GET")
    );
    assert!(
        ran.out.contains("✓ authorization  allowed by rule 0 of AuthorizationPolicy bookinfo/")
    );
    assert!(ran.out.contains("examples/bookinfo/policies.yaml:"), "{}", ran.out);
}

#[test]
fn denied_is_1_and_names_the_nearest_rule() {
    let more = ["--port", "9080", "--method", "POST", "--path", "/reviews/1"];
    let ran = check(BOOKINFO, "bookinfo/frontend", "bookinfo/reviews", &more);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.out.starts_with("DENIED"));
    assert!(ran.out.contains("✗ authorization  no ALLOW rule of 2 AuthorizationPolicies matches"));
    let nearest = "nearest: rule 0 of AuthorizationPolicy bookinfo/frontend-reads-reviews";
    assert!(ran.out.contains(nearest), "{}", ran.out);
    assert!(ran.out.contains("✗ to[0] `methods` wants `GET`: is `POST`"), "{}", ran.out);
    assert!(ran.out.contains("The client sees HTTP 403 `RBAC: access denied`."));
}

#[test]
fn undetermined_is_3_and_says_what_to_add() {
    let ran = check(BOOKINFO, "bookinfo/frontend", "bookinfo/reviews", &["--port", "9080"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.out.starts_with("UNDETERMINED"));
    assert!(ran.out.contains("http.method: give --method"), "{}", ran.out);
}

#[test]
fn strict_resets_a_plaintext_client() {
    let more = ["--port", "9080", "--method", "GET", "--path", "/reviews/1"];
    let ran = check(BOOKINFO, "legacy/sleep", "bookinfo/reviews", &more);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(
        ran.out.contains("✗ mtls           mTLS STRICT of PeerAuthentication bookinfo/default")
    );
    assert!(ran.out.contains("The client sees the connection reset by the peer."));
    let plain = check(BOOKINFO, "bookinfo/frontend", "bookinfo/reviews", &["--plaintext"]);
    assert_eq!(plain.status, 1, "{plain:?}");
}

#[test]
fn every_layer_in_the_way_is_shown() {
    let ran = check(TENANTS, "tenant-acme/web", "service:tenant-globex/api", &["--port", "80"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    for line in [
        "✗ egress         isolated by 3 NetworkPolicies: no egress rule matches",
        "✗ ingress        isolated by 2 NetworkPolicies: no ingress rule matches",
        "✗ authorization  denied by rule 0 of AuthorizationPolicy tenant-globex/own-tenant-only",
        "NetworkPolicy tenant-acme/default-deny    examples/tenants/network-policies.yaml:2",
        "nearest: rule 0 of NetworkPolicy tenant-globex/same-namespace",
        "(that is tenant-globex/api:8080)",
        "The client sees nothing: the connection times out.",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
}

#[test]
fn json_is_the_decision() {
    let ran = check(TENANTS, "tenant-acme/web", "tenant-globex/api", &["--output", "json"]);
    let decision = json(&ran);
    assert_eq!(ran.status, 1);
    assert_eq!(decision["decided_by"], "egress");
    assert_eq!(decision["layers"][0]["reason"]["code"], "isolated");
    assert_eq!(decision["layers"][0]["reason"]["policies"].as_array().map(Vec::len), Some(3));
    assert_eq!(decision["client_sees"]["kind"], "timeout");
}

#[test]
fn headers_given_are_all_headers() {
    let send = |more: &[&str]| {
        let all = ["--port", "8080", "--method", "POST", "--path", "/ingest/acme/x"];
        let to = "shared-services/log-collector";
        check(TENANTS, "tenant-acme/web", to, &[&all, more].concat()).status
    };
    assert_eq!(send(&["--header", "X-Tenant-Id: acme"]), 0);
    assert_eq!(send(&["--header", "x-tenant-id: globex"]), 1);
    // A request with method and path is whole: it has no other headers.
    assert_eq!(send(&[]), 1);
}

#[test]
fn manifests_may_come_from_the_standard_input() {
    let manifests = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}";
    let arguments = ["check", "-", "--from", "x/a", "--to", "203.0.113.7", "--port", "443"];
    let ran = run_with(&arguments, manifests.as_bytes());
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.err.contains("--notes shows them"),
        "an undefined namespace is a note: {}",
        ran.err
    );
    let all = run_with(&[&arguments[..], &["--notes"]].concat(), manifests.as_bytes());
    assert!(all.err.contains("note[undefined_namespace]: "), "{}", all.err);
}

#[test]
fn no_colour_where_nobody_sees_it() {
    let ran = check(TENANTS, "tenant-acme/web", "tenant-globex/api", &[]);
    assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn tokens_are_read_from_files() {
    let token = file("token.txt", b"eyJ.e30.x\n");
    let ran = check(TENANTS, "tenant-acme/web", "tenant-acme/web", &["--token", &token]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let missing = check(TENANTS, "tenant-acme/web", "tenant-acme/web", &["--token", "nowhere"]);
    assert_eq!(missing.status, 2);
    assert!(missing.err.contains("--token: cannot read `nowhere`"), "{}", missing.err);
}
