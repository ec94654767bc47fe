//! What one workload may do to another, over all requests: every set of flows that gets through,
//! rolled up by the rule that lets it.

use std::collections::BTreeSet;

use super::space::{
    Client, Content, Target, Unproved, Witness,
    facets::{Extra, Facets, Requests},
    in_play::InPlay,
    modes::Mode,
    ports::{PortClass, Ports},
    walk::{Listener, Mask, Walk},
};
use crate::{
    PolicyId, Program, Verdict, WorkloadId,
    decision::{Decision, Layer, Reason},
    model::{Icmp, IpVersion, Protocol},
};

/// Lines kept of one answer; where there are more, it is not proved to be whole.
const WAYS_MAX: usize = 256;

/// What one workload may do to another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Can {
    /// Sets of flows that get through, by what lets them.
    pub ways: Vec<Way>,
    /// Rules of the mesh that deny some of what the ways say.
    pub but: Vec<(PolicyId, u32)>,
    /// Whether any flow is denied.
    pub some_denied: bool,
    /// Sets of which it is not known.
    pub unproved: Vec<(Unproved, Witness)>,
}

/// How much gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extent {
    /// Every flow.
    All,
    /// Some do, some do not.
    Some,
    /// Not known of some, and none was found that does.
    NotProved,
    /// None: proved.
    Nothing,
}

/// Flows that the same rules let through.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// The protocol.
    pub protocol: Protocol,
    /// Other protocols with ports of which the same holds.
    pub also: Vec<Protocol>,
    /// The same holds of every protocol without ports that no rule names.
    pub others: bool,
    /// Ports: inclusive ranges, ascending; empty where the protocol has none.
    pub ports: Vec<(u16, u16)>,
    /// Ports that the client sends from, likewise; empty where none counts.
    pub source_ports: Vec<(u16, u16)>,
    /// ICMP types and codes in words; empty where none counts.
    pub icmp: Vec<String>,
    /// The family of the addresses that they use, where that counts.
    pub ip_version: Option<IpVersion>,
    /// The reason of each layer.
    pub reasons: [Reason; 5],
    /// Methods of the requests; empty: any, or no requests.
    pub methods: Vec<String>,
    /// A path of each class; empty: any, or no requests.
    pub paths: Vec<String>,
    /// Whether bytes that are not HTTP pass too.
    pub raw: bool,
    /// The plainest of the flows.
    pub example: Witness,
    /// Its decision.
    pub decision: Decision,
    /// Port that the client sends from, type and family, while ways are told apart by them.
    apart: (Option<u16>, Option<Icmp>, Option<IpVersion>),
}

impl Can {
    /// How much gets through.
    pub fn extent(&self) -> Extent {
        match (self.ways.is_empty(), self.unproved.is_empty()) {
            (false, true) if !self.some_denied => Extent::All,
            (false, _) => Extent::Some,
            (true, true) => Extent::Nothing,
            (true, false) => Extent::NotProved,
        }
    }
}

impl Program {
    /// What a workload may do to another, as its own proxy connects. `None`: there is no such
    /// workload.
    pub fn can(&self, from: WorkloadId, to: WorkloadId) -> Option<Can> {
        self.can_counted(from, to).map(|(can, _)| can)
    }

    /// The same, with the number of flows that were decided.
    pub(super) fn can_counted(&self, from: WorkloadId, to: WorkloadId) -> Option<(Can, u32)> {
        let model = &self.inner.model;
        model.inventory.workload(from)?;
        let workload = model.inventory.workload(to)?;
        let extra = Extra::default();
        let ports = Ports::new(self, Some(from), to, &[]);
        let facets = Facets::new(&ports, Requests::new(model, workload, &extra));
        let meshed = InPlay::new(model, workload).meshed();
        let mut modes = Mode::all(self, Some(from), meshed, &[]);
        modes.retain(Mode::is_own);
        let mut collect = Collect { masks: [Mask::ALL], facets: &facets, out: Can::default() };
        let client = Client::Workload(from);
        let mut walk =
            Walk { program: self, facets: &facets, listener: &mut collect, asked: 0, twin: None };
        walk.run(&client, Target::Workload(to), &modes);
        let asked = walk.asked;
        let mut out = collect.out;
        out.ways = together(out.ways);
        Some((out, asked))
    }
}

struct Collect<'f> {
    masks: [Mask; 1],
    facets: &'f Facets,
    out: Can,
}

