//! Which policies a sidecar or gateway gets: policies by namespace and by one label that their
//! selector asks for, so that no workload looks at all of them.

use std::collections::HashMap;

use crate::model::{
    Model,
    authz::{Attach, AuthzPolicy, TargetKind},
    inventory::Workload,
};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// Policies of one namespace.
#[derive(Debug, Default)]
struct Space<'m> {
    /// Those that ask for no label.
    all: Vec<u32>,
    /// By one pair of their selector.
    by_label: HashMap<(&'m str, &'m str), Vec<u32>>,
}

/// Every policy by where it may attach.
#[derive(Debug)]
pub(super) struct Postings<'m> {
    model: &'m Model,
    spaces: HashMap<&'m str, Space<'m>>,
}

impl<'m> Postings<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        // How many policies ask for a pair: each policy hangs under its rarest.
        let mut asked: HashMap<(&str, &str), u32> = HashMap::new();
        for policy in model.authz.iter() {
            for (key, value) in pairs(policy) {
                *asked.entry((key, value)).or_default() += 1;
            }
        }
        let mut spaces: HashMap<&str, Space<'_>> = HashMap::new();
        for (number, policy) in model.authz.numbered() {
            let space = spaces.entry(&policy.namespace).or_default();
            let each = pairs(policy).iter().map(|(k, v)| (k.as_str(), v.as_str()));
            match each.min_by_key(|pair| asked.get(pair).copied().unwrap_or(0)) {
                Some(pair) => space.by_label.entry(pair).or_default().push(number),
                None => space.all.push(number),
            }
        }
        Self { model, spaces }
    }

    /// The policies of a workload, in the order of the manifests.
    pub(super) fn of(&self, workload: &Workload) -> Vec<u32> {
        let root = self.model.inventory.mesh.root_namespace.as_str();
        let own = self.spaces.get(workload.namespace.as_str());
        let of_root = self.spaces.get(root).filter(|_| workload.namespace != root);
        let mut mine = Vec::new();
        for space in own.into_iter().chain(of_root) {
            mine.extend(&space.all);
            if space.by_label.is_empty() {
                continue;
            }
            for (key, value) in &workload.labels {
                mine.extend(
                    space.by_label.get(&(key.as_str(), value.as_str())).into_iter().flatten(),
                );
            }
        }
        mine.retain(|number| {
            let policy = self.model.authz.get(*number as usize);
            policy.is_some_and(|policy| attaches(policy, workload))
        });
        mine.sort_unstable();
        mine
    }
}

fn pairs(policy: &AuthzPolicy) -> &[(String, String)] {
    match &policy.attach {
        Attach::Labels(pairs) => pairs,
        Attach::Namespace | Attach::Targets(_) => &[],
    }
}

/// Whether a sidecar or gateway gets a policy.
pub(super) fn takes(model: &Model, policy: &AuthzPolicy, workload: &Workload) -> bool {
    let root = &model.inventory.mesh.root_namespace;
    [root, &workload.namespace].contains(&&policy.namespace) && attaches(policy, workload)
}

/// policyattachment.go `ShouldAttachPolicy`, for proxies that are no waypoints and policies of a
/// namespace in which the proxy looks.
fn attaches(policy: &AuthzPolicy, workload: &Workload) -> bool {
    match &policy.attach {
        Attach::Namespace => true,
        Attach::Labels(pairs) => pairs.iter().all(|(k, v)| workload.labels.get(k) == Some(v)),
        // "With targetRefs: a Gateway of the proxy's own namespace, by its gateway-name label";
        // "not Gateway API: any targetRef ⇒ policy ignored"
        Attach::Targets(targets) => {
            let name = workload.labels.get(GATEWAY_NAME);
            policy.namespace == workload.namespace
                && name.is_some_and(|name| {
                    targets.iter().any(|t| t.kind == TargetKind::Gateway && t.name == *name)
                })
        }
    }
}
