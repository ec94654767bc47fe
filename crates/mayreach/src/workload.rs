//! What a caller may ask about the workloads of a program.

use std::net::IpAddr;

use crate::{
    Location, Program, Protocol, WorkloadId,
    model::inventory::{Addresses, Enrolment, Workload},
};

/// A workload, read-only.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadInfo<'a> {
    program: &'a Program,
    id: WorkloadId,
    workload: &'a Workload,
}

impl<'a> WorkloadInfo<'a> {
    /// Its handle.
    pub fn id(&self) -> WorkloadId {
        self.id
    }

    /// Its namespace.
    pub fn namespace(&self) -> &'a str {
        &self.workload.namespace
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.workload.name
    }

    /// `Pod`, `Deployment`, …
    pub fn kind(&self) -> &'static str {
        self.workload.kind.as_str()
    }

    /// Its service account.
    pub fn service_account(&self) -> &'a str {
        &self.workload.service_account
    }

    /// Labels of the pod (template).
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.workload.labels.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// A label of the pod, or failing that of its namespace.
    pub fn label_or_namespace_label(&self, key: &str) -> Option<&'a str> {
        let own = self.workload.labels.get(key).map(String::as_str);
        own.or_else(|| {
            self.program.inner.model.inventory.namespace_label(&self.workload.namespace, key)
        })
    }

    /// Known addresses; empty for templates.
    pub fn addresses(&self) -> &'a [IpAddr] {
        match &self.workload.addresses {
            Addresses::Exact(ips) | Addresses::OneOf(ips) => ips,
            Addresses::Unknown => &[],
        }
    }

    /// Declared container ports: (name, number, protocol).
    pub fn ports(&self) -> impl Iterator<Item = (Option<&'a str>, u16, Protocol)> + use<'a> {
        self.workload.ports.iter().map(|p| (p.name.as_deref(), p.number, p.protocol))
    }

    /// `none`, `sidecar`, `ambient`, `gateway` or `waypoint`.
    pub fn enrolment(&self) -> &'static str {
        match self.workload.mesh {
            Enrolment::None => "none",
            Enrolment::Sidecar => "sidecar",
            Enrolment::Ambient { .. } => "ambient",
            Enrolment::Gateway { .. } => "gateway",
            Enrolment::Waypoint => "waypoint",
        }
    }

    /// Whether it uses its node's network.
    pub fn host_network(&self) -> bool {
        self.workload.host_network
    }

    /// The controller among the manifests that made this pod.
    pub fn owner(&self) -> Option<WorkloadId> {
        self.workload.owner
    }

    /// Where it is written.
    pub fn at(&self) -> Option<Location<'a>> {
        self.program.location(self.workload.place)
    }
}

impl std::fmt::Display for WorkloadInfo<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace(), self.name())
    }
}

impl Program {
    /// Every workload, pods of known controllers included, in the order of the manifests.
    pub fn workloads(&self) -> impl Iterator<Item = WorkloadInfo<'_>> {
        let all = self.inner.model.inventory.workloads.iter().enumerate();
        all.map(|(n, workload)| WorkloadInfo {
            program: self,
            id: WorkloadId(u32::try_from(n).unwrap_or(u32::MAX)),
            workload,
        })
    }

    /// One workload by its handle.
    pub fn workload_info(&self, id: WorkloadId) -> Option<WorkloadInfo<'_>> {
        let workload = self.inner.model.inventory.workload(id)?;
        Some(WorkloadInfo { program: self, id, workload })
    }

    /// A label of a namespace.
    pub fn namespace_label(&self, namespace: &str, key: &str) -> Option<&str> {
        let found = self.inner.model.inventory.namespaces.get(namespace)?;
        found.labels.get(key).map(String::as_str)
    }

    /// Names of the namespaces, defined or named.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.inner.model.inventory.namespaces.keys().map(String::as_str)
    }
}
