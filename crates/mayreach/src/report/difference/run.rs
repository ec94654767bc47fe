//! The comparison. Pairs of which neither end reads anything new are left out; the rest is asked
//! class by class in both programs at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Change, Difference, DifferenceQuestion, listen::Changes, touched::Facts};
use crate::{
    Program, WorkloadId,
    decision::Layer,
    model::{Protocol, authz::Condition, inventory::Workload},
    report::{
        isolate::{pods, sort},
        space::{
            Client, NewPod, Target,
            facets::{Extra, Facets, Requests},
            in_play::InPlay,
            modes::Mode,
            ports::{AGENT, Ports},
            walk::{Mask, Twin, Walk},
        },
    },
};

/// One end that both programs have.
#[derive(Clone, Debug)]
struct Both {
    name: String,
    /// As the manifests have it: for showing.
    shown: Client,
    old: Client,
    new: Client,
    /// Its own facts differ.
    changed: bool,
    /// What it reads as a client differs.
    source: bool,
    /// What it reads as a destination differs.
    destination: bool,
}

impl Both {
    fn ids(&self) -> Option<(WorkloadId, WorkloadId)> {
        Some((self.old.workload()?, self.new.workload()?))
    }
}

impl Program {
    /// What changed in meaning from `self` to another program. `progress` is told how many of how
    /// many steps are done.
    pub fn difference(
        &self,
        new: &Program,
        question: &DifferenceQuestion,
        mut progress: impl FnMut(usize, usize),
    ) -> Difference {
        let mut out = Difference::default();
        let (old_all, new_all, ends, known) = everybody(self, new, question.new_pods, &mut out);
        let mut extra = Extra::default();
        for meant in &question.intended {
            extra.ports.extend(&meant.ports);
            extra.methods.extend(meant.methods.iter().cloned());
            extra.paths.extend(meant.paths.iter().map(|p| p.0.clone()));
        }
        let mut run = Run {
            old: &old_all,
            new: &new_all,
            ends: &ends,
            known,
            extra,
            by_labels: [&old_all, &new_all].map(crate::report::isolate::reads_labels),
            found: Changes::new(self, new, &question.intended),
            decisions: 0,
        };
        run.all(&mut progress);
        out.decisions = run.decisions;
        let (changes, unproved) = run.found.finish();
        out.changes = changes;
        out.unproved = unproved;
        out
    }
}

/// Workloads of both programs by name, pods that do not exist yet, addresses outside; the number
/// of ends that can be destinations.
fn everybody(
    old: &Program,
    new: &Program,
    new_pods: bool,
    out: &mut Difference,
) -> (Program, Program, Vec<Both>, usize) {
    let (pods, old_all, new_all) =
        if new_pods { imagined(old, new) } else { (Vec::new(), old.clone(), new.clone()) };
    let (before, after) = (Facts::new(&old_all), Facts::new(&new_all));
    let shared = before.shared != after.shared;
    let name = |w: &crate::WorkloadInfo<'_>| format!("{w}[{}]", w.kind());
    let of_new: BTreeMap<String, WorkloadId> =
        new.principals().map(|w| (name(&w), w.id())).collect();
    let mut ends = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let differs = |list: (&[u64], &[u64]), old: WorkloadId, new: WorkloadId| {
        shared || list.0.get(old.0 as usize) != list.1.get(new.0 as usize)
    };
    let mut push = |shown: Client, title: String, old: WorkloadId, new: WorkloadId| {
        ends.push(Both {
            name: title,
            shown,
            old: Client::Workload(old),
            new: Client::Workload(new),
            changed: differs((&before.own, &after.own), old, new),
            source: differs((&before.source, &after.source), old, new),
            destination: differs((&before.destination, &after.destination), old, new),
        });
    };
    for workload in old.principals() {
        let full = name(&workload);
        match of_new.get(&full) {
            Some(id) => push(Client::Workload(*id), workload.to_string(), workload.id(), *id),
            None => out.removed.push(workload.to_string()),
        }
        seen.insert(full);
    }
    let added = of_new.iter().filter(|(name, _)| !seen.contains(*name));
    out.added.extend(added.filter_map(|(_, id)| new.workload_info(*id)).map(|w| w.to_string()));
    for (n, pod) in (0_u32..).zip(pods) {
        let count = |p: &Program| {
            u32::try_from(p.inner.model.inventory.workloads.len()).unwrap_or(u32::MAX)
        };
        let title = format!("a new pod in {}", pod.namespace);
        push(Client::Pod(pod), title, WorkloadId(count(old) + n), WorkloadId(count(new) + n));
    }
    let known = seen.len() - out.removed.len();
    let mut addresses: BTreeSet<std::net::IpAddr> =
        crate::report::isolate::outside(old).into_iter().collect();
    addresses.extend(crate::report::isolate::outside(new));
    for ip in addresses {
        let client = Client::Address(ip);
        ends.push(Both {
            name: ip.to_string(),
            shown: client.clone(),
            old: client.clone(),
            new: client,
            changed: shared,
            source: shared,
            destination: false,
        });
    }
    (old_all, new_all, ends, known)
}

