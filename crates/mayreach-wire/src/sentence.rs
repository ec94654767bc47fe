//! A flow that an analysis found, in one line for people.

use mayreach::{Bearer, Client, Content, Program, Target, Witness};

use crate::flow::protocol_name;

/// `shop/web → shop/api, port 8080/TCP, GET /v1 (x-tenant-id: alpha), in plaintext`.
pub fn request(program: &Program, witness: &Witness) -> String {
    let mut out = format!("{} → {}", client(program, &witness.client), target(program, witness));
    let protocol = protocol_name(witness.protocol);
    match (witness.port, witness.icmp) {
        (Some(port), _) => out += &format!(", port {port}/{protocol}"),
        (None, Some(icmp)) => out += &format!(", {protocol} type {}", icmp.kind),
        (None, None) if witness.protocol.has_ports() => {
            out += &format!(", any port/{protocol}");
        }
        (None, None) if protocol.bytes().all(|b| b.is_ascii_digit()) => {
            out += &format!(", protocol {protocol}");
        }
        (None, None) => out += &format!(", {protocol}"),
    }
    if let Some(port) = witness.source_port {
        out += &format!(" from port {port}");
    }
    out.push_str(&content(witness));
    out
}

/// What the request is, from the method on.
fn content(witness: &Witness) -> String {
    let mut out = String::new();
    match &witness.content {
        Content::Any => {}
        Content::Raw => out.push_str(", bytes that are not HTTP"),
        Content::Http(request) => {
            let method = request.method.as_deref().unwrap_or("any method");
            let path = request.path.as_deref().unwrap_or("any path");
            out += &format!(", {method} {path}");
            if let Some(host) = &request.host {
                out += &format!(" (host `{host}`)");
            }
            for (name, value) in request.headers.iter().flatten() {
                out += &format!(" ({name}: {value})");
            }
        }
    }
    match &witness.token {
        Bearer::Verified(payload) => out += &format!(", token {payload}"),
        Bearer::Any | Bearer::Absent => {}
    }
    if witness.mtls == Some(false) {
        out.push_str(", in plaintext past its proxy");
    }
    if witness.tls_without_certificate {
        out.push_str(", TLS without a certificate");
    }
    if let Some(name) = &witness.sni {
        out += &format!(", server name `{name}`");
    }
    if let Some(principal) = &witness.principal {
        out += &format!(", with a certificate for `{principal}`");
    }
    out
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
