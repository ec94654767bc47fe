//! A flow that an analysis found, in one line for people.

use mayreach::{Bearer, Client, Content, IpVersion, Program, Target, Witness};

use crate::flow::protocol_name;

/// `shop/web → shop/api, port 8080/TCP, GET /v1 (x-tenant-id: alpha), in plaintext`.
pub fn request(program: &Program, witness: &Witness) -> String {
    let mut out =
        Line(format!("{} → {}", client(program, &witness.client), target(program, witness)));
    let protocol = protocol_name(witness.protocol);
    match (witness.port, witness.icmp) {
        (Some(port), _) => out.add(format!(", port {port}/{protocol}")),
        (None, Some(icmp)) => out.add(format!(", {protocol} type {}", icmp.kind)),
        (None, None) if witness.protocol.has_ports() => {
            out.add(format!(", any port/{protocol}"));
        }
        (None, None) if protocol.bytes().all(|b| b.is_ascii_digit()) => {
            out.add(format!(", protocol {protocol}"));
        }
        (None, None) => out.add(format!(", {protocol}")),
    }
    if let Some(version) = witness.ip_version {
        out.add(if version == IpVersion::V6 { " over IPv6" } else { " over IPv4" }.into());
    }
    if let Some(port) = witness.source_port {
        out.add(format!(" from port {port}"));
    }
    out.add(content(witness));
    out.0
}

/// What the request is, from the method on.
fn content(witness: &Witness) -> String {
    let mut out = Line(String::new());
    match &witness.content {
        Content::Any => {}
        Content::Raw => out.add(", bytes that are not HTTP".into()),
        Content::Http(request) => {
            let method = request.method.as_deref().unwrap_or("any method");
            let path = request.path.as_deref().unwrap_or("any path");
            out.add(format!(", {method} {path}"));
            if let Some(host) = &request.host {
                out.add(format!(" (host `{host}`)"));
            }
            for (name, value) in request.headers.iter().flatten() {
                out.add(format!(" ({name}: {value})"));
            }
        }
    }
    match &witness.token {
        Bearer::Verified(payload) => out.add(format!(", token {payload}")),
        Bearer::Any | Bearer::Absent => {}
    }
    if witness.mtls == Some(false) {
        out.add(", in plaintext past its proxy".into());
    }
    if witness.tls_without_certificate {
        out.add(", TLS without a certificate".into());
    }
    if let Some(name) = &witness.sni {
        out.add(format!(", server name `{name}`"));
    }
    if let Some(principal) = &witness.principal {
        out.add(format!(", with a certificate for `{principal}`"));
    }
    out.0
}

struct Line(String);

impl Line {
    fn add(&mut self, more: String) {
        self.0.push_str(&more);
    }
}

/// Who asks.
pub fn client(program: &Program, client: &Client) -> String {
    match client {
        Client::Workload(id) => {
            program.workload_info(*id).map_or_else(String::new, |w| w.to_string())
        }
        Client::Address(ip) => ip.to_string(),
        Client::Pod(pod) => {
            let labels: Vec<String> = pod.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let labels = if labels.is_empty() { "no labels".to_owned() } else { labels.join(",") };
            format!(
                "a new pod in {} ({labels}; service account {})",
                pod.namespace, pod.service_account
            )
        }
    }
}

fn target(program: &Program, witness: &Witness) -> String {
    match witness.target {
        Target::Workload(id) => {
            program.workload_info(id).map_or_else(String::new, |w| w.to_string())
        }
        Target::Service(id) => format!("service {}", program.service_name(id)),
    }
}

/// What a client needs beside network access.
pub fn needs(witness: &Witness) -> Vec<&'static str> {
    let mut out = Vec::new();
    if matches!(witness.client, Client::Pod(_)) {
        out.push("a pod that does not exist yet");
    }
    if witness.mtls == Some(false) {
        out.push("a way past its own proxy");
    }
    if witness.principal.is_some() {
        out.push("a certificate of the mesh without a proxy");
    }
    if witness.token.is_needed() {
        out.push("a token that verifies");
    }
    if witness.ext_authz.iter().any(|(_, allows)| *allows) {
        out.push("the consent of an external authorizer");
    }
    out
}
