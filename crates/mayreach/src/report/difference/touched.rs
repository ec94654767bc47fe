//! What a change touches: two ends that read the same in both programs answer each other the same,
//! whoever they are called.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use crate::{
    Program,
    compiled::network::Stage,
    model::{
        Model, WorkloadId,
        inventory::{Enrolment, Workload},
    },
    report::space::in_play::InPlay,
};

/// All that answers can depend on, without the numbers that one program gives.
#[derive(Debug)]
pub(super) struct Facts {
    /// What every answer may depend on.
    pub(super) shared: u64,
    /// By workload: what it is to others.
    pub(super) own: Vec<u64>,
    /// By workload: what it reads as a client.
    pub(super) source: Vec<u64>,
    /// By workload: what it reads as a destination.
    pub(super) destination: Vec<u64>,
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The text of a value without ids and places, which are one program's own.
fn text(of: impl std::fmt::Debug) -> String {
    let text = format!("{of:?}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    loop {
        let found = ["PolicyId(", "WorkloadId(", "Place {"]
            .iter()
            .filter_map(|mark| rest.find(mark).map(|at| (at, *mark)))
            .min();
        let Some((at, mark)) = found else {
            out.push_str(rest);
            return out;
        };
        out.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at + mark.len()..).unwrap_or_default();
        let close = if mark == "Place {" { '}' } else { ')' };
        // A place holds a source's number in brackets of its own, and no other brace.
        rest = tail.find(close).and_then(|end| tail.get(end + 1..)).unwrap_or_default();
    }
}

impl Facts {
    pub(super) fn new(program: &Program) -> Self {
        let model = &program.inner.model;
        let policies = policies(model);
        let sides: HashMap<*const Stage, u64> = HashMap::new();
        let mut sides = Sides { program, policies: &policies, known: sides };
        let mut out = Self {
            shared: shared(program),
            own: Vec::new(),
            source: Vec::new(),
            destination: Vec::new(),
        };
        let mut waypoints = Vec::new();
        for (n, workload) in (0_u32..).zip(&model.inventory.workloads) {
            let own = own(model, workload);
            let egress = sides.of(n, true);
            let ingress = sides.of(n, false);
            out.own.push(own);
            out.source.push(hash((own, egress)));
            if workload.mesh == Enrolment::Waypoint {
                waypoints.push((own, egress, ingress));
            }
            let mesh = mesh(program, WorkloadId(n), workload, &policies);
            out.destination.push(hash((own, ingress, mesh)));
        }
        // Network policy is asked of waypoints too, and of the pods that istiod would make; host
        // endpoints ask it of nodes' own pods and of what nodes forward.
        let mut gateways = model.inventory.waypoints();
        let hosts = !model.inventory.host_endpoints.is_empty();
        if hosts || gateways.any(|g| g.pods.is_empty()) {
            let of = |id: crate::PolicyId| policies.get(id.0 as usize).copied();
            let all: Vec<_> = model.network.policies.iter().map(|p| of(p.id)).collect();
            let profiles = text(&model.network.profiles);
            out.shared = hash((out.shared, all, profiles));
        }
        out.shared = hash((out.shared, waypoints));
        out
    }
}

/// By policy id: a hash of what it says.
fn policies(model: &Model) -> Vec<u64> {
    let mut out = vec![0; model.policies.len()];
    let mut put = |id: crate::PolicyId, text: String| {
        if let Some(place) = out.get_mut(id.0 as usize) {
            *place = hash((*place, text));
        }
    };
    for policy in &model.network.policies {
        put(policy.id, text(policy));
    }
    for policy in model.authz.iter() {
        put(policy.id, text(policy));
    }
    for policy in &model.request_auth {
        put(policy.id, text(policy));
    }
    for policy in &model.peer_auth {
        put(policy.id, text(policy));
    }
    out
}

