//! `docs/src/coverage.md`: every field of every policy kind and how many cases use it, made from the
//! cases. A field that no case uses must say why. `UPDATE=1` writes the page again.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use mayreach_conformance::{load, root};

/// Kind, its fields as manifests spell them, and why a field may have no case.
type Kind = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const SELECTOR: &str = "";

const KINDS: &[Kind] = &[
    (
        "kubernetes",
        "NetworkPolicy",
        &[
            ("podSelector", SELECTOR),
            ("policyTypes", ""),
            ("ingress", ""),
            ("egress", ""),
            ("from", ""),
            ("to", ""),
            ("ports", ""),
            ("protocol", ""),
            ("port", ""),
            ("endPort", ""),
            ("namespaceSelector", ""),
            ("ipBlock", ""),
            ("cidr", ""),
            ("except", ""),
            ("matchLabels", ""),
            ("matchExpressions", ""),
        ],
    ),
    (
        "kubernetes",
        "AdminNetworkPolicy",
        &[
            ("priority", ""),
            ("subject", ""),
            ("namespaces", ""),
            ("pods", ""),
            ("action", ""),
            ("networks", ""),
            ("portNumber", ""),
            ("namedPort", ""),
            ("portRange", ""),
            (
                "nodes",
                "the reference engine reads it as the pods of those nodes; read by hand from the API",
            ),
            ("domainNames", "no address says which domain it is; always undetermined"),
        ],
    ),
    (
        "kubernetes",
        "BaselineAdminNetworkPolicy",
        &[("subject", ""), ("ingress", ""), ("egress", ""), ("action", "")],
    ),
    (
        "kubernetes",
        "ClusterNetworkPolicy",
        &[
            ("tier", ""),
            ("priority", ""),
            ("subject", ""),
            ("action", ""),
            ("namespaces", ""),
            ("pods", ""),
            ("networks", ""),
            ("protocols", ""),
            ("destinationPort", ""),
            ("destinationNamedPort", ""),
            ("range", ""),
            (
                "nodes",
                "the reference engine reads it as the pods of those nodes; read by hand from the API",
            ),
            ("domainNames", "no address says which domain it is; always undetermined"),
        ],
    ),
    (
        "calico",
        "NetworkPolicy",
        &[
            ("tier", ""),
            ("order", ""),
            ("selector", ""),
            ("types", ""),
            ("ingress", ""),
            ("egress", ""),
            ("action", ""),
            ("protocol", ""),
            ("notProtocol", ""),
            ("source", ""),
            ("destination", ""),
            ("nets", ""),
            ("notNets", ""),
            ("notSelector", ""),
            ("namespaceSelector", ""),
            ("ports", ""),
            ("notPorts", ""),
            ("serviceAccounts", ""),
            ("serviceAccountSelector", ""),
            ("services", ""),
            ("http", ""),
            ("ipVersion", ""),
            ("icmp", "ICMP types are held by unit tests and the oracle property"),
            ("notICMP", "ICMP types are held by unit tests and the oracle property"),
            ("performanceHints", "has no meaning for verdicts"),
        ],
    ),
    (
        "calico",
        "GlobalNetworkPolicy",
        &[
            ("tier", ""),
            ("order", ""),
            ("selector", ""),
            ("namespaceSelector", ""),
            ("types", ""),
            ("doNotTrack", "host endpoints only; Calico's importable code does not run them"),
            ("preDNAT", "host endpoints only; Calico's importable code does not run them"),
            ("applyOnForward", "host endpoints only; Calico's importable code does not run them"),
        ],
    ),
    ("calico", "Tier", &[("order", ""), ("defaultAction", "")]),
    ("calico", "NetworkSet", &[("nets", ""), ("labels", "")]),
    ("calico", "GlobalNetworkSet", &[("nets", ""), ("labels", "")]),
    (
        "calico",
        "HostEndpoint",
        &[
            ("expectedIPs", ""),
            ("node", ""),
            ("interfaceName", ""),
            ("profiles", "Calico's importable code runs no host endpoint's own policy"),
            ("ports", ""),
        ],
    ),
    ("calico", "StagedNetworkPolicy", &[("selector", ""), ("stagedAction", "")]),
    ("calico", "StagedGlobalNetworkPolicy", &[("selector", ""), ("stagedAction", "")]),
    ("calico", "StagedKubernetesNetworkPolicy", &[("podSelector", ""), ("stagedAction", "")]),
    (
        "istio",
        "AuthorizationPolicy",
        &[
            ("selector", ""),
            ("matchLabels", ""),
            ("targetRef", ""),
            ("targetRefs", ""),
            ("action", ""),
            ("provider", ""),
            ("rules", ""),
            ("from", ""),
            ("source", ""),
            ("to", ""),
            ("operation", ""),
            ("when", ""),
            ("key", ""),
            ("values", ""),
            ("notValues", ""),
            ("principals", ""),
            ("notPrincipals", ""),
            ("requestPrincipals", ""),
            ("notRequestPrincipals", ""),
            ("namespaces", ""),
            ("notNamespaces", ""),
            ("serviceAccounts", ""),
            ("notServiceAccounts", ""),
            ("ipBlocks", ""),
            ("notIpBlocks", ""),
            ("remoteIpBlocks", ""),
            ("notRemoteIpBlocks", ""),
            ("trustDomains", ""),
            ("notTrustDomains", ""),
            ("hosts", ""),
            ("notHosts", ""),
            ("ports", ""),
            ("notPorts", ""),
            ("methods", ""),
            ("notMethods", ""),
            ("paths", ""),
            ("notPaths", ""),
            ("istio.io/dry-run", ""),
            ("source.ip", ""),
            ("remote.ip", ""),
            ("source.namespace", ""),
            ("source.principal", ""),
            ("source.serviceAccount", ""),
            ("source.trustDomain", ""),
            ("request.headers", ""),
            ("request.auth.principal", ""),
            ("request.auth.audiences", ""),
            ("request.auth.presenter", ""),
            ("request.auth.claims", ""),
            ("destination.ip", ""),
            ("destination.port", ""),
            ("connection.sni", ""),
            ("experimental.envoy.filters", ""),
        ],
    ),
    (
        "istio",
        "PeerAuthentication",
        &[("selector", ""), ("matchLabels", ""), ("mtls", ""), ("mode", ""), ("portLevelMtls", "")],
    ),
    (
        "istio",
        "RequestAuthentication",
        &[
            ("selector", ""),
            ("matchLabels", ""),
            ("targetRef", ""),
            ("targetRefs", ""),
            ("jwtRules", ""),
            ("issuer", ""),
            ("audiences", ""),
            ("jwks", ""),
            ("jwksUri", "nothing is fetched; the caller gives the keys"),
            ("jwks_uri", "the old spelling of jwksUri"),
            ("fromHeaders", ""),
            ("prefix", ""),
            ("fromParams", ""),
            ("fromCookies", ""),
            ("outputPayloadToHeader", ""),
            ("outputClaimToHeaders", ""),
            ("forwardOriginalToken", ""),
            ("spaceDelimitedClaims", ""),
            ("timeout", "only times the fetching of keys"),
        ],
    ),
    (
        "istio",
        "DestinationRule",
        &[
            ("host", ""),
            ("exportTo", ""),
            ("workloadSelector", ""),
            ("trafficPolicy", ""),
            ("tls", ""),
            ("mode", ""),
            ("DISABLE", ""),
            ("SIMPLE", ""),
            ("ISTIO_MUTUAL", ""),
            (
                "MUTUAL",
                "a certificate of the client's own: whether the mesh knows it is not known, so undetermined",
            ),
            (
                "clientCertificate",
                "a certificate of the client's own: whether the mesh knows it is not known, so undetermined",
            ),
            (
                "privateKey",
                "a certificate of the client's own: whether the mesh knows it is not known, so undetermined",
            ),
            ("caCertificates", "what the client asks of the server"),
            (
                "credentialName",
                "a certificate of the client's own: whether the mesh knows it is not known, so undetermined",
            ),
            ("subjectAltNames", "what the client asks of the server"),
            ("sni", ""),
            ("insecureSkipVerify", "what the client asks of the server"),
            ("caCrl", "what the client asks of the server"),
            ("portLevelSettings", ""),
            ("port", ""),
            ("subsets", ""),
            ("labels", ""),
            ("loadBalancer", ""),
            ("connectionPool", ""),
            ("outlierDetection", "how much and how long, not who"),
            ("tunnel", "through whom, not who"),
            ("proxyProtocol", "the header goes before the connection; no flow carries one"),
            ("retryBudget", "how much and how long, not who"),
        ],
    ),
    (
        "istio",
        "Sidecar",
        &[
            ("workloadSelector", ""),
            ("labels", ""),
            ("ingress", ""),
            ("port", ""),
            ("protocol", ""),
            ("bind", ""),
            ("captureMode", ""),
            ("defaultEndpoint", ""),
            ("egress", ""),
            ("hosts", ""),
            ("outboundTrafficPolicy", ""),
            ("tls", ""),
            ("connectionPool", "how much and how long, not who"),
            ("inboundConnectionPool", "how much and how long, not who"),
        ],
    ),
    (
        "istio",
        "EnvoyFilter",
        &[
            ("workloadSelector", ""),
            ("labels", ""),
            ("targetRefs", ""),
            ("configPatches", ""),
            ("applyTo", ""),
            ("match", ""),
            ("context", ""),
            ("listener", ""),
            ("filterChain", ""),
            ("patch", ""),
            ("operation", ""),
            ("value", ""),
            ("priority", "orders patches; Lua filters of one are run in their order"),
            ("proxy", "a match on the proxy's version: undetermined"),
            ("routeConfiguration", "routing, after authorization"),
            ("cluster", "outbound"),
        ],
    ),
    (
        "istio",
        "mesh config",
        &[
            ("trustDomain", ""),
            ("trustDomainAliases", ""),
            ("caCertificates", ""),
            ("rootNamespace", ""),
            ("pathNormalization", ""),
            ("normalization", ""),
            ("extensionProviders", ""),
            ("envoyExtAuthzHttp", ""),
            ("envoyExtAuthzGrpc", ""),
            ("service", ""),
            ("port", ""),
            ("failOpen", ""),
            ("statusOnError", ""),
            ("pathPrefix", ""),
            ("enableAutoMtls", ""),
            ("outboundTrafficPolicy", ""),
            ("defaultConfig", ""),
            ("gatewayTopology", ""),
            ("connectionSettings", ""),
            ("httpMergeSlashes", ""),
            ("numTrustedProxies", ""),
            (
                "protocolDetectionTimeout",
                "how long a proxy waits for first bytes, not what it then does",
            ),
            ("discoverySelectors", ""),
            ("defaultServiceExportTo", ""),
            ("defaultDestinationRuleExportTo", ""),
            ("defaultHttpRetryPolicy", "how much and how long, not who"),
        ],
    ),
    (
        "istio",
        "labels and annotations",
        &[
            ("istio-injection", ""),
            ("sidecar.istio.io/inject", ""),
            ("istio.io/dataplane-mode", ""),
            ("istio.io/use-waypoint", ""),
            ("istio.io/use-waypoint-namespace", ""),
            ("istio.io/waypoint-for", ""),
            ("istio.io/ingress-use-waypoint", ""),
            ("istio.io/use-waypoint-canary", ""),
            ("istio.io/rev", ""),
            (
                "ambient.istio.io/redirection",
                "the CNI agent writes it after the labels that are read",
            ),
            ("networking.istio.io/exportTo", ""),
            ("istio.io/use-waypoint-canary-weight", ""),
            ("security.istio.io/tlsMode", ""),
            ("proxy.istio.io/config", ""),
            ("traffic.sidecar.istio.io/excludeInboundPorts", ""),
            ("traffic.sidecar.istio.io/includeInboundPorts", ""),
            ("traffic.sidecar.istio.io/excludeOutboundPorts", ""),
            ("traffic.sidecar.istio.io/excludeOutboundIPRanges", ""),
            ("gateway.networking.k8s.io/gateway-name", ""),
            ("gateway.istio.io/managed", ""),
        ],
    ),
    (
        "istio",
        "Gateway (Gateway API)",
        &[
            ("gatewayClassName", ""),
            ("listeners", ""),
            ("port", ""),
            ("protocol", ""),
            ("allowedRoutes", ""),
            ("namespaces", ""),
            ("from", ""),
            ("selector", ""),
            ("matchLabels", ""),
            ("matchExpressions", ""),
            ("hostname", "which host is routed, not who may come"),
            ("tls", "how a listener ends TLS: its protocol says it"),
        ],
    ),
    ("istio", "GatewayClass", &[("controllerName", ""), ("istio.io/waypoint-for", "")]),
    (
        "istio",
        "Gateway (Istio)",
        &[
            ("selector", ""),
            ("servers", ""),
            ("port", ""),
            ("number", ""),
            ("protocol", ""),
            ("hosts", ""),
            ("tls", ""),
            ("mode", ""),
        ],
    ),
    (
        "istio",
        "ServiceEntry",
        &[
            ("hosts", ""),
            ("ports", ""),
            ("number", ""),
            ("targetPort", ""),
            ("protocol", ""),
            ("workloadSelector", ""),
            ("labels", ""),
            ("addresses", ""),
            ("endpoints", ""),
            ("location", ""),
            ("resolution", ""),
            ("exportTo", "whose routing it is in"),
            ("subjectAltNames", "what the client asks of the server"),
        ],
    ),
    (
        "istio",
        "WorkloadEntry",
        &[
            ("address", ""),
            ("labels", ""),
            ("serviceAccount", ""),
            ("ports", ""),
            ("network", "one network is taken"),
            ("locality", "load balancing"),
            ("weight", "load balancing"),
        ],
    ),
    (
        "istio",
        "WasmPlugin",
        &[("selector", ""), ("targetRefs", ""), ("phase", ""), ("match", ""), ("mode", "")],
    ),
];

