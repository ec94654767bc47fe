//! A flow that an analysis found, in the JSON in which flows are asked.

use mayreach::{Bearer, Client, Content, Program, Target, Witness};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{IpVersionIn, protocol_name};

/// A flow, as [`super::FlowIn`] reads it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct FlowOut(pub Value);

impl FlowOut {
    /// The flow with every name spelled out.
    pub fn new(program: &Program, witness: &Witness) -> Self {
        let mut out = Map::new();
        out.insert("source".into(), source(program, witness));
        let name = |id| program.workload_info(id).map_or_else(String::new, |w| w.to_string());
        let destination = match witness.target {
            Target::Workload(id) => json!({"workload": name(id)}),
            Target::Service(id) => json!({"service": program.service_name(id)}),
        };
        out.insert("destination".into(), destination);
        if let Some(port) = witness.port {
            out.insert("port".into(), json!(port));
        }
        out.insert("protocol".into(), protocol(witness));
        if let Some(version) = witness.ip_version {
            out.insert("ip_version".into(), json!(IpVersionIn(version).number()));
        }
        if let Some(icmp) = witness.icmp {
            let mut kind = json!({"type": icmp.kind});
            if let (Some(code), Some(kind)) = (icmp.code, kind.as_object_mut()) {
                kind.insert("code".into(), json!(code));
            }
            out.insert("icmp".into(), kind);
        }
        if let Some(port) = witness.source_port {
            out.insert("source_port".into(), json!(port));
        }
        match &witness.content {
            Content::Any => {}
            Content::Raw => {
                out.insert("http".into(), Value::Null);
            }
            Content::Http(request) => {
                let mut http = Map::new();
                let texts =
                    [("method", &request.method), ("path", &request.path), ("host", &request.host)];
                for (field, text) in texts {
                    http.extend(text.iter().map(|t| (field.to_owned(), json!(t))));
                }
                if let Some(lines) = &request.headers {
                    http.insert("headers".into(), json!(lines));
                }
                out.insert("http".into(), Value::Object(http));
            }
        }
        if let Some(name) = &witness.sni {
            out.insert("tls".into(), json!({"sni": name}));
        }
        match &witness.token {
            Bearer::Any => {}
            Bearer::Absent => {
                out.insert("token".into(), Value::Null);
            }
            Bearer::Verified(payload) => {
                let claims = serde_json::from_str(payload).unwrap_or(Value::Null);
                out.insert("claims".into(), claims);
            }
        }
        if !witness.ext_authz.is_empty() {
            let says = |allows: bool| if allows { "allow" } else { "deny" };
            let answers = witness.ext_authz.iter().map(|(who, a)| (who.clone(), json!(says(*a))));
            out.insert("ext_authz".into(), Value::Object(answers.collect()));
        }
        Self(Value::Object(out))
    }
}

fn protocol(witness: &Witness) -> Value {
    let name = protocol_name(witness.protocol);
    name.parse::<u8>().map_or_else(|_| json!(name), |number| json!(number))
}

fn source(program: &Program, witness: &Witness) -> Value {
    let mut out = Map::new();
    match &witness.client {
        Client::Workload(id) => {
            let name = program.workload_info(*id).map_or_else(String::new, |w| w.to_string());
            out.insert("workload".into(), json!(name));
        }
        Client::Address(ip) => {
            out.insert("ip".into(), json!(ip.to_string()));
        }
        Client::Pod(pod) => {
            out.insert("namespace".into(), json!(pod.namespace));
            let labels = pod.labels.iter().map(|(k, v)| (k.clone(), json!(v)));
            out.insert("labels".into(), Value::Object(labels.collect()));
            out.insert("service_account".into(), json!(pod.service_account));
        }
    }
    if let Some(mtls) = witness.mtls {
        out.insert("mtls".into(), json!(mtls));
    }
    if witness.tls_without_certificate {
        out.insert("tls_without_certificate".into(), json!(true));
    }
    if let Some(principal) = &witness.principal {
        out.insert("principal".into(), json!(principal));
    }
    Value::Object(out)
}
