//! Network policy between two workloads, looked up: a row for each list of rules, a column for
//! each class of workloads that all selectors treat alike. A cell holds the few rules of the list
//! that may mean the class, mostly with nothing left to ask but the port.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::network::{Members, Net, Peer, Rule, Stage};
use crate::model::{
    PolicyId, Protocol, TierId,
    inventory::{Addresses, Inventory, Workload},
    network::{Action, PortMatch, TierDefault},
};

/// So many cells at most: past that the lists are asked rule by rule.
const CELLS: usize = 4_000_000;
/// So many memberships at most are compared to tell classes apart.
const MEMBERSHIPS: usize = 20_000_000;

/// The cells of all lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    seats: Vec<Seat>,
    classes: usize,
    /// Numbers of lists, row by row; empty: there are too many.
    cells: Vec<u32>,
    lists: Vec<(u32, u32)>,
    entries: Vec<Entry>,
}

/// What the network layers need to know of a workload.
#[derive(Clone, Copy, Debug)]
struct Seat {
    class: u32,
    egress: u32,
    ingress: u32,
    /// Families of its addresses (1: IPv4, 2: IPv6); 0: not known.
    families: u8,
    /// A pod like most: of its own network and alone at its address.
    plain: bool,
    profileless: bool,
    /// A pod, which never sees what it sends to itself.
    pod: bool,
}

