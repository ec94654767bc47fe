//! Network policy between two workloads, looked up: a row for each list of rules, a column for
//! each class of workloads that all selectors treat alike. A cell holds the few rules of the list
//! that may mean the class, mostly with nothing left to ask but the port.

mod between;
mod places;

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
};

use ipnet::IpNet;

use self::places::Places;
use super::{
    cells::{Cells, Column},
    classes::{Classes, Marks, bit},
    network::{Members, Net, Nets, Peer, Rule, Stage},
};
use crate::{
    model::{
        PolicyId, Protocol,
        inventory::{Addresses, Inventory, Workload},
        network::{Action, PortMatch, TierDefault},
    },
    shared::number,
};

/// So many tests of addresses at most: rules past that are asked as they are written.
const TESTS: usize = 1_000_000;

/// So many classes at most are told apart, in all lists: past that these are asked rule by rule.
const MARKS: usize = 8_000_000;

/// The tests that rules have: by where a rule is, and whether its selector means the workload.
struct Tests {
    places: Option<Places>,
    known: HashMap<(usize, bool), Option<u32>>,
}

/// The cells of all lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// Where the entries of each cell begin.
    cells: Cells,
    /// List after list, each ending in [`Then::Nothing`].
    entries: Vec<Entry>,
    tests: Vec<Test>,
    /// Addresses, for the tests.
    ranges: Vec<(u32, u32)>,
}

/// A workload but for its address.
pub(crate) type Alike = Seat;

/// What the network layers need to know of a workload: half a line of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(align(32))]
pub(crate) struct Seat {
    class: Column,
    /// Rows of its lists ([`Cells::row`]).
    egress: u32,
    ingress: u32,
    /// Its address, if that is one of IPv4 and it has no other.
    ip: Option<u32>,
    /// Families that its address may be of (1: IPv4, 2: IPv6); 0: no pod like most, of its own
    /// network and alone at its address.
    families: u8,
    /// Its namespace has a profile: a packet that no policy decides passes.
    profile: bool,
    /// A pod, which never sees what it sends to itself.
    pod: bool,
}

impl Seat {
    /// A workload whose lists have to be asked rule by rule.
    pub(crate) const UNKNOWN: Self = Self {
        class: Column::of(0),
        egress: 0,
        ingress: 0,
        ip: None,
        families: 0,
        profile: true,
        pod: false,
    };

    /// All that tells it from others here, but for its address.
    pub(crate) const fn alike(self) -> Alike {
        Self { ip: None, ..self }
    }
}

/// One step of a list: half a line of memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Entry {
    /// The first port that is meant, and how many after it ([`Packet::port`]).
    port: u32,
    more: u32,
    /// [`Packet::protocol`], or [`ANY`].
    protocol: u16,
    then: Then,
    /// What it decides, if it does.
    cell: Cell,
    /// Number of what the other workload's address has to pass; [`ANYWHERE`]: nothing.
    test: u32,
    /// Where the next tier begins.
    next: u32,
}

const _: () = assert!(size_of::<Seat>() == 32 && size_of::<Entry>() == 32, "two to a line");

/// What follows for a packet that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Decided,
    /// The next tier is asked.
    Pass,
    /// More than a port is left to ask.
    Open,
    /// No tier decides.
    Nothing,
}

/// Any protocol.
const ANY: u16 = u16::MAX;
/// The port of packets that carry none.
const NO_PORT: u32 = 1 << 16;
/// No test.
const ANYWHERE: u32 = u32::MAX;
/// What no workload passes.
const NOWHERE: u32 = u32::MAX - 1;

/// What entries look at of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet {
    /// The IANA number; one that a flow gives by number is never one that has a name.
    protocol: u16,
    port: u32,
}

impl Packet {
    #[inline]
    pub(crate) fn new(protocol: Protocol, port: u16) -> Self {
        match protocol {
            Protocol::Tcp => Self { protocol: 6, port: u32::from(port) },
            other => Self::other(other, port),
        }
    }

    #[inline(never)]
    fn other(protocol: Protocol, port: u16) -> Self {
        let by_number = u16::from(matches!(protocol, Protocol::Other(_))) << 8;
        let port = if protocol.has_ports() { u32::from(port) } else { NO_PORT };
        Self { protocol: u16::from(protocol.number()) | by_number, port }
    }
}

