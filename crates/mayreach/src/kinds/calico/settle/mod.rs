//! What needs every document: tiers and their policies in order, host endpoints, and remarks
//! about selectors that miss.

mod hosts;
mod labels;
mod tiers;

pub(crate) use self::tiers::order;

use super::Draft;
use crate::{
    model::{PolicyMeta, network::Plugin},
    options::AssumedPlugin,
};

pub(super) fn finish(draft: &mut Draft<'_>) {
    draft.model.inventory.nat.keeps_client =
        draft.options.calico_data_plane == crate::options::CalicoDataPlane::Ebpf;
    draft.model.network.plugin = match draft.options.plugin {
        AssumedPlugin::Calico => Plugin::Calico,
        AssumedPlugin::Auto if draft.calico_seen => Plugin::Calico,
        AssumedPlugin::Auto | AssumedPlugin::Kubernetes => Plugin::Kubernetes,
    };
    if draft.model.network.plugin == Plugin::Kubernetes {
        // "initContainer ports ignored" (kube-network-policies); Calico resolves them too
        // (workload_endpoint_default.go).
        for workload in &mut draft.model.inventory.workloads {
            workload.ports.retain(|port| !port.init);
        }
    }
    hosts::settle(draft);
    tiers::settle(draft);
    labels::remark(draft);
}

/// Whether a policy is of this family, by its kind.
fn is_calico(kind: &str, namespaced: bool) -> bool {
    match kind {
        "GlobalNetworkPolicy" | "StagedGlobalNetworkPolicy" => !namespaced,
        "NetworkPolicy" | "StagedNetworkPolicy" => namespaced,
        _ => false,
    }
}

/// `Kind namespace/name` of a policy, for notes.
fn title(meta: &PolicyMeta) -> String {
    match &meta.namespace {
        Some(namespace) => format!("{} {namespace}/{}", meta.kind, meta.name),
        None => format!("{} {}", meta.kind, meta.name),
    }
}