impl Listener for Collect<'_> {
    fn masks(&self) -> &[Mask] {
        &self.masks
    }

    fn wants(&self, _: usize) -> bool {
        true
    }

    fn allowed(&mut self, _: usize, witness: &Witness, decision: &Decision) {
        // Which policy sets the mode says nothing of what gets through.
        let reasons = decision.layers.map(|l| match l.reason {
            Reason::MtlsAccepted { mode, identity, .. } => {
                Reason::MtlsAccepted { policy: None, mode, identity }
            }
            other => other,
        });
        let of = |classes: &[PortClass], port: Option<u16>| {
            let class = classes.iter().find(|c| Some(c.port) == port);
            class.map(|c| c.ranges.clone()).unwrap_or_default()
        };
        let mut ranges = of(&self.facets.ports, witness.port);
        if let (Target::Service(_), Some(port)) = (witness.target, witness.port) {
            ranges = vec![(port, port)];
        }
        let apart = (witness.source_port, witness.icmp, witness.ip_version);
        let raw = matches!(witness.content, Content::Raw | Content::Any);
        let request = witness.request();
        let method = request.and_then(|r| r.method.clone());
        let path = request.and_then(|r| r.path.clone());
        let same = self.out.ways.iter_mut().find(|w| {
            let whole = w.raw && w.methods.is_empty() && w.paths.is_empty();
            w.protocol == witness.protocol
                && w.reasons == reasons
                && w.apart == apart
                && w.example.target == witness.target
                && (whole == (raw && method.is_none() && path.is_none()))
        });
        let Some(way) = same else {
            if self.out.ways.len() >= WAYS_MAX {
                return self.unproved(0, witness, Unproved::Bound);
            }
            let of_all = self.facets.protocols.iter().find(|c| c.protocol == witness.protocol);
            let icmp = self.facets.icmp.iter().filter(|(icmp, _)| Some(*icmp) == witness.icmp);
            self.out.ways.push(Way {
                protocol: witness.protocol,
                also: of_all.map(|c| c.also.clone()).unwrap_or_default(),
                others: of_all.is_some_and(|c| c.others),
                ports: ranges,
                source_ports: of(&self.facets.source_ports, witness.source_port),
                icmp: icmp.map(|(_, words)| words.clone()).collect(),
                ip_version: witness.ip_version,
                reasons,
                methods: method.into_iter().collect(),
                paths: path.into_iter().collect(),
                raw,
                example: witness.clone(),
                decision: *decision,
                apart,
            });
            return;
        };
        way.ports = joined(&way.ports, &ranges);
        way.raw |= raw;
        if let Some(method) = method.filter(|m| !way.methods.contains(m)) {
            way.methods.push(method);
        }
        if let Some(path) = path.filter(|p| !way.paths.contains(p)) {
            way.paths.push(path);
        }
        if witness.length() < way.example.length() {
            way.example = witness.clone();
            way.decision = *decision;
        }
    }

    fn denied(&mut self, _: usize, _: &Witness, decision: &Decision) {
        self.out.some_denied = true;
        let mut denies = decision.layers.iter().filter(|l| l.verdict == Verdict::Deny);
        // What another layer denies too is no part of what a way says.
        let (first, more) = (denies.next(), denies.next());
        let Some((layer, None)) = first.map(|l| (l, more)) else { return };
        match (layer.layer, layer.reason) {
            (Layer::Authorization, Reason::Rule { policy, rule })
                if !self.out.but.contains(&(policy, rule)) =>
            {
                self.out.but.push((policy, rule));
            }
            _ => {}
        }
    }

    fn unproved(&mut self, _: usize, witness: &Witness, why: Unproved) {
        let known = self.out.unproved.iter().any(|(seen, _)| *seen == why);
        if !known && self.out.unproved.len() < WAYS_MAX {
            self.out.unproved.push((why, witness.clone()));
        }
    }
}

/// Ways that differ only in the client's port, only in the type, or only in the family, are one.
fn together(ways: Vec<Way>) -> Vec<Way> {
    let same = |a: &Way, b: &Way| {
        (a.protocol, a.raw, a.reasons) == (b.protocol, b.raw, b.reasons)
            && (&a.ports, &a.methods, &a.paths) == (&b.ports, &b.methods, &b.paths)
            && a.example.target == b.example.target
    };
    let mut out: Vec<Way> = Vec::new();
    for way in ways {
        let known = out.iter_mut().find(|known| {
            let ports = known.source_ports != way.source_ports;
            let types = known.icmp != way.icmp;
            let family = known.ip_version != way.ip_version;
            same(known, &way) && u8::from(ports) + u8::from(types) + u8::from(family) <= 1
        });
        match known {
            Some(known) => {
                if known.ip_version != way.ip_version {
                    known.ip_version = None;
                }
                known.source_ports = joined(&known.source_ports, &way.source_ports);
                let new = way.icmp.into_iter().filter(|w| !known.icmp.contains(w));
                known.icmp.extend(new.collect::<Vec<_>>());
            }
            None => out.push(way),
        }
    }
    out
}

/// Two sets of ranges as one.
fn joined(one: &[(u16, u16)], other: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let all: BTreeSet<(u16, u16)> = one.iter().chain(other).copied().collect();
    let mut out: Vec<(u16, u16)> = Vec::new();
    for (low, high) in all {
        match out.last_mut() {
            Some(last) if u32::from(low) <= u32::from(last.1) + 1 => last.1 = last.1.max(high),
            _ => out.push((low, high)),
        }
    }
    out
}

impl Way {
    /// The rule that lets these flows in: the last that a layer names.
    pub fn rule(&self) -> Option<(Layer, PolicyId, u32)> {
        let layers = Layer::ALL.into_iter().zip(self.reasons).rev();
        layers.into_iter().find_map(|(layer, reason)| match reason {
            Reason::Rule { policy, rule } => Some((layer, policy, rule)),
            _ => None,
        })
    }
}