/// Scenarios and flows by (kind, field).
fn count(family: &str) -> BTreeMap<(String, String), (usize, usize)> {
    let mut out: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for scenario in load(family) {
        let mut seen: Vec<(String, String)> = Vec::new();
        for (_, text) in &scenario.manifests {
            for document in text.split("\n---") {
                for (_, kind, fields) in KINDS.iter().filter(|k| k.0 == family) {
                    if !is_kind(document, kind, family) {
                        continue;
                    }
                    for (field, _) in *fields {
                        let key = ((*kind).to_owned(), (*field).to_owned());
                        if names(document, field) && !seen.contains(&key) {
                            seen.push(key);
                        }
                    }
                }
            }
        }
        for key in seen {
            let entry = out.entry(key).or_default();
            entry.0 += 1;
            entry.1 += scenario.cases.len();
        }
    }
    out
}

fn is_kind(document: &str, kind: &str, family: &str) -> bool {
    let of_kind = |kind: &str| {
        let line = format!("kind: {kind}");
        document.lines().any(|l| l.trim_start_matches(['-', ' ']).trim_end() == line)
    };
    match kind {
        // Every kind may have them.
        "labels and annotations" => return true,
        "mesh config" => {
            return ["ConfigMap", "IstioOperator", "Istio"].into_iter().any(of_kind);
        }
        "Gateway (Gateway API)" => {
            return of_kind("Gateway") && document.contains("gateway.networking.k8s.io/");
        }
        "Gateway (Istio)" => {
            return of_kind("Gateway") && document.contains("networking.istio.io/");
        }
        "GatewayClass" => return of_kind(kind),
        _ => {}
    }
    let of_family = match family {
        "calico" => document.contains("projectcalico.org/"),
        "istio" => document.contains("istio.io/"),
        _ => document.contains(".k8s.io/"),
    };
    of_family && of_kind(kind)
}

