//! What a Pod means.

use std::net::IpAddr;

use super::{
    PodFacts, PodSpec,
    manifest::{PodIp, PodStatus},
};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, Path, cidr, namespace_of, settle},
    },
    manifest::{Document, Spanned},
    model::inventory::{Addresses, Enrolment, Workload, WorkloadKind},
};

/// Where Calico's CNI plugin writes the addresses that the status does not have yet
/// (`workload_endpoint_default.go`).
const CALICO_IPS: [&str; 2] = ["cni.projectcalico.org/podIPs", "cni.projectcalico.org/podIP"];

/// Lowers one Pod.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let spec: PodSpec = checks.field("spec").unwrap_or_default();
    let facts = PodFacts::new(spec, &Path::Root("spec"), &mut checks);
    let status: PodStatus = checks.field("status").unwrap_or_default();
    let finished = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let ips = addresses(&status, facts.host_network, document, &mut checks);
    checks.done()?;

    let PodFacts { service_account, host_network, node, ports, containers } = facts;
    settle::remember_controller(document, &mut draft.model.inventory);
    draft.model.inventory.workloads.push(Workload {
        namespace: namespace_of(document),
        name: document.metadata.name.clone(),
        kind: WorkloadKind::Pod,
        labels: document.metadata.labels.clone(),
        annotations: document.metadata.annotations.clone(),
        service_account,
        addresses: if ips.is_empty() { Addresses::Unknown } else { Addresses::Exact(ips) },
        node,
        host_network,
        finished,
        ports,
        containers,
        mesh: Enrolment::None,
        owner: None,
        place: document.place,
    });
    Ok(())
}

/// The pod's addresses: of the status, else of Calico's annotations; on the host's network, the
/// host's.
fn addresses(
    status: &PodStatus,
    host_network: bool,
    document: &Document,
    checks: &mut Checks<'_>,
) -> Vec<IpAddr> {
    let PodStatus { phase: _, pod_ip, pod_ips, host_ip, host_ips } = status;
    let mut ips = read(pod_ips.as_deref(), pod_ip.as_ref(), ["podIPs", "podIP"], checks);
    let host = read(host_ips.as_deref(), host_ip.as_ref(), ["hostIPs", "hostIP"], checks);
    if ips.is_empty() {
        ips = if host_network { host } else { annotated(document) };
    }
    ips
}

fn read(
    many: Option<&[PodIp]>,
    one: Option<&Spanned<String>>,
    [plural, singular]: [&str; 2],
    checks: &mut Checks<'_>,
) -> Vec<IpAddr> {
    let root = Path::Root("status");
    let mut ips = Vec::new();
    let mut add = |text: &Spanned<String>, path: &Path<'_>| {
        // An API server prints "" for a pod that has none yet.
        if !text.value.is_empty() {
            ips.extend(checks.address(text, path));
        }
    };
    let list = root.field(plural);
    for (index, PodIp { ip }) in many.unwrap_or_default().iter().enumerate() {
        if let Some(text) = ip {
            add(text, &list.item(index).field("ip"));
        }
    }
    if let Some(text) = one.filter(|_| many.is_none_or(<[PodIp]>::is_empty)) {
        add(text, &root.field(singular));
    }
    ips
}

fn annotated(document: &Document) -> Vec<IpAddr> {
    let annotations = &document.metadata.annotations;
    let Some(text) = CALICO_IPS.iter().find_map(|key| annotations.get(*key)) else {
        return Vec::new();
    };
    let each = text.split(',').map(|part| part.trim().split('/').next().unwrap_or_default());
    each.filter_map(cidr::address).collect()
}
