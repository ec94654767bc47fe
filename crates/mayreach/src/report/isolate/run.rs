//! The proof, in three steps. What the destination's side denies to a class of clients is proved for
//! all of them, whatever their own egress; the same the other way round; what is left is asked pair
//! by pair of classes. So a thousand tenants cost a thousand proofs, not a million.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Exception, Finding, Isolated, Isolation, IsolationQuestion, IsolationSize, OUTSIDE,
    alike::{class, reads_labels},
    evidence::{Contribution, Evidence, Flags},
    listen::{Bare, Full},
    pods::{self, Identities, Imagine},
    sides::Sides,
    sort::{End, Ends, Group},
};
use crate::{
    Program, WorkloadId,
    decision::Layer,
    model::{
        authz::{Condition, Matcher},
        inventory::Workload,
    },
    report::space::{
        Client, Target, addresses,
        facets::{Extra, Facets, Requests},
        in_play::InPlay,
        modes::Mode,
        ports::Ports,
        walk::{Mask, Walk},
    },
    shared::number,
};

/// One client with its row.
#[derive(Clone, Debug)]
struct Entry {
    /// As the manifests know it.
    client: Client,
    /// As the program with all pods knows it.
    asks: Client,
    row: u32,
}

/// One workload that may be reached.
#[derive(Clone, Copy, Debug)]
struct Reached {
    id: WorkloadId,
    column: u32,
}

/// A pair of classes: the destination's, its group of clients, the source and its group, the row.
type Pair = (u32, u32, u32, u32, u32);

impl Program {
    /// Whether any request can get from one tenant to another. `progress` is told how many of how
    /// many steps are done.
    pub fn isolate(
        &self,
        question: &IsolationQuestion,
        progress: impl FnMut(usize, usize),
    ) -> Isolation {
        let (program, mut clients, cut) = everybody(self, question);
        clients.retain(|c| question.only_from.is_none_or(|only| only == c.row as usize));
        let mut reached = reached(question);
        reached.retain(|r| question.only_to.is_none_or(|only| only == r.column as usize));
        let columns: Vec<String> = question.tenants.iter().map(|t| t.name.clone()).collect();
        let mut rows = columns.clone();
        if question.outside {
            rows.push(OUTSIDE.to_owned());
        }
        let extra = extra(&question.exceptions);
        let asks: Vec<&Client> = clients.iter().map(|c| &c.asks).collect();
        let ids: Vec<WorkloadId> = reached.iter().map(|r| r.id).collect();
        let sides = Sides::new(&program, &asks, &ids);
        let mut run = Run {
            original: self,
            program: &program,
            exceptions: &question.exceptions,
            extra,
            rows: &rows,
            clients,
            reached,
            sides,
            kind_of: Vec::new(),
            kinds: Vec::new(),
            round: 0,
            evidence: Evidence::new(rows.len(), columns.len()),
            decisions: 0,
            memo: HashMap::new(),
        };
        run.evidence.cut = cut;
        run.decisions += run.sides.decisions;
        run.kinds();
        run.destinations(progress);
        let size = IsolationSize {
            clients: run.clients.len(),
            destinations: run.evidence.classes,
            decisions: run.decisions,
        };
        let (cells, findings) = run.evidence.finish();
        Isolation { rows, columns, cells, findings, size }
    }
}

/// Every client, and the program in which all of them exist. The last says whether some kinds of
/// pods were left out.
fn everybody(program: &Program, question: &IsolationQuestion) -> (Program, Vec<Entry>, bool) {
    let mut clients = Vec::new();
    let mut extra: Vec<Workload> = Vec::new();
    let mut cut = false;
    let known = program.inner.model.inventory.workloads.len();
    let selectors = pods::selectors(program);
    let identities = Identities::new(program);
    let imagine = Imagine { program, selectors: &selectors, identities: &identities };
    for (row, tenant) in (0_u32..).zip(&question.tenants) {
        for id in &tenant.workloads {
            let client = Client::Workload(*id);
            clients.push(Entry { asks: client.clone(), client, row });
        }
        for (namespace, fixed) in tenant.namespaces.iter().filter(|_| question.new_pods) {
            let imagined = imagine.of(namespace, fixed);
            cut |= imagined.cut;
            for (pod, workload) in imagined.pods {
                let id = u32::try_from(known + extra.len()).unwrap_or(u32::MAX);
                let asks = Client::Workload(WorkloadId(id));
                clients.push(Entry { client: Client::Pod(pod), asks, row });
                extra.push(workload);
            }
        }
    }
    if question.outside {
        let row = u32::try_from(question.tenants.len()).unwrap_or(u32::MAX);
        for ip in outside(program) {
            let client = Client::Address(ip);
            clients.push(Entry { asks: client.clone(), client, row });
        }
    }
    let all = if extra.is_empty() { program.clone() } else { program.with_pods(extra) };
    (all, clients, cut)
}

