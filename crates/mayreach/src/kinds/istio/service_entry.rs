//! ServiceEntry, as far as it selects workloads: their proxies read ports as it says. Where else
//! requests go is routing.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::namespace_of;
use crate::{
    error::Problem,
    kinds::{Draft, kubernetes::Checks},
    manifest::Document,
    model::inventory::Entry,
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    workload_selector: Option<Selector>,
    ports: Option<Vec<Port>>,
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
    let Spec { workload_selector, ports } = checks.field("spec").unwrap_or_default();
    checks.done()?;
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
