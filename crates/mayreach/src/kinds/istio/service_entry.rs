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
    hosts: Option<Vec<String>>,
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
    let written = spec.addresses.as_deref().unwrap_or_default();
    let mut called: Vec<IpNet> = written.iter().filter_map(|text| network(text)).collect();
    let readable = called.len() == written.len();
    // "If this se has autoallocation we can use autoallocated IP" (constructServiceEntries).
    let key = "networking.istio.io/enable-autoallocate-ip";
    let opts_out =
        document.metadata.labels.get(key).is_some_and(|value| value.eq_ignore_ascii_case("false"));
    if written.is_empty() && resolution(spec) != "NONE" && !opts_out {
        let allocated = status.addresses.into_iter().flatten().filter_map(|a| a.value);
        called.extend(allocated.filter_map(|text| network(&text)));
    }
    let hosts = spec.hosts.clone().unwrap_or_default();
    let addresses = spec.endpoints.iter().flatten().filter_map(|e| e.address.clone());
    let (mut endpoints, mut names) = (Vec::new(), Vec::new());
    for address in addresses {
        match address.parse::<IpAddr>() {
            Ok(ip) => endpoints.push(ip),
            Err(_) => names.push(address),
        }
    }
    if spec.endpoints.iter().flatten().next().is_none() {
        names.clone_from(&hosts);
    }
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
            protocol: match port.protocol.as_deref() {
                Some(udp) if udp.eq_ignore_ascii_case("udp") => Protocol::Udp,
                _ => Protocol::Tcp,
            },
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
    let onward = if readable { onward(spec, endpoints.len()) } else { Onward::Unread };
    let inside = spec.workload_selector.is_some();
    let entry = Outside { id, service, hosts, called, endpoints, names, onward, inside };
    draft.model.inventory.outside.push(entry);
}

fn resolution(spec: &Spec) -> &str {
    spec.resolution.as_deref().unwrap_or("NONE")
}

fn onward(spec: &Spec, endpoints: usize) -> Onward {
    let written = spec.endpoints.as_deref().unwrap_or_default();
    let everywhere = |all: &Vec<String>| all.is_empty() || all.iter().any(|to| to == "*");
    // Workloads of the mesh, ports of one endpoint's own, and waypoints that may not know it.
    let read = spec.workload_selector.is_none()
        && written.iter().all(|e| e.ports.as_ref().is_none_or(BTreeMap::is_empty))
        && spec.export_to.as_ref().is_none_or(everywhere);
    match resolution(spec) {
        _ if !read => Onward::Unread,
        "NONE" => Onward::Called,
        "STATIC" if endpoints == written.len() && endpoints > 0 => Onward::Endpoints,
        "DNS" | "DNS_ROUND_ROBIN" => Onward::Dns,
        _ => Onward::Unread,
    }
}