/// What is not any one workload's.
fn shared(program: &Program) -> u64 {
    let model = &program.inner.model;
    let inventory = &model.inventory;
    let mut all: BTreeMap<&str, String> = BTreeMap::new();
    all.insert("mesh", text(&inventory.mesh));
    all.insert("nodes", text(&inventory.nodes));
    all.insert("sets", text(&inventory.network_sets));
    all.insert("hosts", text((&inventory.host_endpoints, &inventory.failsafe, inventory.to_host)));
    all.insert("gateways", text((&inventory.gateways, &inventory.gateway_classes)));
    all.insert("outside", text(&inventory.outside));
    all.insert("networks", text(&program.inner.pod_networks));
    all.insert("rules", text(&model.destination_rules));
    all.insert("scripts", text(&model.lua));
    all.insert("rest", text(&model.unevaluated));
    all.insert("slices", text(&inventory.slices));
    let named = |p: &crate::model::network::NetworkPolicy| {
        let rules = p.ingress.iter().chain(&p.egress);
        rules.flat_map(|r| [&r.source, &r.destination]).any(|p| p.service.is_some())
    };
    // A rule that names a Service reads its ports and backends.
    if model.network.policies.iter().any(named) {
        all.insert("services", text(&inventory.services));
    }
    let tiers = model.network.tiers.iter();
    let tiers: Vec<_> = tiers.map(|t| format!("{} {:?}", t.name, t.default)).collect();
    all.insert("tiers", format!("{tiers:?} {:?}", model.network.plugin));
    hash(all)
}

/// What a workload is: everything that a policy of others can see of it.
fn own(model: &Model, workload: &Workload) -> u64 {
    let inventory = &model.inventory;
    let space = inventory.namespaces.get(&workload.namespace);
    let account = (workload.namespace.clone(), workload.service_account.clone());
    let account = inventory.service_accounts.get(&account).map(|a| &a.labels);
    let Workload {
        namespace,
        name,
        kind,
        labels,
        annotations,
        service_account,
        addresses,
        node,
        host_network,
        finished,
        ports,
        containers: _,
        mesh,
        owner: _,
        place: _,
    } = workload;
    let annotations: Vec<_> = annotations.iter().filter(|(k, _)| k.contains("istio")).collect();
    hash((
        (namespace, name, kind.as_str(), labels, annotations, service_account),
        (text(addresses), node, host_network, finished, text(ports), text(mesh)),
        (space.map(|s| (&s.labels, s.defined)), account),
    ))
}

/// What the proxies before a workload read.
fn mesh(program: &Program, id: WorkloadId, workload: &Workload, policies: &[u64]) -> u64 {
    let model = &program.inner.model;
    let play = InPlay::new(model, workload);
    let of = |id: crate::PolicyId| policies.get(id.0 as usize).copied().unwrap_or(0);
    let mut authz: Vec<u64> = play.authorization().map(|p| of(p.id)).collect();
    let mut tokens: Vec<u64> = play.tokens().map(|p| of(p.id)).collect();
    let root = &model.inventory.mesh.root_namespace;
    let near = model
        .peer_auth
        .iter()
        .filter(|p| play.meshed() && (p.namespace == workload.namespace || p.namespace == *root));
    let mut modes: Vec<u64> = near.map(|p| of(p.id)).collect();
    for list in [&mut authz, &mut tokens, &mut modes] {
        list.sort_unstable();
    }
    let services = program.inner.index.services_of(id).iter();
    let services = services.filter_map(|s| model.inventory.service(*s));
    let services: Vec<String> = services
        .map(|s| {
            format!("{} {} {:?} {:?} {:?}", s.namespace, s.name, s.ports, s.labels, s.headless)
        })
        .collect();
    hash((authz, tokens, modes, services))
}

/// Hashes of lists of rules, which many workloads share.
struct Sides<'p> {
    program: &'p Program,
    policies: &'p [u64],
    known: HashMap<*const Stage, u64>,
}

impl Sides<'_> {
    fn of(&mut self, workload: u32, egress: bool) -> u64 {
        let net = &self.program.inner.net;
        let stages = net.side(workload, egress);
        let profileless = net.profileless.get(workload as usize);
        let made = |stages: &[Stage]| {
            let of = |id: crate::PolicyId| self.policies.get(id.0 as usize).copied().unwrap_or(0);
            let each: Vec<_> = stages
                .iter()
                .map(|s| {
                    let rules: Vec<_> =
                        s.rules.iter().map(Arc::as_ref).map(|r| (of(r.policy), r.index)).collect();
                    let tier = self.program.tier(s.tier);
                    (tier, format!("{:?}", s.default), s.isolates, of(s.first), of(s.last), rules)
                })
                .collect();
            hash(each)
        };
        if stages.is_empty() {
            return hash((0, profileless));
        }
        let key = stages.as_ptr();
        let known = match self.known.get(&key) {
            Some(known) => *known,
            None => {
                let new = made(stages);
                self.known.insert(key, new);
                new
            }
        };
        hash((known, profileless))
    }
}