/// The pods that either program can tell apart, in both.
fn imagined(old: &Program, new: &Program) -> (Vec<NewPod>, Program, Program) {
    let mut pods: BTreeSet<NewPod> = BTreeSet::new();
    for program in [old, new] {
        let selectors = pods::selectors(program);
        let identities = pods::Identities::new(program);
        let imagine = pods::Imagine { program, selectors: &selectors, identities: &identities };
        for namespace in program.inner.model.inventory.namespaces.keys() {
            pods.extend(imagine.of(namespace, &[]).pods.into_iter().map(|(pod, _)| pod));
        }
    }
    let all: Vec<NewPod> = pods.into_iter().collect();
    let with = |program: &Program| {
        let made = all.iter().map(|p| {
            let labels = p.labels.iter().cloned().collect();
            pods::pod(program, &p.namespace, &labels, &p.service_account)
        });
        program.with_pods(made.collect())
    };
    let (old, new) = (with(old), with(new));
    (all, old, new)
}

struct Run<'p> {
    old: &'p Program,
    new: &'p Program,
    ends: &'p [Both],
    /// So many of the first can be destinations.
    known: usize,
    extra: Extra,
    /// Whether destinations differ by their labels, old and new.
    by_labels: [bool; 2],
    found: Changes<'p>,
    decisions: u64,
}

/// Groups of ends by what two programs can tell apart.
type Groups = Vec<Vec<u32>>;