/// Whether a field (or a `when` key) stands in a document.
fn names(document: &str, field: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    document.match_indices(field).any(|(at, found)| {
        let before = document[..at].chars().next_back();
        let after = document[at + found.len()..].chars().next();
        !before.is_some_and(part)
            && after.is_some_and(|c| matches!(c, ':' | '"' | '[' | '\'' | ',' | '}' | '\n' | '.'))
    })
}

#[test]
fn every_field_has_a_case_or_a_reason() {
    let mut page = String::from(
        "# Coverage of the specification\n\nMade from the cases by `UPDATE=1 cargo test -p mayreach-conformance coverage`. A *scenario* is a set of\nmanifests; a *flow* is one question that a real system (or the cited specification) answered. Which rule\nof the real systems each hand-written scenario holds stands in `conformance/istio/COVERAGE.md` and\n`conformance/network/COVERAGE.md`.\n",
    );
    let mut bare = Vec::new();
    for family in ["kubernetes", "calico", "istio"] {
        let counts = count(family);
        let _ = write!(page, "\n## {family}\n");
        for (_, kind, fields) in KINDS.iter().filter(|k| k.0 == family) {
            let _ = write!(
                page,
                "\n### {kind}\n\n| field | scenarios | flows | |\n|---|--:|--:|---|\n"
            );
            for (field, why) in *fields {
                let key = ((*kind).to_owned(), (*field).to_owned());
                let (scenarios, flows) = counts.get(&key).copied().unwrap_or_default();
                if scenarios == 0 && why.is_empty() {
                    bare.push(format!("{kind}.{field}"));
                }
                let why = if scenarios == 0 { why } else { "" };
                let _ = writeln!(page, "| `{field}` | {scenarios} | {flows} | {why} |");
            }
        }
    }
    let path = root().join("docs/src/coverage.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(bare.is_empty(), "no case, and no reason why: {}", bare.join(", "));
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/src/coverage.md is stale: UPDATE=1 cargo test -p mayreach-conformance coverage"
    );
}