/// Addresses outside, one for each set of networks that policies name.
pub(in crate::report) fn outside(program: &Program) -> Vec<std::net::IpAddr> {
    let inner = &program.inner;
    let model = &inner.model;
    let rules = model.network.policies.iter().flat_map(|p| p.ingress.iter().chain(&p.egress));
    let mut nets: BTreeSet<ipnet::IpNet> = rules
        .flat_map(|r| [&r.source, &r.destination])
        .flat_map(|p| p.nets.iter().chain(&p.not_nets))
        .copied()
        .collect();
    nets.extend(model.inventory.network_sets.iter().flat_map(|s| &s.nets));
    let rules = model.authz.iter().flat_map(|p| &p.rules);
    let conditions = rules.flat_map(|r| r.from.iter().chain(&r.to).flatten().chain(&r.when));
    let values = conditions.flat_map(|c| c.values.iter().chain(&c.not_values));
    nets.extend(values.filter_map(|(m, _)| match m {
        Matcher::Net(net) => Some(*net),
        _ => None,
    }));
    nets.extend(model.inventory.failsafe.inbound.iter().filter_map(|p| p.net));
    let nets: Vec<ipnet::IpNet> = nets.into_iter().collect();
    addresses::classes(&nets, |ip| {
        inner.index.at(ip).is_empty()
            && inner.index.cluster_ip(ip).is_none()
            && inner.index.node(ip).is_none()
            && !inner.pod_networks.iter().any(|n| n.contains(&ip))
    })
}

fn reached(question: &IsolationQuestion) -> Vec<Reached> {
    let tenants = (0_u32..).zip(&question.tenants);
    tenants
        .flat_map(|(column, t)| t.workloads.iter().map(move |id| Reached { id: *id, column }))
        .collect()
}

fn extra(exceptions: &[Exception]) -> Extra {
    let mut out = Extra::default();
    for exception in exceptions {
        out.ports.extend(&exception.ports);
        out.methods.extend(exception.methods.iter().cloned());
        out.paths.extend(exception.paths.iter().map(|p| p.0.clone()));
    }
    out
}

/// By source, the rows that it is in.
type Sources = BTreeMap<u32, BTreeSet<u32>>;

struct Run<'p> {
    original: &'p Program,
    program: &'p Program,
    exceptions: &'p [Exception],
    extra: Extra,
    rows: &'p [String],
    clients: Vec<Entry>,
    reached: Vec<Reached>,
    sides: Sides,
    /// By client: which source and row.
    kind_of: Vec<u32>,
    /// Source and row, and when it was last met.
    kinds: Vec<(u32, u32, u32)>,
    round: u32,
    evidence: Evidence,
    decisions: u64,
    /// What pairs of classes came to: by class of destination, group, source, its group, row.
    memo: HashMap<Pair, (u32, Flags)>,
}

impl<'p> Run<'p> {
    fn end(&self, client: u32) -> Option<End> {
        Some(match &self.clients.get(client as usize)?.asks {
            Client::Address(ip) => End::Address(*ip),
            Client::Workload(id) => End::Workload(*id),
            Client::Pod(_) => return None,
        })
    }

