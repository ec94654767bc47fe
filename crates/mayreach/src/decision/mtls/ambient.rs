//! Whether ztunnel takes plaintext: PeerAuthentication as istiod turns it into DENY policies
//! (serviceregistry/ambient/authorization.go convertedSelectorPeerAuthentications and
//! convertPeerAuthentication, whose disagreements with the sidecar's reading are kept).

use super::mode::{Effective, age};
use crate::model::{
    Model,
    inventory::Workload,
    mtls::{MtlsMode, PeerAuth},
};

/// The mode of a port as far as plaintext is concerned: STRICT refuses it. "DISABLE is
/// PERMISSIVE".
pub(crate) fn effective(model: &Model, workload: &Workload, port: Option<u16>) -> Vec<Effective> {
    let root = model.inventory.mesh.root_namespace.as_str();
    among(model.peer_auth.iter(), root, workload, port)
}

/// The same, of policies among which are all of the root namespace and of the workload's.
pub(crate) fn among<'m>(
    all: impl Iterator<Item = &'m PeerAuth> + Clone,
    root: &str,
    workload: &Workload,
    port: Option<u16>,
) -> Vec<Effective> {
    let found = Found::of(all, root, workload);
    if let Some(port) = port {
        return vec![found.on(port)];
    }
    // A port that no policy names, and every one that the workload's names.
    let mut all = Vec::new();
    for port in std::iter::once(&0).chain(found.workload.iter().flat_map(|p| p.ports.keys())) {
        let one = found.on(*port);
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

#[derive(Clone, Copy, Debug)]
struct Found<'m> {
    mesh: Option<&'m PeerAuth>,
    /// "Spec.Selector == nil || len(matchLabels) == 0" counts where a workload's keys are made.
    namespace: Option<&'m PeerAuth>,
    /// "`PeerAuthByNamespace`: Selector == nil" counts where its policy is converted.
    indexed: Option<&'m PeerAuth>,
    workload: Option<&'m PeerAuth>,
}

fn strict(policy: Option<&PeerAuth>) -> bool {
    policy.is_some_and(|p| p.mode == Some(MtlsMode::Strict))
}

fn unset(policy: Option<&PeerAuth>) -> bool {
    policy.is_none_or(|p| p.mode.is_none())
}

fn lax(mode: Option<MtlsMode>) -> bool {
    matches!(mode, Some(MtlsMode::Permissive | MtlsMode::Disable))
}

impl<'m> Found<'m> {
    fn of(
        all: impl Iterator<Item = &'m PeerAuth> + Clone,
        root: &str,
        workload: &Workload,
    ) -> Self {
        let own = workload.namespace.as_str();
        let oldest = |wanted: &dyn Fn(&PeerAuth) -> bool| {
            all.clone().filter(|p| wanted(p)).min_by_key(|p| age(p))
        };
        let has = |p: &PeerAuth| {
            p.selector.iter().all(|(k, v)| workload.labels.get(k).is_some_and(|l| l == v))
        };
        let here = |p: &PeerAuth| p.namespace == own && own != root;
        Self {
            mesh: oldest(&|p| {
                p.namespace == root && (!p.has_selector || own == root) && p.selector.is_empty()
            }),
            namespace: oldest(&|p| here(p) && p.selector.is_empty()),
            indexed: oldest(&|p| here(p) && !p.has_selector),
            workload: oldest(&|p| here(p) && !p.selector.is_empty() && has(p)),
        }
    }

    fn on(&self, port: u16) -> Effective {
        let of = |refused: bool, by: Option<&PeerAuth>| Effective {
            mode: if refused { MtlsMode::Strict } else { MtlsMode::Permissive },
            policy: by.map(|p| p.id),
        };
        let above = match self.namespace {
            Some(p) if p.mode.is_some() => Some(p),
            _ => self.mesh.filter(|p| p.mode.is_some()),
        };
        let Some(own) = self.workload else { return of(strict(above), above) };
        let by = if own.mode.is_some() { Some(own) } else { above };
        let mut always = match own.mode {
            Some(mode) => mode == MtlsMode::Strict,
            None => strict(above),
        };
        let ports = || own.ports.values();
        // Which of "the static STRICT policy" and "the port level policy" the workload gets.
        let by_port = match own.mode {
            Some(MtlsMode::Strict) => ports().any(|m| lax(*m)),
            Some(_) => ports().any(|m| *m == Some(MtlsMode::Strict)),
            None if always => ports().any(|m| *m == Some(MtlsMode::Permissive)),
            None => ports().any(|m| *m == Some(MtlsMode::Strict)),
        };
        if by_port && always {
            always = false;
        }
        if by_port && self.converted(own).is_some_and(|c| c.denies(port)) {
            return of(true, Some(own));
        }
        if by_port { of(always, Some(own)) } else { of(always, by) }
    }

    /// convertPeerAuthentication; `None` where it makes no policy, and ztunnel skips the unknown
    /// key.
    fn converted(&self, own: &PeerAuth) -> Option<Converted> {
        let (above, root) = (self.indexed, self.mesh.filter(|p| !p.has_selector));
        let inherits_strict = own.mode.is_none() && strict(above) || unset(above) && strict(root);
        let strict_is_parents = own.mode == Some(MtlsMode::Strict) || inherits_strict;
        let parent_is_lax = match (above, root) {
            (Some(p), _) | (None, Some(p)) => p.mode != Some(MtlsMode::Strict),
            (None, None) => true,
        };
        let mut strict_ports = Vec::new();
        let mut open_ports = Vec::new();
        for (port, mode) in &own.ports {
            match mode {
                Some(MtlsMode::Strict) if !strict_is_parents => strict_ports.push(*port),
                Some(MtlsMode::Permissive | MtlsMode::Disable)
                    if !(lax(own.mode) || own.mode.is_none() && parent_is_lax) =>
                {
                    open_ports.push(*port);
                }
                _ => {}
            }
        }
        let no_exception = own.mode == Some(MtlsMode::Strict) && open_ports.is_empty();
        if no_exception || (strict_ports.is_empty() && open_ports.is_empty()) {
            return None;
        }
        Some(Converted { strict_ports, open_ports })
    }
}

/// A converted policy, asked about plaintext.
struct Converted {
    /// "Groups are OR'd so we need to create one for each STRICT workload port".
    strict_ports: Vec<u16>,
    /// "exempts it from the deny policy"; the rules of one group are `ANDed`.
    open_ports: Vec<u16>,
}

impl Converted {
    fn denies(&self, port: u16) -> bool {
        self.strict_ports.contains(&port)
            || (!self.open_ports.is_empty() && !self.open_ports.contains(&port))
    }
}
