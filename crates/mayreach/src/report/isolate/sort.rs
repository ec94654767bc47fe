//! Which of many ends the rules of one workload can tell apart. The most are told from nobody, so
//! only those that something names are looked at.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use ipnet::IpNet;

use super::pods::namespace_of;
use crate::{
    Program,
    compiled::network::{Members, Peer, Stage},
    decision::{matching, mesh::spiffe},
    model::{
        Model, WorkloadId,
        authz::{Attribute, Condition, Matcher},
        inventory::{Addresses, Enrolment, Workload},
        network::PortMatch,
    },
    shared::number,
};

/// One end that may be sorted.
#[derive(Clone, Debug)]
pub(in crate::report) enum End {
    Workload(WorkloadId),
    Address(IpAddr),
}

/// All ends, with what tells any two apart whoever asks.
#[derive(Debug)]
pub(in crate::report) struct Ends<'p> {
    program: &'p Program,
    ends: Vec<End>,
    /// By end: ends of different kinds are never alike.
    kinds: Vec<u32>,
    /// By kind its ends.
    by_kind: Vec<Vec<u32>>,
    by_workload: HashMap<u32, u32>,
    by_namespace: HashMap<&'p str, Vec<u32>>,
    /// Ends whose addresses are known.
    placed: Vec<u32>,
    members: HashMap<usize, Arc<[u32]>>,
    nets: HashMap<IpNet, Arc<[u32]>>,
    matchers: HashMap<String, Arc<[u32]>>,
}

/// Ends that one workload cannot tell apart.
#[derive(Clone, Debug)]
pub(in crate::report) struct Group {
    /// Indexes of ends, ascending.
    pub(in crate::report) ends: Arc<[u32]>,
}

impl<'p> Ends<'p> {
    pub(in crate::report) fn new(
        program: &'p Program,
        ends: Vec<End>,
        as_destination: bool,
    ) -> Self {
        let mut out = Self {
            program,
            kinds: Vec::with_capacity(ends.len()),
            by_kind: Vec::new(),
            by_workload: HashMap::new(),
            by_namespace: HashMap::new(),
            placed: Vec::new(),
            members: HashMap::new(),
            nets: HashMap::new(),
            matchers: HashMap::new(),
            ends,
        };
        let mut known: HashMap<String, u32> = HashMap::new();
        for (n, end) in (0_u32..).zip(&out.ends) {
            let key = match end {
                End::Address(ip) => format!("{ip}"),
                End::Workload(id) => kind(program, *id, as_destination),
            };
            let next = number(known.len());
            let kind = *known.entry(key).or_insert(next);
            out.kinds.push(kind);
            if kind == next {
                out.by_kind.push(Vec::new());
            }
            if let Some(list) = out.by_kind.get_mut(kind as usize) {
                list.push(n);
            }
            match end {
                End::Address(_) => out.placed.push(n),
                End::Workload(id) => {
                    out.by_workload.insert(id.0, n);
                    if let Some(workload) = program.inner.model.inventory.workload(*id) {
                        out.by_namespace.entry(&workload.namespace).or_default().push(n);
                        if workload.addresses != Addresses::Unknown {
                            out.placed.push(n);
                        }
                    }
                }
            }
        }
        out
    }

    pub(in crate::report) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(in crate::report) fn get(&self, index: u32) -> Option<&End> {
        self.ends.get(index as usize)
    }

