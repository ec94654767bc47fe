//! The program: manifests compiled once, immutable, shared by every asker.

use std::sync::{Arc, OnceLock};

use ipnet::IpNet;

use crate::{
    Decision, Explanation, LayerDecision, Options, Protocol,
    compiled::{Authz, Index, Net, Rows},
    decision::{
        Layer, combine,
        fast::{Ends, Fast, Seats, of_cells},
        reference,
        resolve::{Resolver, Scratch},
    },
    error::{Note, Place, Problem},
    manifest::Documents,
    model::{Flow, Model, Peer, PolicyId, PolicyMeta, Port, ServiceId, TierId, WorkloadId},
    pipeline::Slots,
};

/// Policies and inventory, compiled. Cheap to clone, shared between threads, never changed.
///
/// ```
/// use mayreach::{Flow, Options, Peer, Port, Program, Source, Verdict};
///
/// let manifests = r#"
/// apiVersion: v1
/// kind: Namespace
/// metadata: {name: shop}
/// ---
/// apiVersion: v1
/// kind: Pod
/// metadata: {name: web, namespace: shop, labels: {app: web}}
/// ---
/// apiVersion: v1
/// kind: Pod
/// metadata: {name: db, namespace: shop, labels: {app: db}}
/// ---
/// apiVersion: networking.k8s.io/v1
/// kind: NetworkPolicy
/// metadata: {name: db-closed, namespace: shop}
/// spec: {podSelector: {matchLabels: {app: db}}}
/// "#;
/// let program = Program::compile(&[Source::new("shop.yaml", manifests)], &Options::default())?;
/// let web = Peer::Workload { namespace: "shop", name: "web" };
/// let db = Peer::Workload { namespace: "shop", name: "db" };
/// let decision = program.decide(&Flow::new(web, db, Port::Number(5432)));
/// assert_eq!(decision.verdict, Verdict::Deny);
/// # Ok::<(), mayreach::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) model: Model,
    pub(crate) index: Arc<Index>,
    pub(crate) net: Arc<Net>,
    pub(crate) authz: Authz,
    pub(crate) rows: Arc<Rows>,
    pub(crate) seats: Arc<Seats>,
    /// What it was made of, for changes, and the names of the sources, for places.
    pub(crate) documents: Documents,
    pub(crate) options: Arc<Options>,
    pub(crate) pod_networks: Arc<[IpNet]>,
    /// Made when it is first asked for, by the first change.
    pub(crate) slots: OnceLock<Slots>,
}

/// A file and a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location<'a> {
    /// Name of the source as the caller gave it.
    pub file: &'a str,
    /// Line, from 1.
    pub line: u32,
}

impl std::fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Who a policy is.
#[derive(Clone, Copy, Debug)]
pub struct PolicyInfo<'a> {
    program: &'a Program,
    meta: &'a PolicyMeta,
}

impl<'a> PolicyInfo<'a> {
    /// Its kind, as manifests spell it.
    pub fn kind(&self) -> &'a str {
        self.meta.kind
    }

    /// Its namespace; `None` for cluster-scoped kinds.
    pub fn namespace(&self) -> Option<&'a str> {
        self.meta.namespace.as_deref()
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.meta.name
    }

    /// Where it is written.
    pub fn at(&self) -> Option<Location<'a>> {
        self.program.location(self.meta.place)
    }

    /// Where one of its rules is written. `layer` tells a network policy's egress rules from its
    /// ingress rules.
    pub fn rule_at(&self, layer: Layer, rule: u32) -> Option<Location<'a>> {
        let rules = if layer == Layer::Egress { &self.meta.egress_rules } else { &self.meta.rules };
        self.program.location(*rules.get(rule as usize)?)
    }
}

impl std::fmt::Display for PolicyInfo<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace() {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind(), self.name()),
            None => write!(f, "{} {}", self.kind(), self.name()),
        }
    }
}

impl Program {
    /// The verdict of every layer, and what decided it. Never fails: a flow that names something
    /// unknown is undetermined with [`crate::Reason::UnknownPeer`]; see [`Program::check`].
    pub fn decide(&self, flow: &Flow<'_>) -> Decision {
        let (fast, ends) = (self.fast(), self.ends(flow));
        if let Some(found) = ends.and_then(|ends| fast.direct(flow, ends)) {
            return found;
        }
        self.decide_otherwise(flow, ends, fast)
    }

    #[inline(never)]
    fn decide_otherwise(&self, flow: &Flow<'_>, ends: Option<Ends>, fast: Fast<'_>) -> Decision {
        match ends.and_then(|ends| fast.pair(flow, ends)) {
            Some(found) => found,
            None => self.decide_any(flow, fast),
        }
    }

    /// The authorization layer of [`Program::decide`], alone.
    pub fn authorize(&self, flow: &Flow<'_>) -> LayerDecision {
        let (fast, ends) = (self.fast(), self.ends(flow));
        match ends.and_then(|ends| fast.direct_authorization(flow, ends)) {
            Some(found) => found,
            None => self.authorize_otherwise(flow, ends, fast),
        }
    }

    #[inline(never)]
    fn authorize_otherwise(
        &self,
        flow: &Flow<'_>,
        ends: Option<Ends>,
        fast: Fast<'_>,
    ) -> LayerDecision {
        ends.and_then(|ends| fast.authorize(flow, ends)).unwrap_or_else(|| {
            let [.., authorization] = self.decide_any(flow, fast).layers;
            authorization
        })
    }

