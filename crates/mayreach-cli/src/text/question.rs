//! A flow in words, as it was asked.

use std::fmt::Write;

use mayreach_wire::{
    FlowIn,
    flow::{HttpIn, PeerIn, PortIn, ProtocolIn, Said},
};

/// `shop/web → shop/db, port 5432/TCP`.
pub(super) fn question(flow: &FlowIn) -> String {
    let mut text = format!("{} → {}", end(&flow.source), end(&flow.destination));
    let protocol = match &flow.protocol {
        Some(ProtocolIn::Name(name)) => name.clone(),
        Some(ProtocolIn::Number(number)) => format!("protocol {number}"),
        None => "TCP".into(),
    };
    let _ = match &flow.port {
        Some(PortIn::Number(number)) => write!(text, ", port {number}/{protocol}"),
        Some(PortIn::Name(name)) => write!(text, ", port {name}/{protocol}"),
        None => write!(text, ", {protocol}"),
    };
    match &flow.http {
        Said::Is(http) => request(&mut text, http),
        Said::Nothing => text.push_str(", not HTTP"),
        Said::Unknown => {}
    }
    if flow.source.mtls == Some(false) {
        text.push_str(", in plaintext");
    }
    text
}

fn end(peer: &PeerIn) -> String {
    let name = peer.workload.clone().or_else(|| peer.ip.clone());
    match (&peer.service, name) {
        (Some(service), _) => format!("service {service}"),
        (None, Some(name)) => name,
        (None, None) => "a pod".into(),
    }
}

fn request(text: &mut String, http: &HttpIn) {
    let method = http.method.as_deref().unwrap_or("any method");
    let path = http.path.as_deref().unwrap_or("any path");
    let _ = write!(text, ", {method} {path}");
    if let Some(host) = &http.host {
        let _ = write!(text, " at {host}");
    }
}
