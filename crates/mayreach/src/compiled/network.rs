//! Network policy, compiled: every selector is a set of workloads, every workload has the list of
//! rules that govern it, and workloads with the same list share it.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use ipnet::IpNet;

use super::{index::target_number, postings::Postings, ranges::Ranges};
use crate::{
    model::{
        Model, PolicyId, Protocol, TierId, WorkloadId,
        inventory::{Addresses, Inventory, Workload},
        network::{
            Action, HttpMatch, IpVersion, NetworkRule, PeerMatch, PolicyClass, PortMatch, Tier,
            TierDefault,
        },
        selector::Selector,
    },
    shared::number,
};

/// All network policy of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Net {
    /// Lists of rules, each shared by every workload it governs.
    pub(crate) sides: Vec<Arc<[Stage]>>,
    /// Which of them are for egress.
    outward: Vec<bool>,
    /// By workload: its list for egress, for ingress.
    pub(crate) egress: Vec<u32>,
    pub(crate) ingress: Vec<u32>,
    /// By workload: its namespace has no profile, and what no policy decides is denied.
    pub(crate) profileless: Vec<bool>,
}

/// What one tier asks of one workload in one direction.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) tier: TierId,
    pub(crate) default: TierDefault,
    /// Every policy here is a Kubernetes NetworkPolicy.
    pub(crate) isolates: bool,
    pub(crate) first: PolicyId,
    pub(crate) last: PolicyId,
    pub(crate) rules: Vec<Arc<Rule>>,
}

/// A rule with its sets looked up.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) policy: PolicyId,
    pub(crate) index: u32,
    pub(crate) action: Action,
    pub(crate) version: Option<IpVersion>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) not_protocol: Option<Protocol>,
    pub(crate) icmp: Option<(u8, Option<u8>)>,
    pub(crate) not_icmp: Option<(u8, Option<u8>)>,
    /// Where application layer policy runs.
    pub(crate) http: Option<HttpMatch>,
    pub(crate) source: Peer,
    pub(crate) destination: Peer,
}

/// One end of a rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer {
    pub(crate) members: Option<Arc<Members>>,
    pub(crate) outside: Option<Arc<Members>>,
    /// Names of nodes that match, and whether any node is a known one.
    pub(crate) nodes: Option<Vec<String>>,
    pub(crate) nets: Nets,
    pub(crate) not_nets: Nets,
    pub(crate) ports: Vec<PortMatch>,
    pub(crate) not_ports: Vec<PortMatch>,
    pub(crate) service: Option<ServiceSet>,
    pub(crate) domains: bool,
}

/// The endpoints that a selector selects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    workloads: Set,
    /// Networks of network sets.
    pub(crate) nets: Ranges,
    /// Expected addresses of host endpoints.
    pub(crate) hosts: Vec<IpAddr>,
    /// Names of those host endpoints.
    pub(crate) host_names: Vec<String>,
}

impl Members {
    pub(crate) fn has(&self, workload: u32) -> bool {
        self.workloads.has(workload)
    }

    /// How many workloads it has.
    pub(crate) fn count(&self) -> usize {
        match &self.workloads {
            Set::Bits(words) => words.iter().map(|word| word.count_ones() as usize).sum(),
            Set::Few(numbers) => numbers.len(),
        }
    }

    /// Their numbers, ascending.
    pub(crate) fn ids(&self) -> Vec<u32> {
        match &self.workloads {
            Set::Bits(words) => (0_u32..)
                .zip(words)
                .flat_map(|(n, word)| {
                    (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| n * 64 + bit)
                })
                .collect(),
            Set::Few(numbers) => numbers.clone(),
        }
    }
}

/// Numbers of workloads.
#[derive(Clone, Debug)]
enum Set {
    /// A bit for each workload.
    Bits(Vec<u64>),
    /// Where that would be mostly zeros: the numbers, ascending.
    Few(Vec<u32>),
}