    /// The network layers of [`Program::decide`], alone: egress of the source, ingress of the
    /// destination.
    pub fn network(&self, flow: &Flow<'_>) -> [LayerDecision; 2] {
        let fast = self.fast();
        match self.ends(flow).and_then(|ends| fast.cells_alone(ends, flow.protocol)) {
            Some(cells) => of_cells(cells),
            None => self.network_otherwise(flow),
        }
    }

    #[inline(never)]
    fn network_otherwise(&self, flow: &Flow<'_>) -> [LayerDecision; 2] {
        let [egress, ingress, ..] = self.decide_any(flow, self.fast()).layers;
        [egress, ingress]
    }

    /// Both ends, where both are workloads by name or handle, and the port by number.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    pub(crate) fn ends(&self, flow: &Flow<'_>) -> Option<Ends> {
        let Port::Number(port) = flow.port else { return None };
        // Rules about addresses are looked up as IPv4 has them.
        if flow.ip_version.is_some() || flow.protocol == Protocol::Icmpv6 {
            return None;
        }
        let find = |peer: &Peer<'_>| match *peer {
            Peer::Workload { namespace, name } => self.inner.index.workload(namespace, name),
            Peer::Id(id) => Some(id),
            _ => None,
        };
        Some(Ends { from: find(&flow.source)?, to: find(&flow.destination)?, port })
    }

    pub(crate) fn fast(&self) -> Fast<'_> {
        Fast(&self.inner)
    }

    #[inline(never)]
    fn decide_any(&self, flow: &Flow<'_>, fast: Fast<'_>) -> Decision {
        let model = &self.inner.model;
        let scratch = Scratch::new(flow, model);
        // Inline pods and hosts are left to the reference, which reads network sets itself.
        let inline = |peer: &Peer<'_>| matches!(peer, Peer::Inline(_));
        let lean = !inline(&flow.source)
            && !inline(&flow.destination)
            && model.inventory.host_endpoints.is_empty();
        let resolver = Resolver { lean, ..self.resolver() };
        let mut found: Option<Decision> = None;
        let resolved: Result<(), ()> = resolver.each(flow, &scratch, |asked| {
            let one = fast.decide(&asked);
            found = Some(found.map_or(one, |before| combine::both(before, one)));
        });
        resolved.ok().and(found).unwrap_or_else(combine::unknown_peer)
    }

    /// The same answer from the slow evaluator that follows the specification word by word.
    pub fn decide_by_reference(&self, flow: &Flow<'_>) -> Decision {
        let scratch = Scratch::new(flow, &self.inner.model);
        match self.resolver().resolve(flow, &scratch) {
            Ok(asked) => combine::backends(
                asked.iter().map(|a| reference::decide(&self.inner.model, a).decision),
            ),
            Err(_) => combine::unknown_peer(),
        }
    }

    /// Whether every name of a flow is known.
    ///
    /// # Errors
    /// Which name is not, with the ones that are.
    pub fn check(&self, flow: &Flow<'_>) -> Result<(), Problem> {
        let scratch = Scratch::new(flow, &self.inner.model);
        self.resolver().resolve(flow, &scratch).map(|_| ())
    }

    /// The whole walk: every layer, tier, policy and rule asked, what matched and what did not.
    ///
    /// # Errors
    /// A name of the flow that no manifest holds.
    pub fn explain(&self, flow: &Flow<'_>) -> Result<Explanation, Problem> {
        let scratch = Scratch::new(flow, &self.inner.model);
        let asked = self.resolver().resolve(flow, &scratch)?;
        Ok(reference::explain(&self.inner.model, &asked))
    }

    pub(crate) fn resolver(&self) -> Resolver<'_> {
        Resolver {
            model: &self.inner.model,
            index: &self.inner.index,
            pod_networks: &self.inner.pod_networks,
            lean: false,
        }
    }

    /// What a cluster would accept and then ignore, and what is not evaluated.
    pub fn notes(&self) -> &[Note] {
        &self.inner.model.notes
    }

    /// A policy by its id.
    pub fn policy(&self, id: PolicyId) -> Option<PolicyInfo<'_>> {
        let meta = self.inner.model.policy(id)?;
        Some(PolicyInfo { program: self, meta })
    }

    /// Every policy, in the order of the manifests.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyId, PolicyInfo<'_>)> {
        let metas = self.inner.model.policies.numbered();
        metas.map(|(n, meta)| (PolicyId(n), PolicyInfo { program: self, meta }))
    }

    /// The file and line of a place.
    pub fn location(&self, place: Place) -> Option<Location<'_>> {
        let file = self.inner.documents.names.get(place.source.0 as usize)?;
        Some(Location { file, line: place.line })
    }

    /// The name of a tier.
    pub fn tier(&self, id: TierId) -> Option<&str> {
        self.inner.model.network.tiers.get(id.0 as usize).map(|t| t.name.as_str())
    }

    /// A workload by name.
    pub fn workload(&self, namespace: &str, name: &str) -> Option<WorkloadId> {
        self.inner.index.workload(namespace, name)
    }

    /// `namespace/name` of a Service.
    pub fn service_name(&self, id: ServiceId) -> String {
        let service = self.inner.model.inventory.service(id);
        service.map_or_else(String::new, |s| format!("{}/{}", s.namespace, s.name))
    }

    /// A Service by name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<ServiceId> {
        self.inner.index.service(namespace, name)
    }
}
