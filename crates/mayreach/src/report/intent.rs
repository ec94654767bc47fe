//! Whether all flows of a set are allowed, or all denied: what a change is meant to do.

use super::{
    isolate::Exception,
    space::{
        Client, Target, Unproved, Witness,
        facets::{Extra, Facets, Requests},
        in_play::InPlay,
        modes::Mode,
        ports::{Ports, ProtocolClass},
        walk::{Listener, Mask, Walk},
    },
};
use crate::{
    Program, Verdict, WorkloadId,
    decision::Decision,
    model::{Protocol, Tri},
};

/// What became of a set of flows.
#[derive(Clone, Debug, Default)]
pub struct Within {
    /// One that is allowed.
    pub allowed: Option<(Witness, Decision)>,
    /// One that is denied.
    pub denied: Option<(Witness, Decision)>,
    /// Sets of which it is not known.
    pub unproved: Vec<(Unproved, Witness)>,
}

impl Program {
    /// The flows from one workload to another that `set` describes, as the client's own proxy
    /// connects, over TCP: is any allowed, is any denied?
    pub fn within(&self, from: WorkloadId, set: &Exception) -> Vec<(WorkloadId, Within)> {
        set.to.iter().map(|to| (*to, self.within_one(from, *to, set))).collect()
    }

    fn within_one(&self, from: WorkloadId, to: WorkloadId, set: &Exception) -> Within {
        let model = &self.inner.model;
        let Some(workload) = model.inventory.workload(to) else { return Within::default() };
        let extra = Extra {
            ports: set.ports.clone(),
            methods: set.methods.clone(),
            paths: set.paths.iter().map(|p| p.0.clone()).collect(),
        };
        let ports = Ports::new(self, Some(from), to, &extra.ports);
        let mut facets = Facets::new(&ports, Requests::new(model, workload, &extra));
        facets.protocols = vec![ProtocolClass::only(Protocol::Tcp)];
        let mut modes = Mode::all(self, Some(from), InPlay::new(model, workload).meshed(), &[]);
        modes.retain(Mode::is_own);
        let mut listen = Inside { masks: [Mask::ALL], set, to, out: Within::default() };
        let mut walk =
            Walk { program: self, facets: &facets, listener: &mut listen, asked: 0, twin: None };
        walk.run(&Client::Workload(from), Target::Workload(to), &modes);
        listen.out
    }
}

struct Inside<'s> {
    masks: [Mask; 1],
    set: &'s Exception,
    to: WorkloadId,
    out: Within,
}

impl Listener for Inside<'_> {
    fn masks(&self) -> &[Mask] {
        &self.masks
    }

    fn wants(&self, _: usize) -> bool {
        self.out.allowed.is_none() || self.out.denied.is_none()
    }

    /// What is outside the set is nobody's matter.
    fn covered(&self, _: usize, witness: &Witness, _: Verdict) -> Tri {
        self.set.covers_ends(self.to, witness).not()
    }

    fn allowed(&mut self, _: usize, witness: &Witness, decision: &Decision) {
        self.out.allowed.get_or_insert((witness.clone(), *decision));
    }

    fn denied(&mut self, _: usize, witness: &Witness, decision: &Decision) {
        self.out.denied.get_or_insert((witness.clone(), *decision));
    }

    fn unproved(&mut self, _: usize, witness: &Witness, why: Unproved) {
        // A wider set than this one may be the reason.
        if self.set.covers_ends(self.to, witness).is_no() {
            return;
        }
        if !self.out.unproved.iter().any(|(seen, _)| *seen == why) {
            self.out.unproved.push((why, witness.clone()));
        }
    }
}