/// Where an address has to be: spans of [`Rows::ranges`].
#[derive(Clone, Copy, Debug)]
struct Test {
    inside: Option<(u32, u32)>,
    outside: (u32, u32),
}

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) what: What,
    /// Of a tier's end, its last.
    pub(crate) policy: PolicyId,
    /// Of a rule, or of a tier.
    pub(crate) number: u32,
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum What {
    Allow,
    Deny,
    Isolated,
    EndOfTier,
    /// No policy.
    Nothing,
    /// No policy, of a workload whose namespace has no profile.
    Profileless,
    /// A pod's own traffic.
    Local,
}

/// What is decided by no policy.
const LOCAL: &Cell = &Cell::by(What::Local);
const NOTHING: &Cell = &Cell::by(What::Nothing);
const PROFILELESS: &Cell = &Cell::by(What::Profileless);

impl Cell {
    /// Decided by no policy.
    const fn by(what: What) -> Self {
        Self { what, policy: PolicyId(u32::MAX), number: 0 }
    }

    /// Whether a packet passes.
    const fn allows(self) -> bool {
        matches!(self.what, What::Allow | What::Nothing | What::Local)
    }
}

impl Rows {
    /// With the seat of every workload; `None`: there are too many classes or cells.
    pub(crate) fn new(
        net: &Net,
        inventory: &Inventory,
        pod_networks: &[IpNet],
        shared: &dyn Fn(u32) -> bool,
    ) -> Option<(Self, Vec<Seat>)> {
        let sets = sets(net);
        let classes = Classes::new(&sets, inventory.workloads.len())?;
        let mut out = Self::default();
        let usual = |(workload, n): (&Workload, u32)| {
            !(workload.host_network || workload.finished || shared(n))
        };
        let all = || inventory.workloads.iter().zip(0_u32..);
        let places = Places::new(all().filter(|one| usual(*one)).map(|one| one.0), pod_networks);
        let mut tests = Tests { places, known: HashMap::new() };
        out.cells = out.fill(net, &classes, &mut tests)?;
        let seats = all().map(|(workload, n)| {
            let at = |list: &[u32]| list.get(n as usize).copied().unwrap_or(u32::MAX);
            Seat {
                class: Column::of(at(&classes.of)),
                egress: out.cells.row(at(&net.egress)),
                ingress: out.cells.row(at(&net.ingress)),
                families: if usual((workload, n)) { families(workload) } else { 0 },
                profile: net.profileless.get(n as usize) == Some(&false),
                pod: workload.kind == crate::model::inventory::WorkloadKind::Pod,
                ip: match &workload.addresses {
                    Addresses::Exact(ips) => match ips.as_slice() {
                        [IpAddr::V4(ip)] => Some(ip.to_bits()),
                        _ => None,
                    },
                    Addresses::OneOf(_) | Addresses::Unknown => None,
                },
            }
        });
        let seats = seats.collect();
        Some((out, seats))
    }

    /// The cells of every list; `None`: there are too many.
    fn fill(&mut self, net: &Net, classes: &Classes, tests: &mut Tests) -> Option<Cells> {
        let mut cells = Cells::new(classes.count);
        let mut marked_so_far = 0;
        for (side, stages) in (0_u32..).zip(&net.sides) {
            let egress = net.is_egress(side);
            let rules: Vec<&Arc<Rule>> = stages.iter().flat_map(|stage| &stage.rules).collect();
            let marks = Marks::new(&rules, egress, classes);
            marked_so_far += marks.by_class.len();
            if marked_so_far > MARKS {
                return None;
            }
            let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
            let mut list = |key: &[u64]| {
                if let Some(list) = known.get(key) {
                    return *list;
                }
                let first = number(self.entries.len());
                let mut rule = 0;
                for stage in stages.iter() {
                    self.stage(stage, egress, tests, &mut || {
                        rule += 1;
                        bit(key, rule - 1)
                    });
                }
                self.entries.push(Entry::always(Then::Nothing, Cell::by(What::Nothing)));
                known.insert(key.to_vec(), first);
                first
            };
            let others = list(&marks.others);
            let marked = marks.by_class.iter().map(|(class, key)| (*class, list(key)));
            cells.add(others, marked)?;
        }
        Some(cells)
    }

    /// `has`: whether the set of each rule has the other workload, one after the other.
    fn stage(
        &mut self,
        stage: &Stage,
        egress: bool,
        tests: &mut Tests,
        has: &mut dyn FnMut() -> bool,
    ) {
        let start = self.entries.len();
        for rule in &stage.rules {
            self.rule(rule, egress, has(), tests);
        }
        let end = match (stage.default, stage.isolates) {
            (TierDefault::Pass, _) => None,
            (TierDefault::Deny, true) => {
                Some(Cell { policy: stage.first, ..Cell::by(What::Isolated) })
            }
            (TierDefault::Deny, false) => {
                Some(Cell { what: What::EndOfTier, policy: stage.last, number: stage.tier.0 })
            }
        };
        self.entries.extend(end.map(|cell| Entry::always(Then::Decided, cell)));
        let next = number(self.entries.len());
        for entry in self.entries.iter_mut().skip(start) {
            entry.next = next;
        }
    }

