//! Lua scripts that EnvoyFilters put into the inbound HTTP filters of sidecars.

use super::PolicyId;
use crate::model::inventory::Workload;

/// Every script, and what may change how scripts run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lua {
    /// In the order of the manifests.
    pub(crate) filters: Vec<LuaFilter>,
    /// EnvoyFilters that patch inbound routes: these may give a script data, another text, or
    /// switch it off.
    pub(crate) routes: Vec<(PolicyId, Reach)>,
}

/// One patch that inserts a script.
#[derive(Clone, Debug)]
pub(crate) struct LuaFilter {
    pub(crate) id: PolicyId,
    pub(crate) reach: Reach,
    pub(crate) name: String,
    pub(crate) created: String,
    pub(crate) priority: i32,
    pub(crate) place: LuaPlace,
    /// Context `ANY`: gateways run it too.
    pub(crate) any: bool,
    pub(crate) script: String,
}

/// Where a patch inserts (pilot/pkg/networking/core/envoyfilter/listener_patch.go).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LuaPlace {
    /// "Insert before without a filter match is same as insert in the beginning".
    Front,
    /// Before the router, which is last: after authorization.
    BeforeRouter,
}

/// Which workloads an EnvoyFilter is for.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) namespace: String,
    pub(crate) labels: Vec<(String, String)>,
}

impl Reach {
    /// "From the config root namespace, and from the proxy's own namespace", where the selector is
    /// a subset of the labels (pilot/pkg/model/push_context.go EnvoyFilters).
    pub(crate) fn covers(&self, workload: &Workload, root: &str) -> bool {
        (self.namespace == workload.namespace || self.namespace == root)
            && self.labels.iter().all(|(k, v)| workload.labels.get(k).is_some_and(|l| l == v))
    }
}
