//! Istio's own Gateway: which ports of a gateway's proxy read requests, and whose certificates they ask for.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    error::Problem,
    kinds::{Draft, kubernetes::Checks},
    manifest::Document,
    model::inventory::{Server, ServerAsks},
};

#[derive(Clone, Debug, Default, Deserialize)]
struct Spec {
    selector: Option<BTreeMap<String, String>>,
    servers: Option<Vec<Written>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Written {
    port: Option<Port>,
    tls: Option<Tls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Port {
    number: Option<i64>,
    protocol: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Tls {
    mode: Option<String>,
}

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Spec { selector, servers } = checks.field("spec").unwrap_or_default();
    checks.done()?;
    let selector: Vec<(String, String)> = selector.into_iter().flatten().collect();
    for Written { port, tls } in servers.into_iter().flatten() {
        let Port { number, protocol } = port.unwrap_or_default();
        let Some(port) = number.and_then(|n| u16::try_from(n).ok()) else { continue };
        let protocol = protocol.unwrap_or_default().to_ascii_uppercase();
        let no_tls = tls.is_none();
        let mode = tls.and_then(|t| t.mode).unwrap_or_default();
        let passed_on = matches!(mode.as_str(), "PASSTHROUGH" | "AUTO_PASSTHROUGH");
        let http = match protocol.as_str() {
            "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" | "HTTP_PROXY" => true,
            // "IsHTTPSServerWithTLSTermination" (pkg/config/gateway/gateway.go).
            "HTTPS" => !passed_on,
            _ => false,
        };
        let asks = match (protocol.as_str(), mode.as_str()) {
            (_, "PASSTHROUGH" | "AUTO_PASSTHROUGH") => ServerAsks::Passed,
            (_, "MUTUAL") => ServerAsks::Certificate,
            (_, "ISTIO_MUTUAL") => ServerAsks::Mesh,
            (_, "OPTIONAL_MUTUAL") => ServerAsks::Optional,
            // Without `tls` such a server is refused, or its TLS passed on.
            ("HTTPS" | "TLS", "") if no_tls => ServerAsks::Unsaid,
            ("HTTPS" | "TLS", _) => ServerAsks::Tls,
            // `tls` of an HTTP server is for redirects alone ("IsTLSServer").
            _ => ServerAsks::Plaintext,
        };
        // Gateways of every namespace: PILOT_SCOPE_GATEWAY_TO_NAMESPACE is off.
        let (selector, namespace) = (selector.clone(), None);
        draft.model.inventory.servers.push(Server { selector, namespace, port, http, asks });
    }
    Ok(())
}
