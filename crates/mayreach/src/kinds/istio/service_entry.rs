//! ServiceEntry: the proxies of workloads that it selects read ports as it says, and a waypoint may
//! stand before its addresses. Where else requests go is routing.

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;
use serde::Deserialize;

use super::namespace_of;
use crate::{
    error::Problem,
    kinds::{Draft, kubernetes::Checks},
    manifest::Document,
    model::{
        Protocol,
        inventory::{Entry, Onward, Outside, Service, ServicePort, TargetPort},
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    workload_selector: Option<Selector>,
    ports: Option<Vec<Port>>,
    addresses: Option<Vec<String>>,
    endpoints: Option<Vec<Endpoint>>,
    resolution: Option<String>,
    export_to: Option<Vec<String>>,
}

/// Addresses that istiod allocated.
#[derive(Clone, Debug, Default, Deserialize)]
struct Status {
    addresses: Option<Vec<Allocated>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Allocated {
    value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Endpoint {
    address: Option<String>,
    ports: Option<BTreeMap<String, u32>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Selector {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    number: Option<i64>,
    target_port: Option<i64>,
    protocol: Option<String>,
}

impl Port {
    /// The port of an endpoint.
    fn target(&self) -> Option<u16> {
        u16::try_from(self.target_port.filter(|t| *t != 0).or(self.number)?).ok()
    }
}

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let spec: Spec = checks.field("spec").unwrap_or_default();
    let status: Status = checks.field("status").unwrap_or_default();
    checks.done()?;
    outside(document, draft, &spec, status);
    let Some(Selector { labels }) = spec.workload_selector else { return Ok(()) };
    let ports = spec.ports.into_iter().flatten();
    draft.model.inventory.entries.push(Entry {
        namespace: namespace_of(document),
        selector: labels.into_iter().flatten().collect(),
        ports: ports.filter_map(|p| Some((p.target()?, p.protocol.unwrap_or_default()))).collect(),
    });
    Ok(())
}

/// An address or a network, as istiod reads it (`parseCidrOrIP`); what is neither (a host, a socket)
/// is left to routing.
fn network(text: &str) -> Option<IpNet> {
    let net = text.parse::<IpNet>().ok();
    net.map(|net| net.trunc()).or_else(|| text.parse::<IpAddr>().map(IpNet::from).ok())
}

fn outside(document: &Document, draft: &mut Draft<'_>, spec: &Spec, status: Status) {
    let written = spec.addresses.iter().flatten();
    let allocated = status.addresses.into_iter().flatten().filter_map(|a| a.value);
    let mut called: Vec<IpNet> = written.filter_map(|text| network(text)).collect();
    // "If this se has autoallocation we can use autoallocated IP" (constructServiceEntries).
    if spec.addresses.iter().flatten().next().is_none() && !is(spec, "NONE") {
        called.extend(allocated.filter_map(|text| network(&text)));
    }
    let addresses = spec.endpoints.iter().flatten().filter_map(|e| e.address.as_deref());
    let endpoints: Vec<IpAddr> = addresses.filter_map(|text| text.parse().ok()).collect();
    if called.is_empty() && endpoints.is_empty() {
        return;
    }
    let namespace = namespace_of(document);
    let id =
        draft.policy("ServiceEntry", document, Some(namespace.clone()), Vec::new(), Vec::new());
    let exact = |net: &IpNet| (net.prefix_len() == net.max_prefix_len()).then(|| net.addr());
    let port = |port: &Port| {
        Some(ServicePort {
            name: None,
            port: u16::try_from(port.number?).ok()?,
            protocol: Protocol::Tcp,
            node_port: None,
            target: TargetPort::Number(port.target()?),
            app_protocol: port.protocol.clone(),
        })
    };
    let service = Service {
        entry: true,
        namespace,
        name: document.metadata.name.clone(),
        labels: document.metadata.labels.clone(),
        annotations: document.metadata.annotations.clone(),
        cluster_ips: called.iter().filter_map(exact).collect(),
        ports: spec.ports.iter().flatten().filter_map(port).collect(),
        place: document.place,
        ..Service::default()
    };
    let onward = onward(spec, endpoints.len());
    draft.model.inventory.outside.push(Outside { id, service, called, endpoints, onward });
}

fn is(spec: &Spec, resolution: &str) -> bool {
    spec.resolution.as_deref().unwrap_or("NONE") == resolution
}

fn onward(spec: &Spec, endpoints: usize) -> Onward {
    let written = spec.endpoints.as_deref().unwrap_or_default();
    let everywhere = |all: &Vec<String>| all.is_empty() || all.iter().any(|to| to == "*");
    // Workloads of the mesh, ports of one endpoint's own, and waypoints that may not know it.
    let read = spec.workload_selector.is_none()
        && written.iter().all(|e| e.ports.as_ref().is_none_or(BTreeMap::is_empty))
        && spec.export_to.as_ref().is_none_or(everywhere);
    match spec.resolution.as_deref().unwrap_or("NONE") {
        _ if !read => Onward::Unread,
        "NONE" => Onward::Called,
        "STATIC" if endpoints == written.len() && endpoints > 0 => Onward::Endpoints,
        "DNS" | "DNS_ROUND_ROBIN" => Onward::Dns,
        _ => Onward::Unread,
    }
}