    fn rule(&mut self, rule: &Arc<Rule>, egress: bool, has: bool, tests: &mut Tests) {
        let (own, other) = ends(rule, egress);
        let Some(selected) = selects(other, has) else { return };
        let test = match (selected, simple(rule, own, other)) {
            (_, false) => None,
            (Selected::Surely, true) if !other.nets.given && !other.not_nets.given => {
                Some(ANYWHERE)
            }
            (by, true) => self.test(rule, other, by, tests),
        };
        let (then, what, test) = match (rule.action, test) {
            (_, Some(NOWHERE)) | (Action::Log, Some(_)) => return,
            (_, None) => (Then::Open, What::Nothing, ANYWHERE),
            (Action::Allow, Some(test)) => (Then::Decided, What::Allow, test),
            (Action::Deny, Some(test)) => (Then::Decided, What::Deny, test),
            (Action::Pass, Some(test)) => (Then::Pass, What::Nothing, test),
        };
        let protocol = rule.protocol.map_or(ANY, |protocol| Packet::new(protocol, 0).protocol);
        let cell = Cell { what, policy: rule.policy, number: rule.index };
        let always = Entry { protocol, test, ..Entry::always(then, cell) };
        if rule.destination.ports.is_empty() || then == Then::Open {
            return self.entries.push(always);
        }
        for port in &rule.destination.ports {
            if let PortMatch::Range(low, high) = port
                && let Some(more) = high.checked_sub(*low)
            {
                let (port, more) = (u32::from(*low), u32::from(more));
                self.entries.push(Entry { port, more, ..always });
            }
        }
    }

    /// The number of what an address has to pass; `None`: more would have to be asked.
    fn test(
        &mut self,
        rule: &Arc<Rule>,
        other: &Peer,
        by: Selected,
        tests: &mut Tests,
    ) -> Option<u32> {
        let key = (Arc::as_ptr(rule).addr(), by == Selected::Surely);
        if let Some(known) = tests.known.get(&key) {
            return *known;
        }
        let nets = |nets: &Nets| nets.given.then(|| nets.of(false).v4().to_vec());
        let sets = (by == Selected::ByAddress)
            .then(|| other.members.as_ref().map_or(&[][..], |set| set.nets.v4()).to_vec());
        let inside = match (nets(&other.nets), sets) {
            (Some(_), Some(_)) => None,
            (one, other) => Some(one.or(other)),
        };
        let outside = nets(&other.not_nets);
        let found = inside.filter(|_| self.tests.len() < TESTS).map(|inside| {
            // "notNets of the other family only, or of all addresses: the rule matches nothing"
            let nothing = other.not_nets.given
                && (other.not_nets.of(false).is_empty() || other.not_nets.of(false).all);
            let inside = if nothing { Some(Vec::new()) } else { inside };
            let outside = outside.unwrap_or_default();
            let told = tests.places.as_ref().and_then(|all| all.pass(inside.as_deref(), &outside));
            // Networks of a set, and what a rule leaves out of them, are asked one by one.
            let sure = by == Selected::Surely || told == Some(false) && outside.is_empty();
            if let Some(all) = told.filter(|_| sure) {
                return if all { ANYWHERE } else { NOWHERE };
            }
            let mut span = |ranges: Vec<(u32, u32)>| {
                let start = self.ranges.len();
                self.ranges.extend(ranges);
                (number(start), number(self.ranges.len()))
            };
            let inside = inside.map(&mut span);
            let outside = span(outside);
            self.tests.push(Test { inside, outside });
            number(self.tests.len() - 1)
        });
        tests.known.insert(key, found);
        found
    }

    /// Whether the address of a workload is where a test wants it; `None`: it is not known.
    #[inline(never)]
    fn passes(&self, test: u32, other: &Seat) -> Option<bool> {
        let ip = other.ip?;
        let Some(test) = self.tests.get(test as usize) else { return Some(false) };
        let has = |(from, to): (u32, u32)| {
            let ranges = self.ranges.get(from as usize..to as usize).unwrap_or_default();
            let next = ranges.partition_point(|(_, end)| *end < ip);
            ranges.get(next).is_some_and(|(start, _)| *start <= ip)
        };
        Some(test.inside.is_none_or(has) && !has(test.outside))
    }

