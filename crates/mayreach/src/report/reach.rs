//! What one workload may do to another, over all requests: every set of flows that gets through,
//! rolled up by the rule that lets it.

use std::collections::BTreeSet;

use super::space::{
    Client, Content, Target, Unproved, Witness, contradiction,
    facets::{Extra, Facets, Requests},
    in_play::InPlay,
    modes::Mode,
    ports::Ports,
    walk::{Listener, Mask, Walk},
};
use crate::{
    Program, WorkloadId,
    decision::{Decision, Layer, Reason},
    model::Protocol,
};

/// Lines kept of one answer.
const WAYS_MAX: usize = 256;

/// What one workload may do to another.
#[derive(Clone, Debug, Default)]
pub struct Can {
    /// Sets of flows that get through, by what lets them.
    pub ways: Vec<Way>,
    /// Sets of which it is not known.
    pub unproved: Vec<(Unproved, Witness)>,
}

/// Flows that the same rules let through.
#[derive(Clone, Debug)]
pub struct Way {
    /// The protocol.
    pub protocol: Protocol,
    /// Ports: inclusive ranges, ascending; empty where the protocol has none.
    pub ports: Vec<(u16, u16)>,
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
}

impl Program {
    /// What a workload may do to another, as its own proxy connects. `None`: there is no such
    /// workload.
    pub fn can(&self, from: WorkloadId, to: WorkloadId) -> Option<Can> {
        let model = &self.inner.model;
        model.inventory.workload(from)?;
        let workload = model.inventory.workload(to)?;
        let extra = Extra::default();
        let ports = Ports::new(self, Some(from), to, &[]);
        let facets = Facets::new(&ports, Requests::new(model, workload, &extra));
        let meshed = InPlay::new(model, workload).meshed();
        let mut modes = Mode::all(self, Some(from), meshed);
        modes.retain(Mode::is_own);
        let mut collect = Collect { masks: [Mask::ALL], facets: &facets, out: Can::default() };
        let client = Client::Workload(from);
        let mut walk =
            Walk { program: self, facets: &facets, listener: &mut collect, asked: 0, twin: None };
        walk.run(&client, Target::Workload(to), &modes);
        Some(collect.out)
    }
}

/// A rule that no request can match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadRule {
    /// The AuthorizationPolicy.
    pub policy: crate::PolicyId,
    /// The rule.
    pub rule: u32,
    /// What contradicts what.
    pub why: String,
}

impl Program {
    /// Rules of AuthorizationPolicies whose conditions can never hold together.
    pub fn dead_rules(&self) -> Vec<DeadRule> {
        let model = &self.inner.model;
        let rules = model.authz.iter().flat_map(|p| (0_u32..).zip(&p.rules).map(|r| (p.id, r)));
        rules
            .filter_map(|(policy, (rule, written))| {
                let why = contradiction::of_rule(model, written)?;
                Some(DeadRule { policy, rule, why })
            })
            .collect()
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
        let reasons = decision.layers.map(|l| l.reason);
        let class = self.facets.ports.iter().find(|c| Some(c.port) == witness.port);
        let ranges = class.map(|c| c.ranges.clone()).unwrap_or_default();
        let raw = matches!(witness.content, Content::Raw | Content::Any);
        let request = witness.request();
        let method = request.and_then(|r| r.method.clone());
        let path = request.and_then(|r| r.path.clone());
        let same = self.out.ways.iter_mut().find(|w| {
            let whole = w.raw && w.methods.is_empty() && w.paths.is_empty();
            w.protocol == witness.protocol
                && w.reasons == reasons
                && (whole == (raw && method.is_none() && path.is_none()))
        });
        let Some(way) = same else {
            if self.out.ways.len() < WAYS_MAX {
                self.out.ways.push(Way {
                    protocol: witness.protocol,
                    ports: ranges,
                    reasons,
                    methods: method.into_iter().collect(),
                    paths: path.into_iter().collect(),
                    raw,
                    example: witness.clone(),
                    decision: *decision,
                });
            }
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

    fn unproved(&mut self, _: usize, witness: &Witness, why: Unproved) {
        let known = self.out.unproved.iter().any(|(seen, _)| *seen == why);
        if !known && self.out.unproved.len() < WAYS_MAX {
            self.out.unproved.push((why, witness.clone()));
        }
    }
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
    pub fn rule(&self) -> Option<(Layer, crate::PolicyId, u32)> {
        let layers = Layer::ALL.into_iter().zip(self.reasons).rev();
        layers.into_iter().find_map(|(layer, reason)| match reason {
            Reason::Rule { policy, rule } => Some((layer, policy, rule)),
            _ => None,
        })
    }

    /// What that rule asks of a request, as it is written: (field, values, not values).
    pub fn conditions(&self, program: &Program) -> Vec<(String, Vec<String>, Vec<String>)> {
        let Some((Layer::Authorization, policy, rule)) = self.rule() else { return Vec::new() };
        let found = program.inner.model.authz.iter().find(|p| p.id == policy);
        let Some(rule) = found.and_then(|p| p.rules.get(rule as usize)) else { return Vec::new() };
        let texts = |list: &[(crate::model::authz::Matcher, String)]| {
            let mut out: Vec<String> = Vec::new();
            for (_, text) in list {
                if !out.contains(text) {
                    out.push(text.clone());
                }
            }
            out
        };
        let all = rule.to.iter().flatten().chain(&rule.when);
        all.map(|c| (c.field.clone(), texts(&c.values), texts(&c.not_values))).collect()
    }
}