impl Default for Set {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Set {
    /// `numbers` ascend.
    fn new(numbers: Vec<u32>, workloads: usize) -> Self {
        if workloads > 4096 && numbers.len() < workloads / 64 {
            return Self::Few(numbers);
        }
        let mut words = vec![0_u64; workloads.div_ceil(64)];
        for number in numbers {
            if let Some(word) = words.get_mut((number / 64) as usize) {
                *word |= 1 << (number % 64);
            }
        }
        Self::Bits(words)
    }

    fn has(&self, workload: u32) -> bool {
        match self {
            Self::Bits(words) => {
                let word = words.get((workload / 64) as usize).copied().unwrap_or(0);
                word >> (workload % 64) & 1 == 1
            }
            Self::Few(numbers) => numbers.binary_search(&workload).is_ok(),
        }
    }
}

/// A CIDR list by family, each aggregated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nets {
    pub(crate) given: bool,
    v4: Ranges,
    v6: Ranges,
}

impl Nets {
    fn new(nets: &[IpNet]) -> Self {
        let (v6, v4): (Vec<IpNet>, Vec<IpNet>) = nets.iter().partition(|n| n.addr().is_ipv6());
        let ranges = |nets: Vec<IpNet>| Ranges::new(IpNet::aggregate(&nets));
        Self { given: !nets.is_empty(), v4: ranges(v4), v6: ranges(v6) }
    }

    pub(crate) fn of(&self, v6: bool) -> &Ranges {
        if v6 { &self.v6 } else { &self.v4 }
    }
}

/// The endpoints of a Service that a rule names.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceSet {
    /// From slices: address, and ports.
    pub(crate) addresses: Vec<(IpNet, Vec<(Protocol, u16)>)>,
    /// From its selector, where no slice says more: workload, and ports.
    pub(crate) workloads: BTreeMap<u32, Vec<(Protocol, u16)>>,
}

fn is_endpoint(workload: &Workload) -> bool {
    !workload.host_network && !workload.finished
}

/// Makes sets once for every distinct selector.
struct Builder<'m> {
    model: &'m Model,
    postings: Postings<'m>,
    members: HashMap<String, Arc<Members>>,
}

impl Net {
    pub(crate) fn new(model: &Model) -> Self {
        let postings = Postings::new(&model.inventory);
        let mut builder = Builder { model, postings, members: HashMap::new() };
        let rules: Vec<[Vec<Arc<Rule>>; 2]> = model
            .network
            .policies
            .iter()
            .map(|p| [builder.rules(p.id, &p.egress), builder.rules(p.id, &p.ingress)])
            .collect();
        let inventory = &model.inventory;
        let mut net = Self::default();
        let mut shared: HashMap<Vec<u32>, u32> = HashMap::new();
        let picked = [builder.picks(true), builder.picks(false)];
        for (w, workload) in inventory.workloads.iter().enumerate() {
            for (egress, picks) in [true, false].into_iter().zip(&picked) {
                let mine = picks.get(w).map_or(&[][..], Vec::as_slice);
                let mut key = vec![u32::from(egress)];
                key.extend(mine);
                let side = *shared.entry(key).or_insert_with(|| {
                    net.sides.push(stages(model, mine, &rules, egress));
                    net.outward.push(egress);
                    number(net.sides.len() - 1)
                });
                if egress { net.egress.push(side) } else { net.ingress.push(side) }
            }
            let defined = inventory.namespaces.get(&workload.namespace).is_some_and(|n| n.defined);
            let calico = model.network.plugin == crate::model::network::Plugin::Calico;
            net.profileless.push(calico && !defined);
        }
        net
    }

    pub(crate) fn is_egress(&self, side: u32) -> bool {
        self.outward.get(side as usize).copied().unwrap_or_default()
    }

    pub(crate) fn side(&self, workload: u32, egress: bool) -> &[Stage] {
        let list = if egress { &self.egress } else { &self.ingress };
        let side = list.get(workload as usize).and_then(|s| self.sides.get(*s as usize));
        side.map_or(&[], |s| s)
    }
}