/// One step of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Entry {
    what: What,
    protocol: Option<Protocol>,
    /// `None`: any port, and packets that carry none.
    ports: Option<(u16, u16)>,
    /// Where the next tier begins, counted from the beginning of the list.
    next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Allow(PolicyId, u32),
    Deny(PolicyId, u32),
    Pass,
    /// More than a port is left to ask.
    Open,
    Isolated(PolicyId),
    EndOfTier(TierId, PolicyId),
}

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Rule {
        allow: bool,
        policy: PolicyId,
        rule: u32,
    },
    Isolated {
        policy: PolicyId,
    },
    EndOfTier {
        tier: TierId,
        policy: PolicyId,
    },
    Nothing {
        profileless: bool,
    },
    /// A pod's own traffic.
    Local,
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Rows {
    pub(crate) fn new(net: &Net, inventory: &Inventory, shared: &dyn Fn(u32) -> bool) -> Self {
        let sets = sets(net);
        let Some((class_of, samples)) = classes(&sets, inventory.workloads.len()) else {
            return Self::default();
        };
        if net.sides.len().saturating_mul(samples.len()) > CELLS {
            return Self::default();
        }
        let mut out = Self { classes: samples.len(), ..Self::default() };
        for side in 0..net.sides.len() {
            out.row(net, number(side), &samples);
        }
        let seats = inventory.workloads.iter().zip(0_u32..).map(|(workload, n)| {
            let at = |list: &[u32]| list.get(n as usize).copied().unwrap_or(u32::MAX);
            Seat {
                class: at(&class_of),
                egress: at(&net.egress),
                ingress: at(&net.ingress),
                families: families(workload),
                plain: !workload.host_network && !workload.finished && !shared(n),
                profileless: net.profileless.get(n as usize).copied().unwrap_or(true),
                pod: workload.kind == crate::model::inventory::WorkloadKind::Pod,
            }
        });
        out.seats = seats.collect();
        out
    }

    fn row(&mut self, net: &Net, side: u32, samples: &[u32]) {
        let Some(stages) = net.sides.get(side as usize) else { return };
        let egress = net.is_egress(side);
        let rules: Vec<&Rule> = stages.iter().flat_map(|s| &s.rules).map(AsRef::as_ref).collect();
        let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
        for sample in samples {
            let mut key = vec![0_u64; rules.len().div_ceil(64)];
            for (n, rule) in rules.iter().enumerate() {
                let other = if egress { &rule.destination } else { &rule.source };
                let set = other.members.as_ref().or(other.outside.as_ref());
                if set.is_some_and(|set| set.has(*sample))
                    && let Some(word) = key.get_mut(n / 64)
                {
                    *word |= 1 << (n % 64);
                }
            }
            let list = *known.entry(key).or_insert_with(|| {
                let first = self.entries.len();
                for stage in stages.iter() {
                    self.stage(stage, egress, *sample, first);
                }
                self.lists.push((number(first), number(self.entries.len())));
                number(self.lists.len() - 1)
            });
            self.cells.push(list);
        }
    }

    fn stage(&mut self, stage: &Stage, egress: bool, sample: u32, first: usize) {
        let start = self.entries.len();
        for rule in &stage.rules {
            self.rule(rule, egress, sample);
        }
        let end = match (stage.default, stage.isolates) {
            (TierDefault::Pass, _) => None,
            (TierDefault::Deny, true) => Some(What::Isolated(stage.first)),
            (TierDefault::Deny, false) => Some(What::EndOfTier(stage.tier, stage.last)),
        };
        self.entries.extend(end.map(|what| Entry { what, protocol: None, ports: None, next: 0 }));
        let next = number(self.entries.len() - first);
        for entry in self.entries.iter_mut().skip(start) {
            entry.next = next;
        }
    }

    fn rule(&mut self, rule: &Rule, egress: bool, sample: u32) {
        let (own, other) = if egress {
            (&rule.source, &rule.destination)
        } else {
            (&rule.destination, &rule.source)
        };
        let entry = |what, ports| Entry { what, protocol: rule.protocol, ports, next: 0 };
        let Some(selected) = selects(other, sample) else {
            return self.entries.push(entry(What::Open, None));
        };
        if !selected {
            return;
        }
        let what = match rule.action {
            _ if !simple(rule, own) => What::Open,
            Action::Allow => What::Allow(rule.policy, rule.index),
            Action::Deny => What::Deny(rule.policy, rule.index),
            Action::Pass => What::Pass,
            Action::Log => return,
        };
        if rule.destination.ports.is_empty() || what == What::Open {
            return self.entries.push(entry(what, None));
        }
        for port in &rule.destination.ports {
            if let PortMatch::Range(low, high) = port {
                self.entries.push(entry(what, Some((*low, *high))));
            }
        }
    }

    /// What both ends' policies say of a packet from one workload to another; `None`: the lists
    /// have to be asked rule by rule.
    #[inline]
    pub(crate) fn ask(
        &self,
        from: u32,
        to: u32,
        protocol: Protocol,
        port: u16,
    ) -> Option<[Cell; 2]> {
        let source = self.seats.get(from as usize)?;
        let destination = self.seats.get(to as usize)?;
        let families = source.families & destination.families != 0
            || source.families == 0
            || destination.families == 0;
        if !(source.plain && destination.plain && families) {
            return None;
        }
        if from == to && source.pod {
            return Some([Cell::Local; 2]);
        }
        let egress = self.find(source.egress, destination.class, protocol, port)?;
        let ingress = self.find(destination.ingress, source.class, protocol, port)?;
        let nothing = |seat: &Seat| Cell::Nothing { profileless: seat.profileless };
        Some([
            egress.unwrap_or_else(|| nothing(source)),
            ingress.unwrap_or_else(|| nothing(destination)),
        ])
    }

    #[inline]
    fn find(&self, side: u32, class: u32, protocol: Protocol, port: u16) -> Option<Option<Cell>> {
        let cell = (side as usize).checked_mul(self.classes)?.checked_add(class as usize)?;
        let (first, end) = *self.lists.get(*self.cells.get(cell)? as usize)?;
        let list = self.entries.get(first as usize..end as usize)?;
        let mut at = 0;
        while let Some(entry) = list.get(at) {
            at += 1;
            let carried = entry.protocol.is_none_or(|wanted| wanted == protocol);
            let meant = entry
                .ports
                .is_none_or(|(low, high)| low <= port && port <= high && protocol.has_ports());
            if !(carried && meant) {
                continue;
            }
            match entry.what {
                What::Allow(policy, rule) => {
                    return Some(Some(Cell::Rule { allow: true, policy, rule }));
                }
                What::Deny(policy, rule) => {
                    return Some(Some(Cell::Rule { allow: false, policy, rule }));
                }
                What::Pass => at = entry.next as usize,
                What::Open => return None,
                What::Isolated(policy) => return Some(Some(Cell::Isolated { policy })),
                What::EndOfTier(tier, policy) => {
                    return Some(Some(Cell::EndOfTier { tier, policy }));
                }
            }
        }
        Some(None)
    }
}

