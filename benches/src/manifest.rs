//! A cluster as YAML, in the form people write.

use std::fmt::Write as _;

use crate::{Cluster, Dice, METHODS, Shape, cluster::Rule};

/// The public key of RFC 7517, appendix A.1.
const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","alg":"ES256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;

const TIERS: [&str; 3] = ["front", "back", "data"];

/// Namespaces and pods. Four labels a pod, as Deployments leave them.
pub(crate) fn pods(cluster: &Cluster, namespaces: usize) -> String {
    let mut out = String::new();
    let mesh = !matches!(cluster.shape, Shape::Selectors | Shape::Cidrs);
    let inject = if mesh { "\n    istio-injection: enabled" } else { "" };
    for number in 0..namespaces {
        let tenant = number % 20;
        put(
            &mut out,
            format_args!(
                "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-{number:04}\n  labels:\n    tenant: t{tenant:02}{inject}\n",
            ),
        );
    }
    for (number, workload) in cluster.workloads.iter().enumerate() {
        let (namespace, name) = (&workload.namespace, &workload.name);
        let [a, b, c, e] = workload.ip;
        let (tier, version) = (TIERS[number % 3], 1 + number % 4);
        put(
            &mut out,
            format_args!(
                "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    app: {name}\n    tier: {tier}\n    version: v{version}\n    pod-template-hash: h{number:x}\nspec:\n  serviceAccountName: {name}\n  containers:\n  - name: app\n    ports:\n    - containerPort: 8080\n      name: http\nstatus:\n  podIP: {a}.{b}.{c}.{e}\n",
            ),
        );
    }
    out
}

/// NetworkPolicies, spread over the namespaces.
pub(crate) fn network(cluster: &Cluster, count: usize, namespaces: usize, d: &mut Dice) -> String {
    let mut out = String::new();
    for number in 0..count {
        let namespace = number % namespaces;
        put(
            &mut out,
            format_args!(
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: net-{number:06}\n  namespace: team-{namespace:04}\nspec:\n",
            ),
        );
        let selector = match cluster.shape {
            // The layers above must have something to do: everybody may call.
            Shape::Layers => "  podSelector: {}\n".to_owned(),
            _ => match d.roll(20) {
                0 => "  podSelector: {}\n".to_owned(),
                1..4 => label("  podSelector", "tier", tier(d)),
                _ => label("  podSelector", "app", &app(cluster, namespace, namespaces, d)),
            },
        };
        out.push_str(&selector);
        out.push_str("  policyTypes:\n  - Ingress\n  ingress:\n");
        for _ in 0..=d.roll(2) {
            out.push_str("  - from:\n");
            for _ in 0..2 {
                peer(&mut out, cluster.shape, d, namespaces);
            }
            if cluster.shape == Shape::Layers {
                out.push_str("    - namespaceSelector: {}\n");
            }
            out.push_str("    ports:\n    - protocol: TCP\n      port: 8080\n");
            let port = 9000 + d.roll(20);
            put(&mut out, format_args!("    - protocol: TCP\n      port: {port}\n"));
        }
    }
    out
}

/// Some pod's `app` in a namespace.
fn app(cluster: &Cluster, namespace: usize, namespaces: usize, d: &mut Dice) -> String {
    let within = cluster.workloads.len().div_ceil(namespaces);
    let at = (namespace + namespaces * d.roll(within)) % cluster.workloads.len();
    cluster.workloads[at].name.clone()
}

fn label(field: &str, key: &str, value: &str) -> String {
    let indent = " ".repeat(field.len() - field.trim_start().len() + 2);
    format!("{field}:\n{indent}matchLabels:\n{indent}  {key}: {value}\n")
}

fn tier(d: &mut Dice) -> &'static str {
    d.pick::<&'static str>(&TIERS)
}

fn peer(out: &mut String, shape: Shape, d: &mut Dice, namespaces: usize) {
    let blocks = if shape == Shape::Cidrs { 9 } else { 3 };
    if d.roll(10) < blocks {
        let (a, b) = (11 + d.roll(180), d.roll(256));
        let (c, bits) = if d.roll(2) == 0 { (0, 16) } else { (d.roll(256), 24) };
        put(out, format_args!("    - ipBlock:\n        cidr: {a}.{b}.{c}.0/{bits}\n"));
        if d.roll(3) == 0 {
            put(out, format_args!("        except:\n        - {a}.{b}.{c}.64/27\n"));
        }
        return;
    }
    match d.roll(3) {
        0 => {
            let tier = *d.pick(&["front", "back", "data"]);
            out.push_str(
                &label("    - podSelector", "tier", tier).replace("\n      ", "\n        "),
            );
        }
        1 => {
            let name = format!("team-{:04}", d.roll(namespaces));
            let text = label("    - namespaceSelector", "kubernetes.io/metadata.name", &name);
            out.push_str(&text.replace("\n      ", "\n        "));
        }
        _ => {
            let tenant = format!("t{:02}", d.roll(20));
            let text = label("    - namespaceSelector", "tenant", &tenant);
            out.push_str(&text.replace("\n      ", "\n        "));
            out.push_str("      podSelector:\n        matchLabels:\n          version: v1\n");
        }
    }
}

/// AuthorizationPolicies, and for all five layers what stands before them.
pub(crate) fn mesh(cluster: &Cluster, namespaces: usize) -> String {
    let mut out = String::new();
    if cluster.shape == Shape::Layers {
        for number in 0..namespaces {
            put(
                &mut out,
                format_args!(
                    "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  namespace: team-{number:04}\nspec:\n  mtls:\n    mode: STRICT\n---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata:\n  name: jwt\n  namespace: team-{number:04}\nspec:\n  jwtRules:\n  - issuer: https://issuer.example\n    jwks: '{KEYS}'\n",
                ),
            );
        }
    }
    for (number, rule) in cluster.rules.iter().enumerate() {
        policy(&mut out, &name(number), cluster, rule);
    }
    out
}

/// What the AuthorizationPolicy of that number is called.
pub(crate) fn name(number: usize) -> String {
    format!("rule-{number:06}")
}

/// One AuthorizationPolicy.
pub(crate) fn policy(out: &mut String, name: &str, cluster: &Cluster, rule: &Rule) {
    let workload = &cluster.workloads[rule.workload];
    let (namespace, app) = (&workload.namespace, &workload.name);
    let action = if rule.deny { "DENY" } else { "ALLOW" };
    put(
        out,
        format_args!(
            "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  selector:\n    matchLabels:\n      app: {app}\n  action: {action}\n  rules:\n  - from:\n    - source:\n        principals:\n",
        ),
    );
    for client in rule.clients {
        let principal = cluster.workloads[client].principal();
        put(out, format_args!("        - {principal}\n"));
    }
    out.push_str("    to:\n    - operation:\n        methods:\n");
    for method in rule.methods {
        put(out, format_args!("        - {}\n", METHODS[method]));
    }
    out.push_str("        paths:\n");
    for prefix in &rule.prefixes {
        put(out, format_args!("        - {prefix}*\n"));
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes everything");
}