fn stages(
    model: &Model,
    picked: &[u32],
    rules: &[[Vec<Arc<Rule>>; 2]],
    egress: bool,
) -> Arc<[Stage]> {
    let mut out = Vec::new();
    // They were picked tier by tier.
    let mut rest = picked;
    for (n, tier) in model.network.tiers.iter().enumerate() {
        let tier_of = |p: &u32| model.network.policies.get(*p as usize).map(|p| p.tier.as_str());
        let other = rest.iter().position(|p| tier_of(p) != Some(&tier.name));
        let (mine, later) = rest.split_at_checked(other.unwrap_or(rest.len())).unwrap_or_default();
        rest = later;
        out.extend(stage(model, number(n), tier, mine, rules, egress));
    }
    out.into()
}

fn stage(
    model: &Model,
    tier_number: u32,
    tier: &Tier,
    mine: &[u32],
    rules: &[[Vec<Arc<Rule>>; 2]],
    egress: bool,
) -> Option<Stage> {
    let policy = |p: &u32| model.network.policies.get(*p as usize);
    let first = mine.first().and_then(policy)?.id;
    let last = mine.last().and_then(policy)?.id;
    let of = |p: &u32| {
        let [out, into] = rules.get(*p as usize)?;
        Some(if egress { out } else { into })
    };
    Some(Stage {
        tier: TierId(tier_number),
        default: tier.default,
        isolates: mine.iter().filter_map(policy).all(|p| p.isolates),
        first,
        last,
        rules: mine.iter().filter_map(of).flatten().cloned().collect(),
    })
}

