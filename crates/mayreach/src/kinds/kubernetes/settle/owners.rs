//! Pods and the controllers that made them.

use std::{collections::BTreeMap, net::IpAddr};

use crate::{
    manifest::Document,
    model::{
        WorkloadId,
        inventory::{Addresses, Inventory, Workload, WorkloadKind},
    },
};

/// Owners are followed this far: Pod, Job, `CronJob` is the longest there is.
const HOPS: usize = 4;

/// Keeps which controller made the workload that is about to be added ("the managing controller
/// is the reference with `controller: true`", meta/v1 `OwnerReference`).
pub(in crate::kinds::kubernetes) fn remember_controller(
    document: &Document,
    inventory: &mut Inventory,
) {
    let references = &document.metadata.owner_references;
    let Some(reference) = references.iter().find(|reference| reference.controller) else { return };
    let Some(kind) = kind(&reference.kind) else { return };
    let id = number(inventory.workloads.len());
    inventory.controlled.push((id, kind, reference.name.clone()));
}

fn kind(name: &str) -> Option<WorkloadKind> {
    use WorkloadKind::{
        CronJob, DaemonSet, Deployment, DeploymentConfig, Job, ReplicaSet, ReplicationController,
        Rollout, StatefulSet,
    };
    let kinds = [
        Deployment,
        StatefulSet,
        DaemonSet,
        ReplicaSet,
        ReplicationController,
        Job,
        CronJob,
        Rollout,
        DeploymentConfig,
    ];
    kinds.into_iter().find(|kind| kind.as_str() == name)
}

fn number(index: usize) -> WorkloadId {
    WorkloadId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// Ties pods to the controllers among the manifests. A controller gets the addresses of its pods;
/// a `ReplicaSet` of a known Deployment or Rollout is that under another name, and goes.
pub(in crate::kinds::kubernetes) fn owners(inventory: &mut Inventory) {
    let parents = parents(inventory);
    let mut addresses: BTreeMap<usize, Vec<IpAddr>> = BTreeMap::new();
    for (index, workload) in inventory.workloads.iter().enumerate() {
        let Addresses::Exact(ips) = &workload.addresses else { continue };
        if workload.kind == WorkloadKind::Pod && !workload.finished {
            for owner in ancestors(index, &parents) {
                addresses.entry(owner).or_default().extend(ips);
            }
        }
    }
    for (index, ips) in addresses {
        if let Some(workload) = inventory.workloads.get_mut(index) {
            workload.addresses = Addresses::OneOf(ips);
        }
    }
    let stays: Vec<bool> = (0..inventory.workloads.len())
        .map(|index| {
            let kind = |i: usize| inventory.workloads.get(i).map(|w| w.kind);
            let parent = parents.get(&index).copied().and_then(kind);
            let again = matches!(
                (kind(index), parent),
                (
                    Some(WorkloadKind::ReplicaSet),
                    Some(WorkloadKind::Deployment | WorkloadKind::Rollout)
                ) | (
                    Some(WorkloadKind::ReplicationController),
                    Some(WorkloadKind::DeploymentConfig)
                )
            );
            !again
        })
        .collect();
    let mut next = 0;
    let moved: Vec<WorkloadId> = stays
        .iter()
        .map(|stays| {
            let id = number(next);
            next += usize::from(*stays);
            id
        })
        .collect();
    for (index, workload) in inventory.workloads.iter_mut().enumerate() {
        let top = ancestors(index, &parents).last();
        workload.owner = top.and_then(|top| moved.get(top).copied());
    }
    let mut stays = stays.into_iter();
    inventory.workloads.retain(|_| stays.next().unwrap_or(true));
}

/// The controller of each workload that has one among the manifests.
fn parents(inventory: &mut Inventory) -> BTreeMap<usize, usize> {
    let controlled = std::mem::take(&mut inventory.controlled);
    let mut by_name: BTreeMap<(&str, WorkloadKind, &str), usize> = BTreeMap::new();
    for (index, workload) in inventory.workloads.iter().enumerate() {
        by_name.insert((&workload.namespace, workload.kind, &workload.name), index);
    }
    let mut parents = BTreeMap::new();
    for (id, kind, name) in &controlled {
        let Some(workload) = inventory.workload(*id) else { continue };
        let find = |kind, name| by_name.get(&(workload.namespace.as_str(), kind, name)).copied();
        let parent = find(*kind, name.as_str())
            .or_else(|| find(WorkloadKind::Deployment, deployment_of(workload, *kind, name)?));
        if let (Some(parent), Ok(index)) = (parent, usize::try_from(id.0)) {
            parents.insert(index, parent);
        }
    }
    parents
}

/// The Deployment behind a `ReplicaSet` that is not among the manifests: it is called
/// `<deployment>-<pod-template-hash>` (deployment controller, `getNewReplicaSet`).
fn deployment_of<'n>(pod: &Workload, kind: WorkloadKind, name: &'n str) -> Option<&'n str> {
    let hash = pod.labels.get("pod-template-hash").filter(|_| kind == WorkloadKind::ReplicaSet)?;
    name.strip_suffix(hash.as_str())?.strip_suffix('-')
}

/// Controller, its controller, and so on.
fn ancestors(index: usize, parents: &BTreeMap<usize, usize>) -> impl Iterator<Item = usize> {
    std::iter::successors(parents.get(&index).copied(), |next| parents.get(next).copied())
        .take(HOPS)
}
