//! The DestinationRule that a client's proxy takes for a host (`push_context.go` destinationRule,
//! `destination_rule.go` mergeDestinationRule).

use crate::model::{
    Model, PolicyId,
    inventory::{Service, Workload},
    mtls::{ClientTls, DestinationTls, TrafficTls},
};

/// What the rules of one host in one namespace say together.
#[derive(Clone, Debug)]
pub(super) struct Ruled<'m> {
    /// The one whose settings count.
    pub(super) id: PolicyId,
    policy: Option<&'m TrafficTls>,
    merged: Vec<&'m DestinationTls>,
}

impl<'m> Ruled<'m> {
    /// "Keep the first-wins behavior: only adopt the incoming top level policy when the merged
    /// rule does not have one yet"; rules with other `exportTo` are not merged.
    fn merge(mut rules: Vec<&'m DestinationTls>) -> Option<Self> {
        // "Sort by time first", those with a selector before all.
        rules.sort_by_key(|r| {
            (r.workload_selector.is_empty(), r.created.is_empty(), &r.created, &r.name)
        });
        let first = *rules.first()?;
        rules.retain(|r| {
            r.export_to == first.export_to && r.workload_selector == first.workload_selector
        });
        let with = rules.iter().find_map(|r| Some((r.id, r.policy.as_ref()?)));
        let id = with.map_or(first.id, |(id, _)| id);
        Some(Self { id, policy: with.map(|(_, policy)| policy), merged: rules })
    }

    pub(super) fn on(&self, port: u16) -> Option<ClientTls> {
        self.policy.and_then(|p| p.on(port))
    }

    /// Subset over destination: a port that the subset names inherits nothing
    /// (`MergeSubsetTrafficPolicy`).
    pub(super) fn in_subsets(&self, port: u16) -> impl Iterator<Item = Option<ClientTls>> {
        let whole = self.on(port);
        self.merged.iter().flat_map(|r| &r.subsets).map(move |subset| match &subset.policy {
            Some(policy) if policy.ports.contains_key(&port) => policy.on(port),
            Some(policy) => policy.mode.or(whole),
            None => whole,
        })
    }

    pub(super) fn subset_names(&self) -> impl Iterator<Item = &str> {
        self.merged.iter().flat_map(|r| &r.subsets).map(|s| s.name.as_str())
    }
}

/// "of the client's namespace, of the service's, of the root namespace", the most specific host
/// first.
pub(super) fn of<'m>(model: &'m Model, source: &Workload, service: &Service) -> Option<Ruled<'m>> {
    if model.destination_rules.is_empty() {
        return None;
    }
    let root = model.inventory.mesh.root_namespace.as_str();
    let mut spaces = Vec::new();
    if source.namespace != root {
        spaces.push(source.namespace.as_str());
    } else if let Some(found) = in_space(model, source, service, root, true) {
        return Some(found);
    }
    for space in [service.namespace.as_str(), root] {
        if !spaces.contains(&space) {
            spaces.push(space);
        }
    }
    spaces.into_iter().find_map(|space| in_space(model, source, service, space, false))
}

/// `private`: "a namespace local DR in the same namespace must be meant for this proxy".
fn in_space<'m>(
    model: &'m Model,
    source: &Workload,
    service: &Service,
    space: &str,
    private: bool,
) -> Option<Ruled<'m>> {
    let fitting: Vec<(usize, &DestinationTls)> = model
        .destination_rules
        .iter()
        .filter(|r| r.namespace == space && visible(model, r, &source.namespace))
        .filter(|r| selects(r, source, space))
        .filter(|r| !private || is_private(model, r))
        .filter_map(|r| Some((specificity(r, service)?, r)))
        .collect();
    let best = fitting.iter().map(|(rank, _)| *rank).max()?;
    Ruled::merge(fitting.into_iter().filter(|(rank, _)| *rank == best).map(|(_, r)| r).collect())
}

fn is_private(model: &Model, rule: &DestinationTls) -> bool {
    !rule.workload_selector.is_empty()
        || (rule.export_to.is_empty() && private_by_default(model))
        || matches!(rule.export_to.as_slice(), [to] if *to == "." || *to == rule.namespace)
}

/// "No exportTo in destinationRule. Use the global default. We only honor . and *".
fn private_by_default(model: &Model) -> bool {
    model.inventory.mesh.rule_export_to.iter().any(|to| to == ".")
}

fn visible(model: &Model, rule: &DestinationTls, client: &str) -> bool {
    let here = rule.namespace == client;
    if rule.export_to.is_empty() {
        return here || !private_by_default(model);
    }
    rule.export_to.iter().any(|to| to == "*" || to == client || (to == "." && here))
}

/// "destination rules with workloadSelector should not be exported to other namespaces".
fn selects(rule: &DestinationTls, source: &Workload, space: &str) -> bool {
    rule.workload_selector.is_empty()
        || (space == source.namespace
            && rule.workload_selector.iter().all(|(k, v)| source.labels.get(k) == Some(v)))
}

/// How specifically a rule's host names a service; `None` if it does not.
pub(crate) fn specificity(rule: &DestinationTls, service: &Service) -> Option<usize> {
    let full = format!("{}.{}.svc.cluster.local", service.name, service.namespace);
    let host = rule.host.as_str();
    if let Some(rest) = host.strip_prefix('*') {
        return full.ends_with(rest).then_some(rest.len());
    }
    // "Short names are resolved in the namespace of the rule".
    let named = if host.contains('.') {
        host.to_owned()
    } else {
        format!("{host}.{}.svc.cluster.local", rule.namespace)
    };
    (named == full).then_some(usize::MAX)
}
