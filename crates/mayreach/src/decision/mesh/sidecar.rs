//! Istio's Sidecar as it bears on a flow: what the client's proxy knows, how the destination's reads
//! its ports (`push_context.go` doGetSidecarScope, `sidecar.go` selectServices).

use super::port::service_ports;
use crate::{
    decision::resolve::Asked,
    model::{
        Model, PolicyId, Protocol,
        inventory::{Enrolment, Service, Workload},
        sidecar::{IngressPort, SidecarScope},
    },
};

/// The Sidecar of a workload: "sidecars with selectors are put in front, and sorted by creation
/// timestamp"; "if there is no workload selector, the config applies to all workloads"; else the
/// one without selector of the root namespace.
pub(crate) fn of<'m>(model: &'m Model, workload: &Workload) -> Option<&'m SidecarScope> {
    if model.sidecars.is_empty() || workload.mesh != Enrolment::Sidecar {
        return None;
    }
    let root = model.inventory.mesh.root_namespace.as_str();
    let age = |s: &SidecarScope| {
        (s.selector.is_none(), s.created.is_empty(), s.created.clone(), s.name.clone())
    };
    let has = |pairs: &[(String, String)]| {
        pairs.iter().all(|(k, v)| workload.labels.get(k).is_some_and(|l| l == v))
    };
    let here = |s: &&SidecarScope| {
        s.namespace == workload.namespace && s.selector.as_ref().is_none_or(|pairs| has(pairs))
    };
    let everywhere = |s: &&SidecarScope| s.namespace == root && s.selector.is_none();
    let own = model.sidecars.iter().filter(here).min_by_key(|s| age(s));
    own.or_else(|| model.sidecars.iter().filter(everywhere).min_by_key(|s| age(s)))
}

/// The inbound listener that a Sidecar writes out for the asked port, if it writes any:
/// `Some(None)` is a port that is left to the passthrough chains.
pub(crate) fn ingress<'m>(model: &'m Model, asked: &Asked<'_>) -> Option<Option<&'m IngressPort>> {
    let listeners = of(model, asked.destination.workload?)?.ingress.as_ref()?;
    Some(listeners.iter().find(|l| Some(l.port) == asked.port))
}

/// The Sidecar whose listener for the asked port has TLS or an address of its own.
pub(crate) fn replaces(model: &Model, asked: &Asked<'_>) -> Option<PolicyId> {
    let scope = of(model, asked.destination.workload?)?;
    let listeners = scope.ingress.as_ref()?;
    let asked_port = |l: &IngressPort| asked.port.is_none_or(|port| port == l.port);
    listeners.iter().any(|l| l.odd && asked_port(l)).then_some(scope.id)
}

/// Who leaves open what becomes of the connection at the client: a Sidecar whose hosts do not take
/// in the Service, or whoever lets out only what the mesh knows.
pub(crate) fn hides(model: &Model, asked: &Asked<'_>) -> Option<PolicyId> {
    let source = asked.source.workload.filter(|w| w.mesh == Enrolment::Sidecar)?;
    if asked.flow.protocol != Protocol::Tcp {
        return None;
    }
    let scope = of(model, source);
    if called(model, asked).is_empty() {
        return only_known(model, scope);
    }
    only_known(model, scope).filter(|_| passes_by(model, asked))
}

fn called<'m>(model: &'m Model, asked: &Asked<'_>) -> Vec<&'m Service> {
    match asked.service {
        Some((id, _)) => model.inventory.service(id).into_iter().collect(),
        None => service_ports(model, asked).into_iter().map(|(service, _)| service).collect(),
    }
}

/// Whether a Service that may be called is not exported to the client's namespace, or the hosts of
/// its Sidecar leave it out: what its proxy does not know it passes on as it comes.
pub(crate) fn passes_by(model: &Model, asked: &Asked<'_>) -> bool {
    let Some(source) = asked.source.workload else { return false };
    let mesh = &model.inventory.mesh;
    if !called(model, asked).iter().all(|s| s.exported(mesh, &source.namespace)) {
        return true;
    }
    let Some(hosts) = of(model, source).and_then(|s| s.egress.as_ref()) else { return false };
    let imports = |service: &&Service| {
        let host = format!("{}.{}.svc.cluster.local", service.name, service.namespace);
        let takes = |space: &str, name: &str| {
            // "." of a Sidecar of the root namespace is each client's namespace.
            let space = if space == "." { &source.namespace } else { space };
            (space == "*" || *space == service.namespace) && names(name, &host)
        };
        // "Skip services excluded by a ~-prefixed host"; a bare `~` is every namespace.
        let excluded = hosts.iter().any(|(space, name)| {
            let space = space.strip_prefix('~').map(|s| if s.is_empty() { "*" } else { s });
            space.is_some_and(|space| takes(space, name))
        });
        !excluded && hosts.iter().any(|(space, name)| takes(space, name))
    };
    !called(model, asked).iter().all(imports)
}

/// `REGISTRY_ONLY`, of the Sidecar or of the mesh: what no Service leads to is not let out, unless
/// a ServiceEntry names it.
fn only_known(model: &Model, scope: Option<&SidecarScope>) -> Option<PolicyId> {
    match scope.and_then(|s| Some((s.id, s.registry_only?))) {
        Some((id, only)) => only.then_some(id),
        None => model.inventory.mesh.registry_only,
    }
}

/// Whether a host of a Sidecar, which may begin with a star, takes in a Service.
fn names(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(rest) => host.ends_with(rest),
        None => pattern == host,
    }
}
