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
    model::inventory::{Entry, Outside},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    workload_selector: Option<Selector>,
    ports: Option<Vec<Port>>,
    addresses: Option<Vec<String>>,
    endpoints: Option<Vec<Endpoint>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Endpoint {
    address: Option<String>,
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

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Spec { workload_selector, ports, addresses, endpoints } =
        checks.field("spec").unwrap_or_default();
    checks.done()?;
    outside(document, draft, addresses.unwrap_or_default(), endpoints.unwrap_or_default());
    let Some(Selector { labels }) = workload_selector else { return Ok(()) };
    let read = |Port { number, target_port, protocol }: Port| {
        let target = target_port.filter(|t| *t != 0).or(number)?;
        Some((u16::try_from(target).ok()?, protocol.unwrap_or_default()))
    };
    draft.model.inventory.entries.push(Entry {
        namespace: namespace_of(document),
        selector: labels.into_iter().flatten().collect(),
        ports: ports.into_iter().flatten().filter_map(read).collect(),
    });
    Ok(())
}

/// What is no address (a host, a socket) is left to routing.
fn outside(
    document: &Document,
    draft: &mut Draft<'_>,
    addresses: Vec<String>,
    endpoints: Vec<Endpoint>,
) {
    let written = addresses.into_iter().chain(endpoints.into_iter().filter_map(|e| e.address));
    let one = |text: &str| text.parse::<IpAddr>().map(IpNet::from).ok();
    let networks: Vec<IpNet> =
        written.filter_map(|text| text.parse().ok().or_else(|| one(&text))).collect();
    if networks.is_empty() {
        return;
    }
    let namespace = namespace_of(document);
    let id =
        draft.policy("ServiceEntry", document, Some(namespace.clone()), Vec::new(), Vec::new());
    let labels = document.metadata.labels.clone();
    draft.model.inventory.outside.push(Outside { id, namespace, labels, networks });
}
