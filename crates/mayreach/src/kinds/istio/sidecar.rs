//! Sidecar: what a workload's proxy knows of the mesh, and inbound listeners written out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{created, namespace_of};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, Path},
    },
    manifest::{Document, Spanned},
    model::sidecar::{IngressPort, SidecarScope},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    workload_selector: Option<Labels>,
    ingress: Option<Vec<Ingress>>,
    egress: Option<Vec<Egress>>,
    outbound_traffic_policy: Option<Outbound>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Labels {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ingress {
    port: Option<Port>,
    bind: Option<String>,
    tls: Option<serde::de::IgnoredAny>,
    capture_mode: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Port {
    number: Option<i64>,
    protocol: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Egress {
    hosts: Option<Vec<Spanned<String>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Outbound {
    pub(super) mode: Option<String>,
}

impl Outbound {
    pub(super) fn registry_only(&self) -> Option<bool> {
        self.mode.as_deref().map(|mode| mode == "REGISTRY_ONLY")
    }
}

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Spec { workload_selector, ingress, egress, outbound_traffic_policy } =
        checks.field("spec").unwrap_or_default();
    let egress = egress.filter(|listeners| !listeners.is_empty());
    let egress = egress.map(|listeners| hosts(listeners, &mut checks));
    let ingress = ingress.filter(|listeners| !listeners.is_empty());
    let ingress = ingress.map(|all| all.into_iter().filter_map(listener).collect());
    checks.done()?;
    let namespace = namespace_of(document);
    let id = draft.policy("Sidecar", document, Some(namespace.clone()), Vec::new(), Vec::new());
    draft.model.sidecars.push(SidecarScope {
        id,
        namespace,
        name: document.metadata.name.clone(),
        created: created(document),
        selector: workload_selector
            .map(|s| s.labels.unwrap_or_default().into_iter().collect::<Vec<_>>()),
        egress,
        ingress,
        registry_only: outbound_traffic_policy.and_then(|o| o.registry_only()),
    });
    Ok(())
}

fn hosts(listeners: Vec<Egress>, checks: &mut Checks<'_>) -> Vec<(String, String)> {
    let path = Path::Root("spec").field("egress");
    let mut out = Vec::new();
    for Egress { hosts } in listeners {
        for host in hosts.unwrap_or_default() {
            match host.value.split_once('/') {
                Some((space, name)) if !name.is_empty() => {
                    out.push((space.to_owned(), name.to_owned()));
                }
                _ => checks.invalid_help(
                    &path.field("hosts"),
                    host.line,
                    format!("`{}` is not `namespace/host`", host.value),
                    "write `./*` for the own namespace, `*/*` for all",
                ),
            }
        }
    }
    out
}

fn listener(given: Ingress) -> Option<IngressPort> {
    let Ingress { port, bind, tls, capture_mode } = given;
    let Port { number, protocol } = port?;
    let odd = tls.is_some()
        || bind.is_some_and(|b| !b.is_empty())
        || capture_mode.is_some_and(|m| m == "NONE");
    let port = u16::try_from(number?).ok()?;
    Some(IngressPort { port, protocol: protocol.unwrap_or_default(), odd })
}