    /// What both ends' policies say of a packet from one workload to another, or (`same`) to
    /// itself; `None`: the lists have to be asked rule by rule.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    pub(crate) fn ask(
        &self,
        source: &Seat,
        destination: &Seat,
        same: bool,
        packet: Packet,
    ) -> Option<[&Cell; 2]> {
        if source.families & destination.families == 0 {
            return None;
        }
        if same && source.pod {
            return Some([LOCAL; 2]);
        }
        let egress = self.find(source.egress, source, destination, packet)?;
        Some([egress, self.find(destination.ingress, destination, source, packet)?])
    }

    /// What a list of a workload says of a packet that another sends or gets.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "most lists decide at their first step")]
    fn find(&self, side: u32, own: &Seat, other: &Seat, packet: Packet) -> Option<&Cell> {
        self.follow(self.cells.get(side, other.class)?, own, other, packet)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    fn follow(&self, list: u32, own: &Seat, other: &Seat, packet: Packet) -> Option<&Cell> {
        let mut at = list as usize;
        loop {
            let entry = self.entries.get(at)?;
            at += 1;
            let carried = entry.protocol == packet.protocol || entry.protocol == ANY;
            if !carried || packet.port.wrapping_sub(entry.port) > entry.more {
                continue;
            }
            if entry.test != ANYWHERE && !self.passes(entry.test, other)? {
                continue;
            }
            match entry.then {
                Then::Decided => return Some(&entry.cell),
                Then::Pass => at = entry.next as usize,
                Then::Open => return None,
                Then::Nothing if own.profile => return Some(NOTHING),
                Then::Nothing => return Some(PROFILELESS),
            }
        }
    }
}

impl Entry {
    /// For every packet.
    fn always(then: Then, cell: Cell) -> Self {
        Self { port: 0, more: NO_PORT, protocol: ANY, then, cell, test: ANYWHERE, next: 0 }
    }
}

/// The end that the list is of, and the other one.
fn ends(rule: &Rule, egress: bool) -> (&Peer, &Peer) {
    if egress { (&rule.source, &rule.destination) } else { (&rule.destination, &rule.source) }
}

/// The set by which a rule of a list tells other workloads apart.
pub(super) fn set_of(rule: &Rule, egress: bool) -> Option<&Arc<Members>> {
    let (_, other) = ends(rule, egress);
    other.members.as_ref().or(other.outside.as_ref())
}

/// How an end's selector means a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    Surely,
    /// If its address is a network set's.
    ByAddress,
}

/// `None`: it does not. `has`: the end's set has the workload.
fn selects(peer: &Peer, has: bool) -> Option<Selected> {
    match (&peer.members, &peer.outside) {
        (Some(set), None) if !has => {
            let more = !set.nets.is_empty() || !set.hosts.is_empty();
            more.then_some(Selected::ByAddress)
        }
        (None, Some(_)) if has => None,
        _ => Some(Selected::Surely),
    }
}

/// Whether nothing is left to ask but protocol, destination port and the other end's address.
fn simple(rule: &Rule, own: &Peer, other: &Peer) -> bool {
    let bare = |peer: &Peer| {
        peer.nodes.is_none() && peer.not_ports.is_empty() && peer.service.is_none() && !peer.domains
    };
    let numeric = |port: &PortMatch| matches!(port, PortMatch::Range(..));
    let sets = [other.members.as_ref(), other.outside.as_ref()];
    // Host endpoints are not asked here, and what is outside a set of networks is rarely asked.
    let hosts = sets.iter().flatten().any(|set| !set.hosts.is_empty())
        || other.outside.as_ref().is_some_and(|set| !set.nets.is_empty());
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
        && !own.nets.given
        && !own.not_nets.given
        && !hosts
        && !(other.members.is_some() && other.outside.is_some())
        && bare(source)
        && bare(destination)
        && source.ports.is_empty()
        && destination.ports.iter().all(numeric)
}

/// Both where no address is known.
fn families(workload: &Workload) -> u8 {
    let known = match &workload.addresses {
        Addresses::Exact(ips) | Addresses::OneOf(ips) => ips.as_slice(),
        Addresses::Unknown => &[],
    };
    match known.iter().fold(0, |bits, ip| bits | if ip.is_ipv6() { 2 } else { 1 }) {
        0 => 3,
        bits => bits,
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