    fn workload(&self, index: u32) -> Option<&'p Workload> {
        match self.get(index)? {
            End::Workload(id) => self.program.inner.model.inventory.workload(*id),
            End::Address(_) => None,
        }
    }

    /// The groups that the rules of stages and the conditions tell apart.
    pub(in crate::report) fn sort(
        &mut self,
        stages: &[Stage],
        source: bool,
        conditions: &[&Condition],
    ) -> Vec<Group> {
        let mut cuts: Vec<Arc<[u32]>> = Vec::new();
        let mut seen: std::collections::HashSet<usize> = std::collections::HashSet::new();
        let mut unsure = false;
        for rule in stages.iter().flat_map(|s| &s.rules) {
            let peer = if source { &rule.source } else { &rule.destination };
            unsure |= self.cut_by_peer(peer, &mut cuts, &mut seen);
        }
        for condition in conditions {
            for (matcher, _) in condition.values.iter().chain(&condition.not_values) {
                self.cut_by_matcher(&condition.attribute, matcher, &mut cuts, &mut seen);
            }
        }
        self.groups(&cuts, unsure)
    }

    /// Ends in the same sets are one group, kind by kind. Most ends are in none: they are not
    /// looked at one by one.
    fn groups(&self, cuts: &[Arc<[u32]>], each: bool) -> Vec<Group> {
        let all = 0..number(self.len());
        if each {
            return all.map(|end| Group { ends: [end].into() }).collect();
        }
        let mut marks: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (n, cut) in (0_u32..).zip(cuts) {
            for end in cut.iter() {
                marks.entry(*end).or_default().push(n);
            }
        }
        let mut marked = vec![false; self.len()];
        let mut groups: BTreeMap<(u32, &[u32]), Vec<u32>> = BTreeMap::new();
        for (end, marks) in &marks {
            if let (Some(place), Some(kind)) =
                (marked.get_mut(*end as usize), self.kinds.get(*end as usize))
            {
                *place = true;
                groups.entry((*kind, marks)).or_default().push(*end);
            }
        }
        let rest = self.by_kind.iter().map(|ends| -> Arc<[u32]> {
            let is = |end: &u32| !marked.get(*end as usize).copied().unwrap_or(true);
            ends.iter().copied().filter(is).collect()
        });
        let rest = rest.filter(|ends| !ends.is_empty());
        rest.chain(groups.into_values().map(Into::into)).map(|ends| Group { ends }).collect()
    }

    /// Whether something was met that does not cut cleanly.
    fn cut_by_peer(
        &mut self,
        peer: &Peer,
        cuts: &mut Vec<Arc<[u32]>>,
        seen: &mut std::collections::HashSet<usize>,
    ) -> bool {
        for members in peer.members.iter().chain(&peer.outside) {
            if seen.insert(Arc::as_ptr(members) as usize) {
                cuts.push(self.in_members(members));
                for net in members.nets.nets() {
                    cuts.push(self.in_net(*net));
                }
            }
        }
        for nets in [&peer.nets, &peer.not_nets] {
            for net in nets.of(false).nets().iter().chain(nets.of(true).nets()) {
                let cut = self.in_net(*net);
                if seen.insert(Arc::as_ptr(&cut).cast::<u32>() as usize) {
                    cuts.push(cut);
                }
            }
        }
        if let Some(service) = &peer.service {
            let own = service.workloads.keys();
            let mut listed: Vec<u32> =
                own.filter_map(|w| self.by_workload.get(w).copied()).collect();
            listed.sort_unstable();
            cuts.push(listed.into());
            for (net, _) in &service.addresses {
                cuts.push(self.in_net(*net));
            }
        }
        let named = |ports: &[PortMatch]| ports.iter().any(|p| matches!(p, PortMatch::Named(_)));
        peer.nodes.is_some() || named(&peer.ports) || named(&peer.not_ports)
    }

    fn in_members(&mut self, members: &Arc<Members>) -> Arc<[u32]> {
        let key = Arc::as_ptr(members) as usize;
        if let Some(found) = self.members.get(&key) {
            return Arc::clone(found);
        }
        let mut list: Vec<u32> =
            members.ids().into_iter().filter_map(|w| self.by_workload.get(&w).copied()).collect();
        list.sort_unstable();
        let list: Arc<[u32]> = list.into();
        self.members.insert(key, Arc::clone(&list));
        list
    }

    /// Ends of which some address is in a network. An end with several addresses, of which only
    /// some are, is of a kind of its own already.
    fn in_net(&mut self, net: IpNet) -> Arc<[u32]> {
        if let Some(found) = self.nets.get(&net) {
            return Arc::clone(found);
        }
        let inside = |end: &u32| match self.get(*end) {
            Some(End::Address(ip)) => net.contains(ip),
            Some(End::Workload(_)) => self.workload(*end).is_some_and(|w| match &w.addresses {
                Addresses::Exact(ips) | Addresses::OneOf(ips) => {
                    ips.iter().any(|i| net.contains(i))
                }
                Addresses::Unknown => false,
            }),
            None => false,
        };
        let list: Arc<[u32]> = self.placed.iter().copied().filter(inside).collect();
        self.nets.insert(net, Arc::clone(&list));
        list
    }

    fn cut_by_matcher(
        &mut self,
        attribute: &Attribute,
        matcher: &Matcher,
        cuts: &mut Vec<Arc<[u32]>>,
        seen: &mut std::collections::HashSet<usize>,
    ) {
        let cut = match (attribute, matcher) {
            (Attribute::SourceIp | Attribute::RemoteIp, Matcher::Net(net)) => self.in_net(*net),
            (
                Attribute::Principal
                | Attribute::Namespace
                | Attribute::ServiceAccount
                | Attribute::TrustDomain,
                _,
            ) => self.identified(matcher),
            _ => return,
        };
        if seen.insert(Arc::as_ptr(&cut).cast::<u32>() as usize) {
            cuts.push(cut);
        }
    }

    fn identified(&mut self, matcher: &Matcher) -> Arc<[u32]> {
        let key = format!("{matcher:?}");
        if let Some(found) = self.matchers.get(&key) {
            return Arc::clone(found);
        }
        let mesh = &self.program.inner.model.inventory.mesh;
        let matches = |end: &u32| {
            self.workload(*end).is_some_and(|w| matching::identity(matcher, &spiffe(mesh, w)))
        };
        let list: Arc<[u32]> = match namespace_of(matcher) {
            Some(namespace) => {
                let near = self.by_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
                near.iter().copied().filter(matches).collect()
            }
            None => (0..number(self.len())).filter(matches).collect(),
        };
        self.matchers.insert(key, Arc::clone(&list));
        list
    }
}