impl<'p> Run<'p> {
    fn all(&mut self, progress: &mut impl FnMut(usize, usize)) {
        let sorters = |program: &'p Program, as_destination: bool, pick: fn(&Both) -> &Client| {
            let ends = self.ends.iter().take(if as_destination { self.known } else { usize::MAX });
            let ends = ends.map(|e| match pick(e) {
                Client::Workload(id) => sort::End::Workload(*id),
                Client::Address(ip) => sort::End::Address(*ip),
                Client::Pod(_) => sort::End::Address([0, 0, 0, 0].into()),
            });
            sort::Ends::new(program, ends.collect(), as_destination)
        };
        let mut clients =
            (sorters(self.old, false, |e| &e.old), sorters(self.new, false, |e| &e.new));
        let mut others = (sorters(self.old, true, |e| &e.old), sorters(self.new, true, |e| &e.new));
        let targets = self.classes(|e| e.destination || e.changed);
        let sources = self.sources();
        let steps = targets.len() + sources.len();
        for (n, members) in targets.iter().enumerate() {
            progress(n, steps);
            self.destination(members, &mut clients, &mut others);
        }
        for (n, members) in sources.iter().enumerate() {
            progress(targets.len() + n, steps);
            self.source(members, &mut others);
        }
        progress(steps, steps);
    }

    /// Destinations that are the same to every client, of those that count.
    fn classes(&self, counts: impl Fn(&Both) -> bool) -> Groups {
        let mut out: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        for (n, end) in (0_u32..).zip(self.ends.iter().take(self.known)) {
            let Some((old, new)) = end.ids().filter(|_| counts(end)) else { continue };
            out.entry(self.class(old, new)).or_default().push(n);
        }
        out.into_values().collect()
    }

    fn class(&self, old: WorkloadId, new: WorkloadId) -> (String, String) {
        let [a, b] = self.by_labels;
        let class = crate::report::isolate::class;
        (class(self.old, old, a), class(self.new, new, b))
    }

    /// Clients whose own side is the same, of those whose side changed.
    fn sources(&self) -> Groups {
        let mut out: BTreeMap<(u32, u32, bool, String), Vec<u32>> = BTreeMap::new();
        for (n, end) in (0_u32..).zip(self.ends) {
            if !(end.source || end.changed) {
                continue;
            }
            let Some((old, new)) = end.ids() else { continue };
            let side = |p: &Program, id: WorkloadId| {
                p.inner.net.egress.get(id.0 as usize).copied().unwrap_or(0)
            };
            // A client that is another one now is asked about everything, one by one.
            let own = if end.changed { end.name.clone() } else { self.kind(old) };
            let key = (side(self.old, old), side(self.new, new), end.changed, own);
            out.entry(key).or_default().push(n);
        }
        out.into_values().collect()
    }

    fn kind(&self, id: WorkloadId) -> String {
        let workload = self.old.inner.model.inventory.workload(id);
        workload.map_or_else(String::new, |w| format!("{} {:?}", w.host_network, w.addresses))
    }

    fn end(&self, index: u32) -> Option<&'p Both> {
        self.ends.get(index as usize)
    }

    /// Everybody to a class of destinations whose side changed.
    fn destination(
        &mut self,
        members: &[u32],
        (old, new): &mut (sort::Ends<'p>, sort::Ends<'p>),
        others: &mut (sort::Ends<'p>, sort::Ends<'p>),
    ) {
        let Some(to) = members.first().and_then(|m| self.end(*m)) else { return };
        let Some((old_id, new_id)) = to.ids() else { return };
        let groups = both(
            self.ends.len(),
            &old.sort(
                self.old.inner.net.side(old_id.0, false),
                true,
                &conditions(self.old, old_id),
            ),
            &new.sort(
                self.new.inner.net.side(new_id.0, false),
                true,
                &conditions(self.new, new_id),
            ),
        );
        let facets = self.facets(None, to);
        for group in groups {
            let group: Vec<u32> =
                group.into_iter().filter(|c| !members.contains(c) || members.len() > 1).collect();
            let Some((from, to)) = self.apart(&group, members) else { continue };
            let same = !self.differs(&facets, from, to, Mask::ALL.without(Layer::Egress));
            for clients in self.by_side(&group) {
                let changed = |c: &u32| self.end(*c).is_some_and(|e| e.source || e.changed);
                if same && !clients.iter().any(changed) {
                    continue;
                }
                for class in self.met_alike(&clients, members, others) {
                    self.compare(&clients, &class);
                }
            }
        }
    }

    /// Destinations that clients of one side cannot tell apart, old or new.
    fn met_alike(
        &self,
        clients: &[u32],
        members: &[u32],
        (old, new): &mut (sort::Ends<'p>, sort::Ends<'p>),
    ) -> Groups {
        let ids = clients.first().and_then(|c| self.end(*c)).and_then(Both::ids);
        let Some((old_id, new_id)) = ids else { return vec![members.to_vec()] };
        let groups = both(
            self.known,
            &old.sort(self.old.inner.net.side(old_id.0, true), false, &[]),
            &new.sort(self.new.inner.net.side(new_id.0, true), false, &[]),
        );
        let mine = |group: Vec<u32>| -> Vec<u32> {
            group.into_iter().filter(|end| members.binary_search(end).is_ok()).collect()
        };
        groups.into_iter().map(mine).filter(|group| !group.is_empty()).collect()
    }

    /// A class of clients whose side changed, to everybody.
    fn source(&mut self, members: &[u32], (old, new): &mut (sort::Ends<'p>, sort::Ends<'p>)) {
        let Some(from) = members.first().and_then(|m| self.end(*m)) else { return };
        let Some((old_id, new_id)) = from.ids() else { return };
        let groups = both(
            self.known,
            &old.sort(self.old.inner.net.side(old_id.0, true), false, &[]),
            &new.sort(self.new.inner.net.side(new_id.0, true), false, &[]),
        );
        for group in groups {
            // Those whose own side changed have met everybody already.
            let rest: Vec<u32> = group
                .into_iter()
                .filter(|d| self.end(*d).is_some_and(|e| !e.destination && !e.changed))
                .collect();
            let Some((from, to)) = self.apart(members, &rest) else { continue };
            let facets = self.facets(Some(from), to);
            if !from.changed && !self.differs(&facets, from, to, Mask::only(Layer::Egress)) {
                continue;
            }
            let mut classes: BTreeMap<_, Vec<u32>> = BTreeMap::new();
            for dest in rest {
                let Some((old, new)) = self.end(dest).and_then(Both::ids) else { continue };
                classes.entry(self.class(old, new)).or_default().push(dest);
            }
            for class in classes.into_values() {
                for clients in self.alike(members, &class) {
                    self.compare(&clients, &class);
                }
            }
        }
    }

    /// Clients that a class of destinations cannot tell apart.
    fn alike(&self, clients: &[u32], class: &[u32]) -> Groups {
        let Some((old, _)) = class.first().and_then(|d| self.end(*d)).and_then(Both::ids) else {
            return Vec::new();
        };
        let ends: Vec<sort::End> = clients
            .iter()
            .filter_map(|c| self.end(*c)?.old.workload())
            .map(sort::End::Workload)
            .collect();
        let mut ends = sort::Ends::new(self.old, ends, false);
        let groups =
            ends.sort(self.old.inner.net.side(old.0, false), true, &conditions(self.old, old));
        let name = |n: &u32| clients.get(*n as usize).copied();
        groups.iter().map(|g| g.ends.iter().filter_map(name).collect()).collect()
    }

    /// Clients by their own side, old and new.
    fn by_side(&self, group: &[u32]) -> Groups {
        let mut out: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
        let mut order: Vec<(u32, u32)> = Vec::new();
        for client in group {
            let side = |p: &Program, id: Option<WorkloadId>| {
                id.and_then(|id| p.inner.net.egress.get(id.0 as usize).copied()).unwrap_or(u32::MAX)
            };
            let Some(end) = self.end(*client) else { continue };
            let key = (side(self.old, end.old.workload()), side(self.new, end.new.workload()));
            if !out.contains_key(&key) {
                order.push(key);
            }
            out.entry(key).or_default().push(*client);
        }
        order.into_iter().filter_map(|key| out.remove(&key)).collect()
    }

    /// What both programs together can tell apart between two ends.
    fn facets(&self, from: Option<&Both>, to: &Both) -> Facets {
        let Some((old, new)) = to.ids() else { return Facets::default() };
        let client = from.and_then(Both::ids);
        let mut ports = Ports::new(self.old, client.map(|c| c.0), old, &self.extra.ports);
        ports.join(Ports::new(self.new, client.map(|c| c.1), new, &[]));
        let workload = |p: &'p Program, id| p.inner.model.inventory.workload(id);
        let pair = workload(self.old, old).zip(workload(self.new, new));
        let requests = pair.map(|(a, b): (&Workload, &Workload)| {
            let plays =
                [InPlay::new(&self.old.inner.model, a), InPlay::new(&self.new.inner.model, b)];
            Requests::of(&plays, &self.extra)
        });
        Facets::new(&ports, requests.unwrap_or_default())
    }

    fn modes(&self, from: &Both, to: &Both, facets: &Facets) -> Vec<Mode> {
        let foreign = &facets.request.identities;
        let meshed = |p: &Program, id: Option<WorkloadId>| {
            let model = &p.inner.model;
            id.and_then(|id| model.inventory.workload(id))
                .is_some_and(|w| InPlay::new(model, w).meshed())
        };
        let any = meshed(self.old, to.old.workload()) || meshed(self.new, to.new.workload());
        let mut modes = Mode::all(self.old, from.old.workload(), any, foreign);
        for mode in Mode::all(self.new, from.new.workload(), any, foreign) {
            if !modes.contains(&mode) {
                modes.push(mode);
            }
        }
        modes
    }

    fn differs(&mut self, facets: &Facets, from: &Both, to: &Both, mask: Mask) -> bool {
        let mut listen = super::listen::Any::new(mask);
        self.walk(facets, &mut listen, from, to);
        listen.found()
    }

    /// One of some clients and one of some destinations: two, where there are two, for a pod is no
    /// client of itself.
    fn apart(&self, clients: &[u32], members: &[u32]) -> Option<(&'p Both, &'p Both)> {
        let pair = clients.iter().flat_map(|c| members.iter().map(move |m| (*c, *m)));
        let (from, to) = pair.clone().find(|(c, m)| c != m).or(pair.clone().next())?;
        self.end(from).zip(self.end(to))
    }

    /// One pair of classes in both programs, all layers.
    fn compare(&mut self, clients: &[u32], members: &[u32]) {
        let Some((from, to)) = self.apart(clients, members) else { return };
        let name = |n: &u32| self.end(*n).map_or_else(String::new, |e| e.name.clone());
        let names = (clients.iter().map(name).collect(), members.iter().map(name).collect());
        let Some((old, new)) = to.ids() else { return };
        let facets = self.facets(Some(from), to);
        let shown = match &from.shown {
            Client::Workload(_) => (from.old.clone(), from.new.clone()),
            other => (other.clone(), other.clone()),
        };
        self.found.pair(shown, (old, new), names);
        let modes = self.modes(from, to, &facets);
        let Self { old: before, new: after, found, decisions, .. } = self;
        let twin = Twin { program: after, client: from.new.clone(), target: Target::Workload(new) };
        let mut walk =
            Walk { program: before, facets: &facets, listener: found, asked: 0, twin: Some(twin) };
        walk.run(&from.old, Target::Workload(old), &modes);
        *decisions += u64::from(walk.asked);
    }

    fn walk<L: crate::report::space::walk::Listener>(
        &mut self,
        facets: &Facets,
        listener: &mut L,
        from: &Both,
        to: &Both,
    ) {
        let Some((old, new)) = to.ids() else { return };
        let modes = self.modes(from, to, facets);
        let twin =
            Twin { program: self.new, client: from.new.clone(), target: Target::Workload(new) };
        let mut walk = Walk { program: self.old, facets, listener, asked: 0, twin: Some(twin) };
        walk.run(&from.old, Target::Workload(old), &modes);
        self.decisions += u64::from(walk.asked);
    }
}

