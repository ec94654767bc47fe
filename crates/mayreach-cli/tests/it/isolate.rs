//! `isolate`, `can`, `callers`, `reaches`, `diff`, `change`.

use serde_json::{Value, json as value};

use crate::run::{Ran, file, json, run};

/// The finding of one pair.
fn finding(ran: &Ran, from: &str, to: &str) -> Value {
    let found = json(ran);
    let pairs = found["pairs"].as_array().expect("pairs");
    let pair = pairs.iter().find(|p| p["from"] == from && p["to"] == to).expect("a pair");
    let index = usize::try_from(pair["finding"].as_u64().expect("a number")).expect("small");
    found["findings"][index].clone()
}

#[test]
fn tenants_are_proved_isolated_and_shared_services_are_open() {
    let ran = run(&["isolate", "examples/tenants", "--by", "label:tenant", "--output", "json"]);
    assert_eq!(ran.status, 1);
    let proved = finding(&ran, "acme", "globex");
    assert_eq!(proved["verdict"], "isolated");
    assert_eq!(proved["alone"], value!(["egress", "ingress", "authorization"]));
    let open = finding(&ran, "acme", "shared");
    assert_eq!(open["verdict"], "open");
    let request = &open["holes"][0]["flow"]["http"];
    assert_eq!(request["headers"], value!([["x-tenant-id", "acme"]]));
    assert_eq!(open["holes"][0]["decision"]["verdict"], "allow");
}

#[test]
fn tenants_of_a_file_are_isolated() {
    let tenants = ["--tenants", "examples/tenants-isolation.yaml"];
    let ran = run(&["isolate", "examples/tenants", tenants[0], tenants[1]]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.out.starts_with("ISOLATED"), "{}", ran.out);
}

/// A forged tenant header, a network policy that means "or", and a rule that never matches.
#[test]
fn slips_are_shown_with_their_requests() {
    let tenants = ["--tenants", "examples/tenants-isolation.yaml", "--output", "json"];
    let ran = run(&[&["isolate", "examples/tenants-broken"], &tenants[..]].concat());
    assert_eq!(ran.status, 1);
    let open = finding(&ran, "globex", "initech");
    let holes = open["holes"].as_array().expect("holes");
    let forged = value!([["x-tenant-id", "initech"]]);
    assert!(holes.iter().any(|h| h["flow"]["http"]["headers"] == forged), "{holes:?}");
    let found = json(&ran);
    assert_eq!(found["dead_rules"][0]["policy"]["namespace"], "tenant-initech");
}

#[test]
fn the_seeds_holes_are_shown() {
    let seeds: Vec<String> = std::fs::read_dir("../../tests/fixtures/seeds")
        .expect("the seeds")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .filter(|name| name.starts_with('0') || name.starts_with('1'))
        .map(|name| format!("tests/fixtures/seeds/{name}"))
        .collect();
    let mut arguments = vec!["isolate", "tests/fixtures/seeds-inventory.yaml"];
    arguments.extend(seeds.iter().map(String::as_str));
    arguments.extend(["--by", "namespace", "--output", "json"]);
    let ran = run(&arguments);
    assert_eq!(ran.status, 1, "{}", ran.err);
    // What the articles guard by network policy is held, what only the mesh guards is open by UDP.
    assert_eq!(finding(&ran, "tenant-alpha", "tenant-acme")["verdict"], "isolated");
    let open = finding(&ran, "tenant-beta", "tenant-alpha");
    let udp = |h: &Value| h["flow"]["protocol"] == "UDP";
    assert!(open["holes"].as_array().expect("holes").iter().any(udp));
    // The header that a tenant writes itself.
    let logs = finding(&ran, "tenant-alpha", "platform-logging");
    // The second rule against impersonation holds for whoever sends no such header.
    let headers = value!([["x-tenant-id", "alpha"], ["x-tenant-identity", ""]]);
    assert_eq!(logs["holes"][0]["flow"]["http"]["headers"], headers, "{logs}");
    // The rule that can never match.
    let dead = json(&ran)["dead_rules"].clone();
    assert_eq!(dead[0]["policy"]["name"], "deny-shared-service-impersonation");
}

/// The second article denies what comes from two namespaces. Under PERMISSIVE, Istio's default, who
/// sends plaintext comes from none: the rule never meets them. STRICT closes it.
#[test]
fn a_plaintext_client_under_permissive_is_shown() {
    let text = |name: &str| {
        std::fs::read_to_string(format!("../../tests/fixtures/seeds/{name}")).expect("a seed")
    };
    let authz = text("21-bookinfo-authz.yaml");
    let deny = authz.split("---\n").find(|d| d.contains("name: deny-external")).expect("a policy");
    let tcp = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
        metadata: {name: tcp, namespace: bookinfo}\n\
        spec: {podSelector: {}, ingress: [{ports: [{port: 9080}]}]}\n";
    let policies = file("permissive.yaml", format!("{deny}{tcp}").as_bytes());
    let strict = file("strict.yaml", text("20-bookinfo-peer-auth.yaml").as_bytes());
    let isolate = |more: &[&str]| {
        let words = ["isolate", "tests/fixtures/bookinfo-inventory.yaml", &policies];
        run(&[&words[..], more, &["--by", "workload", "--output", "json"]].concat())
    };
    let open = finding(&isolate(&[]), "external/caller", "bookinfo/reviews");
    assert_eq!(open["verdict"], "open");
    let plaintext = &open["holes"][0];
    assert_eq!(plaintext["flow"]["source"]["mtls"], false, "{plaintext}");
    assert_eq!(plaintext["flow"]["port"], 9080);
    assert!(plaintext["request"].as_str().expect("text").ends_with("in plaintext past its proxy"));
    let legacy = finding(&isolate(&[]), "legacy/sleep", "bookinfo/reviews");
    assert_eq!(legacy["verdict"], "open", "no proxy, no identity");
    let closed = finding(&isolate(&[&strict]), "external/caller", "bookinfo/reviews");
    assert_eq!(closed["verdict"], "isolated", "{}", closed["holes"]);
}