    fn workload(&self, id: WorkloadId) -> Option<&'p Workload> {
        self.program.inner.model.inventory.workload(id)
    }

    fn kinds(&mut self) {
        let mut known: HashMap<(u32, u32), u32> = HashMap::new();
        for (client, source) in self.clients.iter().zip(&self.sides.source_of) {
            let next = number(self.kinds.len());
            let kind = *known.entry((*source, client.row)).or_insert(next);
            if kind == next {
                self.kinds.push((*source, client.row, 0));
            }
            self.kind_of.push(kind);
        }
    }

    fn walk<L: crate::report::space::walk::Listener>(
        &mut self,
        facets: &Facets,
        listener: &mut L,
        client: &Client,
        to: WorkloadId,
        modes: &[Mode],
    ) {
        let mut walk = Walk { program: self.program, facets, listener, asked: 0, twin: None };
        walk.run(client, Target::Workload(to), modes);
        self.decisions += u64::from(walk.asked);
    }

    /// What each class of destination denies, to whom.
    fn destinations(&mut self, mut progress: impl FnMut(usize, usize)) {
        let ends: Vec<End> = (0..number(self.clients.len())).filter_map(|c| self.end(c)).collect();
        let mut ends = Ends::new(self.program, ends, false);
        let mut classes: BTreeMap<(u32, String), Vec<u32>> = BTreeMap::new();
        let by_labels = reads_labels(self.program);
        for (n, reached) in (0_u32..).zip(&self.reached) {
            let key = (reached.column, class(self.program, reached.id, by_labels));
            classes.entry(key).or_default().push(n);
        }
        self.evidence.classes = classes.len();
        let all = classes.len();
        for (n, ((column, _), members)) in classes.into_iter().enumerate() {
            progress(n, all);
            self.destination(number(n), column, &members, &mut ends);
        }
        progress(all, all);
    }

    fn destination(&mut self, class: u32, column: u32, members: &[u32], ends: &mut Ends<'_>) {
        let Some(to) = members.first().and_then(|m| self.reached.get(*m as usize)) else { return };
        let to = to.id;
        let Some(workload) = self.workload(to) else { return };
        let model = &self.program.inner.model;
        let play = InPlay::new(model, workload);
        let conditions: Vec<&Condition> = play.conditions().collect();
        let groups = ends.sort(self.program.inner.net.side(to.0, false), true, &conditions);
        let requests = Requests::new(model, workload, &self.extra);
        let ports = Ports::new(self.program, None, to, &self.extra.ports);
        let facets = Facets::new(&ports, requests);
        for (n, group) in (0_u32..).zip(&groups) {
            self.group((class, n), column, members, to, group, &facets, play.meshed());
        }
    }

    /// The sources of a group with the rows that each is in, and some client of another tenant.
    fn sources_of(&mut self, group: &Group, column: u32) -> (Sources, Option<u32>) {
        self.round += 1;
        let mut out = Sources::new();
        let mut first = None;
        for client in group.ends.iter() {
            let Some(kind) = self.kind_of.get(*client as usize) else { continue };
            let Some((source, row, seen)) = self.kinds.get_mut(*kind as usize) else { continue };
            // Of many clients alike one is enough.
            if *seen == self.round || *row == column {
                continue;
            }
            *seen = self.round;
            first = first.or(Some(*client));
            out.entry(*source).or_default().insert(*row);
        }
        (out, first)
    }

    /// One class of clients at one class of destinations.
    #[allow(clippy::too_many_arguments, reason = "one step of one loop")]
    fn group(
        &mut self,
        key: (u32, u32),
        column: u32,
        members: &[u32],
        to: WorkloadId,
        group: &Group,
        facets: &Facets,
        meshed: bool,
    ) {
        let (sources, first) = self.sources_of(group, column);
        let Some(client) = first.and_then(|c| self.clients.get(c as usize)).cloned() else {
            return;
        };
        let modes =
            Mode::all(self.program, client.asks.workload(), meshed, &facets.request.identities);
        let all: BTreeSet<u32> = sources.values().flatten().copied().collect();
        let name = |row: &u32| self.rows.get(*row as usize).map_or("", String::as_str);
        let meant = self.exceptions.iter().filter(|e| all.iter().all(|row| e.is_for(name(row))));
        let meant: Vec<Exception> = meant.cloned().collect();
        let mut listen = Bare::new(
            &[
                Mask::ALL.without(Layer::Egress),
                Mask::only(Layer::Ingress),
                Mask::only(Layer::Mtls),
                Mask::only(Layer::Authorization),
                Mask::MESH,
            ],
            0b11100,
            (to, meant),
        );
        self.walk(facets, &mut listen, &client.asks, to, &modes);
        let mut flags = Flags::NONE;
        flags.set(Flags::INGRESS, listen.holds(1));
        flags.set(Flags::MTLS, listen.holds(2));
        flags.set(Flags::AUTHORIZATION, listen.holds(3));
        flags.set(Flags::MESH, listen.holds(4));
        let denied = listen.holds(0);
        let held = self.evidence.add(Contribution { held: listen.held, ..Contribution::default() });
        for (source, rows) in sources {
            self.pair(key, column, members, group, (source, &rows), (flags, denied, held));
        }
    }

    /// One source of one class of clients: what its own side adds.
    fn pair(
        &mut self,
        key: (u32, u32),
        column: u32,
        members: &[u32],
        group: &Group,
        (source, rows): (u32, &BTreeSet<u32>),
        (flags, denied, held): (Flags, bool, u32),
    ) {
        let mut groups: BTreeMap<u32, u32> = BTreeMap::new();
        if let Some(found) = self.sides.sources.get(source as usize) {
            for member in members {
                let of = found.group_of.get(*member as usize).copied().unwrap_or(0);
                groups.entry(of).or_insert(*member);
            }
        }
        for (of, member) in groups {
            let found = self.sides.sources.get(source as usize);
            let egress = found.and_then(|s| s.alone.get(of as usize)).copied().unwrap_or(false);
            let mut flags = flags;
            flags.set(Flags::EGRESS, egress);
            flags.set(Flags::NETWORK, egress || flags.has(Flags::INGRESS));
            if egress || (denied && flags.has(Flags::NETWORK)) {
                for row in rows {
                    self.evidence.put(*row, column, held, flags);
                }
                continue;
            }
            for row in rows {
                let by_row = if self.exceptions.is_empty() { 0 } else { *row };
                let memo = (key.0, key.1, source, of, by_row);
                let known = self.memo.get(&memo).copied();
                let (contribution, more) = match known {
                    Some(known) => known,
                    None => {
                        let asked = self.ask(group, source, member, *row, denied);
                        self.memo.insert(memo, asked);
                        asked
                    }
                };
                let mut flags = flags;
                flags.set(Flags::NETWORK, more.has(Flags::NETWORK));
                if denied {
                    self.evidence.put(*row, column, held, flags);
                } else {
                    self.evidence.put(*row, column, contribution, flags);
                }
            }
        }
    }

    /// Both sides together, for one client of a group and one workload.
    fn ask(
        &mut self,
        group: &Group,
        source: u32,
        member: u32,
        row: u32,
        denied: bool,
    ) -> (u32, Flags) {
        let mine = |c: &&u32| {
            let entry = self.clients.get(**c as usize);
            self.sides.source_of.get(**c as usize) == Some(&source)
                && entry.is_some_and(|e| e.row == row)
        };
        let client = group.ends.iter().find(mine).and_then(|c| self.clients.get(*c as usize));
        let (Some(client), Some(to)) =
            (client.cloned(), self.reached.get(member as usize).copied())
        else {
            return (0, Flags::NONE);
        };
        let Some(workload) = self.workload(to.id) else { return (0, Flags::NONE) };
        let model = &self.program.inner.model;
        let meshed = InPlay::new(model, workload).meshed();
        let from = client.asks.workload();
        let ports = Ports::new(self.program, from, to.id, &self.extra.ports);
        let requests = Requests::new(model, workload, &self.extra);
        let facets = Facets::new(&ports, requests);
        let modes = Mode::all(self.program, from, meshed, &facets.request.identities);
        let none = String::new();
        let mut full = Full::new(
            self.original,
            self.exceptions,
            self.rows.get(row as usize).unwrap_or(&none),
            (client.client.clone(), to.id),
            denied,
        );
        self.walk(&facets, &mut full, &client.asks, to.id, &modes);
        let mut flags = Flags::NONE;
        flags.set(Flags::NETWORK, full.network_holds());
        (self.evidence.add(full.contribution()), flags)
    }
}

/// Shared by the steps.
pub(super) fn finding(contributions: &[&Contribution], flags: Flags, cut: bool) -> Finding {
    let mut out = Finding {
        verdict: Isolated::Proved,
        alone: flags.alone(),
        network_alone: flags.has(Flags::NETWORK),
        mesh_alone: flags.has(Flags::MESH),
        held_by: Vec::new(),
        holes: Vec::new(),
        unproved: Vec::new(),
    };
    for contribution in contributions {
        for held in
            contribution.held.iter().filter(|h| !out.held_by.contains(h)).collect::<Vec<_>>()
        {
            out.held_by.push(*held);
        }
        out.holes.extend(contribution.holes.iter().cloned());
        for unproved in &contribution.unproved {
            if !out.unproved.iter().any(|(why, _)| *why == unproved.0) {
                out.unproved.push(unproved.clone());
            }
        }
    }
    super::listen::shorten(&mut out.holes);
    out.verdict = if !out.holes.is_empty() {
        Isolated::Open
    } else if !out.unproved.is_empty() || cut {
        Isolated::NotProved
    } else {
        Isolated::Proved
    };
    out
}