fn conditions(program: &Program, id: WorkloadId) -> Vec<&Condition> {
    let model = &program.inner.model;
    let Some(workload) = model.inventory.workload(id) else { return Vec::new() };
    InPlay::new(model, workload).conditions().collect()
}

/// Ends in the same group of both sortings.
fn both(count: usize, old: &[sort::Group], new: &[sort::Group]) -> Groups {
    let place = |groups: &[sort::Group]| {
        let mut out = vec![u32::MAX; count];
        for (n, group) in (0_u32..).zip(groups) {
            for end in group.ends.iter() {
                if let Some(place) = out.get_mut(*end as usize) {
                    *place = n;
                }
            }
        }
        out
    };
    let mut out: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for (n, key) in (0_u32..).zip(place(old).into_iter().zip(place(new))) {
        out.entry(key).or_default().push(n);
    }
    out.into_values().collect()
}

/// What is shown of many names.
pub(super) fn few(names: &[String]) -> Vec<String> {
    const SHOWN: usize = 8;
    names.iter().take(SHOWN).cloned().collect()
}

/// Kept for the order of changes.
pub(super) fn order(change: &Change) -> (bool, bool, bool, std::cmp::Reverse<u64>, usize) {
    let witness = &change.new;
    let agent = witness.port.is_some_and(|p| AGENT.contains(&p));
    let tcp = witness.protocol == Protocol::Tcp;
    // TCP goes before the rest, and the mesh's own ports go last.
    (!change.opened(), agent, !tcp, std::cmp::Reverse(change.pairs), witness.length())
}
