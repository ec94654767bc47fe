//! Which policies a flow to one workload can meet. One too many only makes more classes; none may be
//! left out.

use crate::model::{
    Model,
    authz::{Attach, AuthzPolicy, Condition},
    inventory::{Enrolment, Mesh, Workload},
    jwt::RequestAuth,
};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// Where a workload's policies come from.
pub(crate) struct InPlay<'m> {
    model: &'m Model,
    workload: &'m Workload,
    /// Namespaces whose policies may be asked.
    namespaces: Vec<&'m str>,
    /// A waypoint may stand before it: policies of targets, and of the waypoint's own labels.
    waypoint: bool,
}

impl<'m> InPlay<'m> {
    pub(crate) fn new(model: &'m Model, workload: &'m Workload) -> Self {
        let inventory = &model.inventory;
        let waypoint = matches!(workload.mesh, Enrolment::Ambient { .. } | Enrolment::Waypoint)
            || !inventory.gateways.is_empty();
        let mut namespaces =
            vec![inventory.mesh.root_namespace.as_str(), workload.namespace.as_str()];
        if waypoint {
            namespaces.extend(inventory.gateways.iter().map(|g| g.namespace.as_str()));
        }
        Self { model, workload, namespaces, waypoint }
    }

    pub(crate) fn mesh(&self) -> &'m Mesh {
        &self.model.inventory.mesh
    }

    fn takes(&self, namespace: &str, attach: &Attach) -> bool {
        if !self.namespaces.contains(&namespace) {
            return false;
        }
        match attach {
            Attach::Namespace => true,
            Attach::Labels(_) if self.waypoint => true,
            Attach::Labels(pairs) => {
                pairs.iter().all(|(k, v)| self.workload.labels.get(k) == Some(v))
            }
            Attach::Targets(_) => self.waypoint || self.workload.labels.contains_key(GATEWAY_NAME),
        }
    }

    /// Whether a proxy of the mesh may read the flow at all.
    pub(crate) fn meshed(&self) -> bool {
        self.workload.mesh.in_mesh() || self.waypoint
    }

    pub(crate) fn authorization(&self) -> impl Iterator<Item = &'m AuthzPolicy> {
        let all = self.model.authz.iter().filter(|_| self.meshed());
        all.filter(|p| self.takes(&p.namespace, &p.attach))
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = &'m RequestAuth> {
        let all = self.model.request_auth.iter().filter(|_| self.meshed());
        all.filter(|p| self.takes(&p.namespace, &p.attach))
    }

    pub(crate) fn conditions(&self) -> impl Iterator<Item = &'m Condition> {
        let rules = self.authorization().flat_map(|p| &p.rules);
        rules.flat_map(|r| r.from.iter().chain(&r.to).flatten().chain(&r.when))
    }

    /// Scripts that run before it, by the name of their EnvoyFilter.
    pub(crate) fn scripts(&self) -> impl Iterator<Item = &'m str> {
        let root = &self.model.inventory.mesh.root_namespace;
        let all = self.model.lua.filters.iter().filter(|_| self.meshed());
        all.filter(move |f| f.reach.covers(self.workload, root)).map(|f| f.name.as_str())
    }
}