/// Whether a waypoint's own rules may tell the workload from others.
fn by_waypoint(model: &Model, workload: &Workload) -> bool {
    let may = !matches!(workload.mesh, Enrolment::None | Enrolment::Sidecar);
    may && model.inventory.waypoints().next().is_some()
}

/// What anybody can tell a workload by, beside its labels and identity.
fn kind(program: &Program, id: WorkloadId, as_destination: bool) -> String {
    let model = &program.inner.model;
    let Some(w) = model.inventory.workload(id) else { return String::new() };
    let addresses = match &w.addresses {
        Addresses::Unknown => String::new(),
        // Several addresses, or one that others have too: nobody is quite like it.
        Addresses::Exact(ips) => match ips.as_slice() {
            [ip] if program.inner.index.at(*ip).len() == 1 && !w.host_network => {
                format!("{}", ip.is_ipv6())
            }
            _ => format!("{id:?}"),
        },
        Addresses::OneOf(ips) => format!("{ips:?}"),
    };
    let annotations: Vec<_> =
        w.annotations.iter().filter(|(k, _)| k.starts_with("traffic.sidecar")).collect();
    let mut key = format!(
        "{:?} {} {} {:?} {addresses} {annotations:?}",
        w.mesh, w.host_network, w.finished, w.node
    );
    if !model.inventory.host_endpoints.is_empty() || by_waypoint(model, w) {
        key = format!("{key} {id:?}");
    }
    // Rules for clients may name their namespace and labels.
    if !as_destination && !model.destination_rules.is_empty() {
        key = format!("{key} {} {:?}", w.namespace, w.labels);
    }
    if as_destination {
        key = format!("{key} {:?}", w.ports);
    }
    key
}
