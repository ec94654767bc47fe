//! What makes two ends the same to everybody, as far as their own side reads it.

use crate::{Program, WorkloadId, model::inventory::Workload, report::space::in_play::InPlay};

/// What makes two destinations the same for every client: all that their own side reads.
pub(in crate::report) fn class(program: &Program, id: WorkloadId, by_labels: bool) -> String {
    let inner = &program.inner;
    let model = &inner.model;
    let Some(w) = model.inventory.workload(id) else { return String::new() };
    let side = inner.net.ingress.get(id.0 as usize).copied().unwrap_or(0);
    let play = InPlay::new(model, w);
    let authz: Vec<u32> = play.authorization().map(|p| p.id.0).collect();
    let tokens: Vec<u32> = play.tokens().map(|p| p.id.0).collect();
    let selected = |pairs: &[(String, String)]| {
        pairs.iter().all(|(k, v)| w.labels.get(k).is_some_and(|l| l == v))
    };
    let modes = model.peer_auth.iter().filter(|p| p.namespace == w.namespace);
    let modes: Vec<u32> = modes.filter(|p| selected(&p.selector)).map(|p| p.id.0).collect();
    let services = inner.index.services_of(id);
    let marks = ["security.istio.io/tlsMode", "istio.io/use-waypoint"].map(|k| w.labels.get(k));
    let rest =
        if by_labels { format!("{:?} {}", w.labels, w.service_account) } else { String::new() };
    let addresses = match &w.addresses {
        crate::model::inventory::Addresses::Unknown => String::new(),
        other => format!("{other:?}"),
    };
    let annotations: Vec<_> =
        w.annotations.iter().filter(|(k, _)| k.starts_with("traffic.sidecar")).collect();
    format!(
        "{} {side} {:?} {} {} {authz:?} {tokens:?} {modes:?} {services:?} {:?} {marks:?} \
         {annotations:?} {addresses} {:?} {rest}",
        w.namespace, w.mesh, w.host_network, w.finished, w.ports, w.node
    )
}

/// What makes two clients the same on their own side, beside their lists of rules.
pub(in crate::report) fn client_side(program: &Program, w: &Workload, by_labels: bool) -> String {
    let hosts = !program.inner.model.inventory.host_endpoints.is_empty();
    let node = w.node.as_ref().filter(|_| hosts);
    let labels = if by_labels {
        format!("{} {:?} {}", w.namespace, w.labels, w.service_account)
    } else {
        String::new()
    };
    format!("{:?} {} {:?} {node:?} {labels}", w.mesh, w.host_network, w.addresses)
}

/// Whether egress rules ask something of the client itself.
pub(in crate::report) fn reads_own_labels(program: &Program) -> bool {
    program.inner.model.network.policies.iter().any(|p| {
        p.egress.iter().any(|r| {
            let from = &r.source;
            from.selector.is_some()
                || from.not_selector.is_some()
                || !from.nets.is_empty()
                || !from.not_nets.is_empty()
                || from.service.is_some()
        })
    })
}

/// Policies on destinations and rare objects that read labels: where any is, all labels count.
pub(in crate::report) fn reads_labels(program: &Program) -> bool {
    let model = &program.inner.model;
    let reads = !model.lua.filters.is_empty()
        || !model.unevaluated.is_empty()
        || !model.inventory.gateways.is_empty()
        || !model.inventory.host_endpoints.is_empty();
    let by_rules = model.network.policies.iter().any(|p| {
        p.ingress.iter().any(|r| {
            let to = &r.destination;
            to.selector.is_some()
                || to.not_selector.is_some()
                || !to.nets.is_empty()
                || !to.not_nets.is_empty()
                || to.service.is_some()
        })
    });
    reads || by_rules
}
