//! `AuthorizationPolicies`, picked for each workload when compiling, their rules in the order in
//! which Envoy reports them. Workloads with the same pick share it.

use std::{collections::HashMap, sync::Arc};

use crate::model::{
    Model, PolicyId,
    authz::{Attach, AuthzAction, AuthzPolicy, TargetKind},
    inventory::{Enrolment, Workload},
};

/// What every sidecar and gateway enforces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Authz {
    /// By workload; `None` where a proxy decides that reads policies otherwise (ztunnel, waypoint).
    by_workload: Vec<Option<u32>>,
    picks: Vec<Arc<Pick>>,
}

/// The policies of one proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pick {
    /// Indexes into the model's policies.
    pub(crate) custom: Vec<u32>,
    pub(crate) deny: Vec<Rule>,
    pub(crate) allow: Vec<Rule>,
    /// Some ALLOW policy is enforced; the first by namespace and name.
    pub(crate) allows: Option<PolicyId>,
    /// No policy at all selects the workload.
    pub(crate) none: bool,
}

/// One rule, by place in the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    /// Index into the model's policies.
    pub(crate) policy: u32,
    pub(crate) id: PolicyId,
    pub(crate) rule: u32,
    /// It names an attribute that TCP connections lack.
    pub(crate) http: bool,
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Authz {
    pub(crate) fn new(model: &Model) -> Self {
        let mut out = Self::default();
        let mut shared: HashMap<Vec<u32>, u32> = HashMap::new();
        for workload in &model.inventory.workloads {
            if !matches!(workload.mesh, Enrolment::Sidecar | Enrolment::Gateway { .. }) {
                out.by_workload.push(None);
                continue;
            }
            let mine: Vec<u32> = (0_u32..)
                .zip(&model.authz)
                .filter(|(_, policy)| attaches(model, policy, workload))
                .map(|(index, _)| index)
                .collect();
            let pick = *shared.entry(mine).or_insert_with_key(|mine| {
                out.picks.push(Arc::new(pick(model, mine)));
                number(out.picks.len() - 1)
            });
            out.by_workload.push(Some(pick));
        }
        out
    }

    pub(crate) fn of(&self, workload: u32) -> Option<&Pick> {
        let pick = (*self.by_workload.get(workload as usize)?)?;
        self.picks.get(pick as usize).map(AsRef::as_ref)
    }
}

/// policyattachment.go `ShouldAttachPolicy`, for proxies that are no waypoints.
fn attaches(model: &Model, policy: &AuthzPolicy, workload: &Workload) -> bool {
    let root = &model.inventory.mesh.root_namespace;
    if policy.namespace != workload.namespace && policy.namespace != *root {
        return false;
    }
    match &policy.attach {
        Attach::Namespace => true,
        Attach::Labels(pairs) => pairs.iter().all(|(k, v)| workload.labels.get(k) == Some(v)),
        // "With targetRefs: a Gateway of the proxy's own namespace, by its gateway-name label";
        // "not Gateway API: any targetRef ⇒ policy ignored"
        Attach::Targets(targets) => {
            let name = workload.labels.get("gateway.networking.k8s.io/gateway-name");
            policy.namespace == workload.namespace
                && name.is_some_and(|name| {
                    targets.iter().any(|t| t.kind == TargetKind::Gateway && t.name == *name)
                })
        }
    }
}

fn pick(model: &Model, mine: &[u32]) -> Pick {
    let mut out = Pick { none: mine.is_empty(), ..Pick::default() };
    let mut first: Option<(&str, &str, PolicyId)> = None;
    for index in mine {
        let Some(policy) = model.authz.get(*index as usize) else { continue };
        match (&policy.action, policy.dry_run) {
            (AuthzAction::Custom(_), _) => out.custom.push(*index),
            (AuthzAction::Deny, false) => out.deny.extend(rules(*index, policy)),
            (AuthzAction::Allow, false) => {
                out.allow.extend(rules(*index, policy));
                let named = (policy.namespace.as_str(), policy.name.as_str(), policy.id);
                first = Some(first.map_or(named, |f| f.min(named)));
            }
            // They mark and report, and decide nothing.
            (AuthzAction::Audit, _) | (AuthzAction::Deny | AuthzAction::Allow, true) => {}
        }
    }
    out.allows = first.map(|(_, _, id)| id);
    let name = |rule: &Rule| {
        let policy = model.authz.get(rule.policy as usize);
        policy.map(|p| format!("ns[{}]-policy[{}]-rule[{}]", p.namespace, p.name, rule.rule))
    };
    // "the first match in byte order of the name" is what Envoy reports (engine_impl.h).
    out.deny.sort_by_cached_key(name);
    out.allow.sort_by_cached_key(name);
    out
}

fn rules(index: u32, policy: &AuthzPolicy) -> impl Iterator<Item = Rule> {
    (0_u32..).zip(&policy.rules).map(move |(n, rule)| {
        let conditions = rule.from.iter().chain(&rule.to).flatten().chain(&rule.when);
        let http = conditions.clone().any(|c| c.attribute.http_only());
        Rule { policy: index, id: policy.id, rule: n, http }
    })
}
