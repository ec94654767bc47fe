//! Which policies select a workload, in the order they are asked.

use crate::{
    Program,
    decision::{Layer, reference::network::governs, resolve::Scratch},
    model::{
        Flow, PolicyId, TierId, authz::AuthzAction, inventory::Workload, network::TierDefault,
    },
};

/// A network policy that governs one direction of a workload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selecting {
    /// The policy.
    pub policy: PolicyId,
    /// Its tier.
    pub tier: TierId,
    /// Its order in the tier; `None` is last.
    pub order: Option<f64>,
    /// It takes part in reports, never in verdicts.
    pub staged: bool,
    /// What the enforced policies of its tier do not decide goes on with the next tier; otherwise
    /// it is denied.
    pub tier_passes: bool,
}

impl Program {
    /// The network policies that govern one direction of a flow, in the order they are asked:
    /// those of the source for `egress`, those of the destination for any other layer.
    pub fn selecting(&self, flow: &Flow<'_>, layer: Layer) -> Vec<Selecting> {
        let scratch = Scratch::new(flow, &self.inner.model);
        let asked = self.resolver().resolve(flow, &scratch).unwrap_or_default();
        let end = |one: &crate::decision::resolve::Asked<'_>| match layer {
            Layer::Egress => one.source.workload.cloned(),
            _ => one.destination.workload.cloned(),
        };
        let workload = asked.first().and_then(end);
        workload.map_or_else(Vec::new, |w| self.selecting_workload(&w, layer == Layer::Egress))
    }

    /// The enforced ALLOW policies that were asked about a flow, in the order they were asked.
    pub fn allowing(&self, flow: &Flow<'_>) -> Vec<PolicyId> {
        let Ok(explanation) = self.explain(flow) else { return Vec::new() };
        let walks = explanation.walks.iter().flat_map(|walk| &walk.layers);
        let layers = walks.filter(|layer| layer.decision.layer == Layer::Authorization);
        let allows = |id: &PolicyId| {
            let authz = &self.inner.model.authz;
            authz.iter().any(|p| p.id == *id && p.action == AuthzAction::Allow && !p.dry_run)
        };
        let mut out = Vec::new();
        for id in layers.flat_map(|layer| &layer.steps).filter_map(|step| step.policy) {
            if allows(&id) && !out.contains(&id) {
                out.push(id);
            }
        }
        out
    }

    /// The external authorizer that a CUSTOM policy asks.
    pub fn provider(&self, policy: PolicyId) -> Option<&str> {
        let authz = self.inner.model.authz.iter().find(|p| p.id == policy)?;
        match &authz.action {
            AuthzAction::Custom(provider) => Some(provider),
            _ => None,
        }
    }

    pub(crate) fn selecting_workload(&self, workload: &Workload, egress: bool) -> Vec<Selecting> {
        let model = &self.inner.model;
        let mut out = Vec::new();
        // "hostNetwork pods: not policed" (network-policy conversion.go)
        if workload.host_network {
            return out;
        }
        for (number, tier) in model.network.tiers.iter().enumerate() {
            let id = TierId(u32::try_from(number).unwrap_or(u32::MAX));
            for index in &tier.policies {
                let Some(policy) = model.network.policies.get(*index as usize) else { continue };
                if governs(model, policy, workload, egress) {
                    let (order, staged) = (policy.order, policy.staged);
                    let tier_passes = tier.default == TierDefault::Pass;
                    out.push(Selecting { policy: policy.id, tier: id, order, staged, tier_passes });
                }
            }
        }
        out
    }
}