/// Whether one end's selector means a workload; `None`: addresses would have to be asked too.
fn selects(peer: &Peer, workload: u32) -> Option<bool> {
    let sure = |set: &Members| set.nets.is_empty() && set.hosts.is_empty();
    match (&peer.members, &peer.outside) {
        (Some(set), None) if sure(set) => Some(set.has(workload)),
        (None, Some(set)) if sure(set) => Some(!set.has(workload)),
        (None, None) => Some(true),
        _ => None,
    }
}

/// Whether nothing is left to ask but protocol and destination port.
fn simple(rule: &Rule, own: &Peer) -> bool {
    let bare = |peer: &Peer| {
        peer.nodes.is_none()
            && !peer.nets.given
            && !peer.not_nets.given
            && peer.not_ports.is_empty()
            && peer.service.is_none()
            && !peer.domains
    };
    let numeric = |port: &PortMatch| matches!(port, PortMatch::Range(..));
    // Taken apart, so that nothing is forgotten.
    let Rule {
        policy: _,
        index: _,
        action: _,
        version,
        protocol: _,
        not_protocol,
        icmp,
        not_icmp,
        http,
        source,
        destination,
    } = rule;
    version.is_none()
        && not_protocol.is_none()
        && icmp.is_none()
        && not_icmp.is_none()
        && http.is_none()
        && own.members.is_none()
        && own.outside.is_none()
        && bare(source)
        && bare(destination)
        && source.ports.is_empty()
        && destination.ports.iter().all(numeric)
}

fn families(workload: &Workload) -> u8 {
    match &workload.addresses {
        Addresses::Exact(ips) | Addresses::OneOf(ips) => {
            ips.iter().fold(0, |bits, ip| bits | if ip.is_ipv6() { 2 } else { 1 })
        }
        Addresses::Unknown => 0,
    }
}

/// Every set that some rule asks about, each once, in a fixed order.
fn sets(net: &Net) -> Vec<Arc<Members>> {
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut out = Vec::new();
    for rule in net.sides.iter().flat_map(|side| side.iter()).flat_map(|stage| &stage.rules) {
        for peer in [&rule.source, &rule.destination] {
            for set in peer.members.iter().chain(&peer.outside) {
                if seen.insert(Arc::as_ptr(set).addr()) {
                    out.push(Arc::clone(set));
                }
            }
        }
    }
    out
}

/// The class of each workload, and one workload of each class; `None`: there is too much to compare.
fn classes(sets: &[Arc<Members>], workloads: usize) -> Option<(Vec<u32>, Vec<u32>)> {
    let total: usize = sets.iter().map(|set| set.count()).sum();
    if total > MEMBERSHIPS {
        return None;
    }
    let mut member_of: Vec<Vec<u32>> = vec![Vec::new(); workloads];
    for (n, set) in (0_u32..).zip(sets) {
        for workload in set.ids() {
            if let Some(list) = member_of.get_mut(workload as usize) {
                list.push(n);
            }
        }
    }
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut samples = Vec::new();
    let mut of = Vec::with_capacity(workloads);
    for (workload, key) in (0_u32..).zip(member_of) {
        let next = number(samples.len());
        let class = *known.entry(key).or_insert_with(|| {
            samples.push(workload);
            next
        });
        of.push(class);
    }
    Some((of, samples))
}
