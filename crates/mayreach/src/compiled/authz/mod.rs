//! `AuthorizationPolicies`, picked for each workload when compiling, their rules in the order in
//! which Envoy reports them and found by who asks for what. Workloads with the same pick share it.

mod attach;
mod group;
pub(crate) mod paths;
mod pick;
mod rule;

pub(crate) use self::{
    group::{Group, namespace_hash},
    pick::Pick,
    rule::{Rule, method_number},
};

use std::{collections::HashMap, sync::Arc};

use crate::model::{Model, inventory::Enrolment};

/// What every sidecar and gateway enforces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Authz {
    /// By workload; `None` where a proxy decides that reads policies otherwise (ztunnel, waypoint).
    by_workload: Vec<Option<u32>>,
    picks: Vec<Arc<Pick>>,
}

impl Authz {
    pub(crate) fn new(model: &Model) -> Self {
        let postings = attach::Postings::new(model);
        let mut out = Self::default();
        let mut shared: HashMap<Vec<u32>, u32> = HashMap::new();
        for workload in &model.inventory.workloads {
            if !matches!(workload.mesh, Enrolment::Sidecar | Enrolment::Gateway { .. }) {
                out.by_workload.push(None);
                continue;
            }
            let mine = postings.of(workload);
            let pick = match shared.get(&mine) {
                Some(known) => *known,
                None => {
                    let next = u32::try_from(out.picks.len()).unwrap_or(u32::MAX);
                    out.picks.push(Arc::new(Pick::new(model, &mine)));
                    shared.insert(mine, next);
                    next
                }
            };
            out.by_workload.push(Some(pick));
        }
        out
    }

    /// The number of a workload's pick.
    pub(crate) fn number(&self, workload: u32) -> Option<u32> {
        *self.by_workload.get(workload as usize)?
    }

    pub(crate) fn pick(&self, number: u32) -> Option<&Pick> {
        self.picks.get(number as usize).map(AsRef::as_ref)
    }

    pub(crate) fn of(&self, workload: u32) -> Option<&Pick> {
        self.pick(self.number(workload)?)
    }
}