impl Builder<'_> {
    /// For each workload the enforced policies that govern it in one direction, in the order they
    /// are asked.
    fn picks(&self, egress: bool) -> Vec<Vec<u32>> {
        let network = &self.model.network;
        let mut out = vec![Vec::new(); self.model.inventory.workloads.len()];
        for number in network.tiers.iter().flat_map(|tier| &tier.policies) {
            let Some(policy) = network.policies.get(*number as usize) else { continue };
            let direction = if egress { policy.governs_egress } else { policy.governs_ingress };
            let class = matches!(policy.class, PolicyClass::Normal | PolicyClass::Forward);
            if policy.staged || !direction || !class {
                continue;
            }
            for workload in self.selected(&policy.subject, |w| !w.host_network) {
                if let Some(list) = out.get_mut(workload as usize) {
                    list.push(*number);
                }
            }
        }
        out
    }

    /// Workloads that a selector selects, ascending.
    fn selected(&self, selector: &Selector, counts: impl Fn(&Workload) -> bool) -> Vec<u32> {
        let inventory = &self.model.inventory;
        let is = |w: &u32| {
            inventory.workload(WorkloadId(*w)).is_some_and(|workload| {
                counts(workload) && selector.matches(&|key| inventory.workload_label(workload, key))
            })
        };
        match self.postings.candidates(selector) {
            Some(few) => {
                let mut found: Vec<u32> = few.iter().copied().filter(is).collect();
                found.sort_unstable();
                found
            }
            None => (0..number(inventory.workloads.len())).filter(is).collect(),
        }
    }

    fn members(&mut self, selector: &Selector) -> Arc<Members> {
        let key = format!("{selector:?}");
        if let Some(found) = self.members.get(&key) {
            return Arc::clone(found);
        }
        let inventory = &self.model.inventory;
        let sets = inventory.network_sets.iter();
        let sets = sets.filter(|s| selector.matches(&|key| inventory.network_set_label(s, key)));
        let hosts = inventory.host_endpoints.iter();
        let hosts = hosts
            .filter(|h| selector.matches(&|key| h.labels.get(key).map(String::as_str)))
            .collect::<Vec<_>>();
        let members = Arc::new(Members {
            workloads: Set::new(self.selected(selector, is_endpoint), inventory.workloads.len()),
            nets: Ranges::new(sets.flat_map(|s| s.nets.iter().copied())),
            host_names: hosts.iter().map(|h| h.name.clone()).collect(),
            hosts: hosts.iter().flat_map(|h| h.expected_ips.iter().copied()).collect(),
        });
        self.members.insert(key, Arc::clone(&members));
        members
    }

    fn rules(&mut self, policy: PolicyId, rules: &[NetworkRule]) -> Vec<Arc<Rule>> {
        rules
            .iter()
            // "Log is non-terminal": it decides nothing.
            .filter(|rule| rule.action != Action::Log)
            .map(|rule| Arc::new(self.rule(policy, rule)))
            .collect()
    }

    fn rule(&mut self, policy: PolicyId, rule: &NetworkRule) -> Rule {
        let NetworkRule {
            index,
            action,
            ip_version,
            protocol,
            not_protocol,
            icmp,
            not_icmp,
            source,
            destination,
            http,
        } = rule;
        Rule {
            policy,
            index: *index,
            action: *action,
            version: *ip_version,
            protocol: *protocol,
            not_protocol: *not_protocol,
            icmp: *icmp,
            not_icmp: *not_icmp,
            // "HTTP rules are plain Allow at L3/L4; only Envoy/Dikastes narrows" (rule_scanner.go)
            http: http.clone().filter(|_| self.model.network.application_layer),
            source: self.peer(source),
            destination: self.peer(destination),
        }
    }

    fn peer(&mut self, peer: &PeerMatch) -> Peer {
        let PeerMatch {
            selector,
            not_selector,
            nodes,
            nets,
            not_nets,
            ports,
            not_ports,
            service,
            domains,
        } = peer;
        let outside = match selector {
            Some(_) => None,
            None => not_selector.as_ref().map(|s| self.members(s)),
        };
        let inventory = &self.model.inventory;
        let nodes = nodes.as_ref().map(|selector| {
            let all = inventory.nodes.iter();
            let same = all.filter(|(_, node)| {
                selector.matches(&|key| node.labels.get(key).map(String::as_str))
            });
            same.map(|(name, _)| name.clone()).collect()
        });
        Peer {
            members: selector.as_ref().map(|s| self.members(s)),
            outside,
            nodes,
            nets: Nets::new(nets),
            not_nets: Nets::new(not_nets),
            ports: ports.clone(),
            not_ports: not_ports.clone(),
            service: service.as_ref().map(|(ns, name)| service_set(inventory, ns, name)),
            domains: !domains.is_empty(),
        }
    }
}

fn service_set(inventory: &Inventory, namespace: &str, name: &str) -> ServiceSet {
    let mut set = ServiceSet::default();
    let slices = inventory.slices.iter();
    for slice in slices.filter(|s| s.namespace == namespace && s.service == name) {
        let ports: Vec<_> =
            slice.ports.iter().filter_map(|p| p.port.map(|n| (p.protocol, n))).collect();
        set.addresses.extend(slice.addresses.iter().map(|ip| (IpNet::from(*ip), ports.clone())));
    }
    if inventory.slices.iter().any(|s| s.namespace == namespace && s.service == name) {
        return set;
    }
    let services = inventory.services.iter();
    for service in services.filter(|s| s.namespace == namespace && s.name == name) {
        for (w, workload) in inventory.workloads.iter().enumerate() {
            if workload.finished || !service.selects(workload) {
                continue;
            }
            let ports = service.ports.iter().filter_map(|port| {
                let number = target_number(&port.target, port.protocol, workload)?;
                Some((port.protocol, number))
            });
            let ports: Vec<_> = ports.collect();
            // A node's address is that of the pods on its network.
            if let (true, Addresses::Exact(ips)) = (workload.host_network, &workload.addresses) {
                let each = ips.iter().map(|ip| (IpNet::from(*ip), ports.clone()));
                set.addresses.extend(each);
            }
            set.workloads.entry(number(w)).or_default().extend(ports);
        }
    }
    set
}
