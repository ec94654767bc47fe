//! The effective mode of a workload's port (`authn/policy_applier.go` `ComposePeerAuthentication`).

use crate::model::{
    Model, PolicyId,
    inventory::{Labels, Workload},
    mtls::{MtlsMode, PeerAuth},
};

/// A mode, and the PeerAuthentication that set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) mode: MtlsMode,
    /// `None`: nobody; "start PERMISSIVE".
    pub(crate) policy: Option<PolicyId>,
}

const PERMISSIVE: Effective = Effective { mode: MtlsMode::Permissive, policy: None };

/// The policies that bear on one workload, at most one a scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scopes<'m> {
    pub(crate) mesh: Option<&'m PeerAuth>,
    pub(crate) namespace: Option<&'m PeerAuth>,
    pub(crate) workload: Option<&'m PeerAuth>,
}

impl<'m> Scopes<'m> {
    /// "All PAs sorted by creationTimestamp, then name, then namespace"; "only the oldest per
    /// namespace is kept"; "selector PAs in the root namespace are ignored".
    pub(crate) fn of(model: &'m Model, namespace: &str, labels: &Labels) -> Self {
        let root = model.inventory.mesh.root_namespace.as_str();
        Self::among(model.peer_auth.iter(), root, namespace, labels)
    }

    /// The same, of policies among which are all of the root namespace and of this one.
    pub(crate) fn among(
        all: impl Iterator<Item = &'m PeerAuth> + Clone,
        root: &str,
        namespace: &str,
        labels: &Labels,
    ) -> Self {
        let oldest = |wanted: &dyn Fn(&PeerAuth) -> bool| {
            all.clone().filter(|p| wanted(p)).min_by_key(|p| age(p))
        };
        let broad = |p: &PeerAuth, space: &str| p.selector.is_empty() && p.namespace == space;
        let selects =
            |p: &PeerAuth| p.selector.iter().all(|(k, v)| labels.get(k).is_some_and(|l| l == v));
        Self {
            mesh: oldest(&|p| broad(p, root)),
            namespace: oldest(&|p| namespace != root && broad(p, namespace)),
            workload: oldest(&|p| {
                p.namespace != root
                    && p.namespace == namespace
                    && !p.selector.is_empty()
                    && selects(p)
            }),
        }
    }

    /// "overwrite by mesh, namespace, workload mode where set and not UNSET".
    fn whole(&self) -> Effective {
        [self.mesh, self.namespace, self.workload]
            .into_iter()
            .flatten()
            .filter_map(|p| Some(Effective { mode: p.mode?, policy: Some(p.id) }))
            .next_back()
            .unwrap_or(PERMISSIVE)
    }

    /// "portLevelMtls only from the winning workload PA: UNSET is the final workload mode".
    pub(crate) fn on(&self, port: u16) -> Effective {
        let whole = self.whole();
        let Some(policy) = self.workload else { return whole };
        match policy.ports.get(&port) {
            Some(Some(mode)) => Effective { mode: *mode, policy: Some(policy.id) },
            Some(None) | None => whole,
        }
    }

    /// Every mode that some port has.
    pub(crate) fn any(&self) -> Vec<Effective> {
        let mut all = vec![self.whole()];
        for port in self.workload.iter().flat_map(|p| p.ports.keys()) {
            let one = self.on(*port);
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all
    }

    /// The mode of a whole namespace as clients see it: "uses only mesh and namespace level
    /// PeerAuthentication and ignores workload & port level policies"
    /// (`BestEffortInferServiceMTLSMode`).
    pub(crate) fn seen_by_clients(&self) -> MtlsMode {
        let mode = |p: Option<&PeerAuth>| p.and_then(|p| p.mode);
        mode(self.namespace).or(mode(self.mesh)).unwrap_or(MtlsMode::Permissive)
    }
}

/// "sorted by creationTimestamp, then name, then namespace". What has no timestamp yet is applied
/// after all that has one.
pub(super) fn age(policy: &PeerAuth) -> (bool, &str, &str, &str) {
    (policy.created.is_empty(), &policy.created, &policy.name, &policy.namespace)
}

/// The modes that the asked port may have: one, or several where the port is not said.
pub(crate) fn effective(model: &Model, workload: &Workload, port: Option<u16>) -> Vec<Effective> {
    let scopes = Scopes::of(model, &workload.namespace, &workload.labels);
    match port {
        Some(port) => vec![scopes.on(port)],
        None => scopes.any(),
    }
}