#[test]
fn what_one_may_do_to_another() {
    let can = |from, to| run(&["can", "examples/tenants", from, to]);
    let some = can("tenant-acme/web", "tenant-acme/api");
    assert_eq!(some.status, 0);
    assert!(some.out.contains("GET or POST") && some.out.contains("/v1/*"), "{}", some.out);
    let none = can("tenant-acme/web", "tenant-globex/api");
    assert_eq!(none.status, 1);
    assert!(none.out.contains("proved"), "{}", none.out);
    let nobody = can("tenant-acme/web", "tenant-acme/nobody");
    assert_eq!(nobody.status, 2);
}

#[test]
fn exactly_who() {
    let ran = run(&["callers", "examples/tenants", "tenant-acme/db", "--output", "json"]);
    let found = json(&ran);
    let names: Vec<&str> = found["may"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|m| m["workload"].as_str())
        .collect();
    assert_eq!(names, ["tenant-acme/api", "tenant-acme/web"]);
    let ran = run(&["reaches", "examples/tenants", "tenant-globex/web", "--output", "json"]);
    let found = json(&ran);
    let not = found["may_not"].as_array().expect("a list");
    assert!(not.contains(&value!("tenant-acme/api")), "{not:?}");
}

#[test]
fn a_difference_has_an_exit_code_when_asked() {
    let same = run(&["diff", "examples/tenants", "examples/tenants", "--exit-code"]);
    assert_eq!((same.status, same.out.starts_with("EQUIVALENT")), (0, true), "{}", same.out);
    let both = ["examples/tenants", "examples/tenants-broken"];
    let other = run(&["diff", both[0], both[1], "--exit-code"]);
    assert_eq!(other.status, 1);
    let (opened, closed) = (other.out.find("\nopened"), other.out.find("\nclosed"));
    assert!(opened < closed && opened.is_some(), "{}", other.out);
    assert_eq!(run(&["diff", both[0], both[1]]).status, 0);
}

/// What a pipeline and a merge request read.
#[test]
fn answers_have_other_forms() {
    let both = ["diff", "examples/tenants", "examples/tenants-broken", "--output"];
    let with = |format: &str| run(&[&both[..], &[format]].concat());
    let found = json(&with("json"));
    let changes = found["changes"].as_array().expect("changes").len();
    let markdown = with("markdown");
    assert!(markdown.out.contains("| opened | "), "{}", markdown.out);
    let junit = with("junit");
    assert!(junit.out.contains(&format!("failures=\"{changes}\"")), "{}", junit.out);
    let csv = with("csv");
    assert_eq!(csv.out.lines().count(), changes + 1, "{}", csv.out);
    let same = run(&["diff", "examples/tenants", "examples/tenants", "--output", "junit"]);
    assert!(same.out.contains("tests=\"1\" skipped=\"0\" failures=\"0\""), "{}", same.out);
    let pair = ["can", "examples/tenants", "tenant-acme/web", "tenant-acme/api", "--output"];
    let can = run(&[&pair[..], &["markdown"]].concat());
    assert!(
        can.out.contains(r"| GET or POST, paths /v1/\* | authorization: allowed"),
        "{}",
        can.out
    );
    let who = ["callers", "examples/tenants", "tenant-acme/db", "--output", "csv"];
    let callers = run(&who);
    assert!(callers.out.contains("tenant-acme/api,may,"), "{}", callers.out);
    assert!(callers.out.contains("(outside),may not,"), "{}", callers.out);
}

/// One file before and after a rule that lets `web` read from `api`.
#[test]
fn a_change_does_what_it_is_meant_to() {
    let base = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n\
        apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n---\n\
        apiVersion: v1\nkind: Pod\nmetadata: {name: api, namespace: shop, labels: {app: api}}\n---\n\
        apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
        metadata: {name: api, namespace: shop}\n\
        spec:\n  podSelector: {matchLabels: {app: api}}\n  policyTypes: [Ingress]\n";
    let rule =
        "  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]\n";
    let wide = "  ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]\n";
    let old = file("change-old.yaml", base.as_bytes());
    let new = file("change-new.yaml", format!("{base}{rule}").as_bytes());
    let more = file("change-more.yaml", format!("{base}{wide}").as_bytes());
    let change =
        |to: &str, intend: &str| run(&["change", "--from", &old, "--to", to, "--intend", intend]);
    let good = change(&new, "shop/web -> shop/api:80");
    assert_eq!(good.status, 0, "{}{}", good.out, good.err);
    assert!(good.out.contains("✓ nothing else changes"), "{}", good.out);
    let wrong = change(&more, "shop/web -> shop/api:81");
    assert_eq!(wrong.status, 1);
    assert!(wrong.out.contains("✗ shop/web -> shop/api:81: allowed after"), "{}", wrong.out);
    let words = ["change", "--from", &old, "--to", &more, "--intend", "shop/web -> shop/api:81"];
    let junit = run(&[&words[..], &["--output", "junit"]].concat());
    assert!(
        junit.out.contains("<failure message=\"shop/web → shop/api, port 81/TCP"),
        "{}",
        junit.out
    );
    assert_eq!(change(&new, "nonsense").status, 2);
}
