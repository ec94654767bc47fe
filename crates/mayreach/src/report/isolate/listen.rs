//! Who listens to a walk: whether layers hold, and what gets through.

use super::{Exception, Hole, evidence::Contribution};
use crate::{
    Program, WorkloadId,
    decision::{Decision, Layer, Reason, Verdict},
    model::{Protocol, Tri},
    report::space::{
        Client, Content, Target, Unproved, Witness,
        ports::AGENT,
        walk::{Listener, Mask},
    },
};

/// Requests and reasons kept for one finding.
const HOLES_MAX: usize = 24;
const REASONS_MAX: usize = 8;
const UNPROVED_MAX: usize = 8;

/// Whether each set of layers denies everything.
pub(in crate::report) struct Bare {
    masks: Vec<Mask>,
    /// What everybody of the class may do.
    exceptions: Vec<Exception>,
    to: WorkloadId,
    /// Sets that are asked of TCP only, without the ports of the mesh's own agent.
    guarded: u8,
    broken: u8,
    pub(super) held: Vec<(Layer, Reason)>,
}

impl Bare {
    pub(in crate::report) fn new(
        masks: &[Mask],
        guarded: u8,
        (to, exceptions): (WorkloadId, Vec<Exception>),
    ) -> Self {
        Self { masks: masks.to_vec(), exceptions, to, guarded, broken: 0, held: Vec::new() }
    }

    pub(in crate::report) fn holds(&self, mask: usize) -> bool {
        self.broken >> mask & 1 == 0
    }
}

/// What the mesh does not guard: other protocols, and its agent's own ports.
fn unguarded(witness: &Witness) -> bool {
    witness.protocol != Protocol::Tcp || witness.port.is_some_and(|p| AGENT.contains(&p))
}

impl Listener for Bare {
    fn masks(&self) -> &[Mask] {
        &self.masks
    }

    fn wants(&self, mask: usize) -> bool {
        self.holds(mask)
    }

    fn covered(&self, mask: usize, witness: &Witness, verdict: Verdict) -> Tri {
        if verdict == Verdict::Deny {
            return Tri::No;
        }
        let meant = self.exceptions.iter().map(|e| e.covers_ends(self.to, witness));
        Tri::of(self.guarded >> mask & 1 == 1 && unguarded(witness)).or(Tri::any(meant))
    }

    fn allowed(&mut self, mask: usize, _: &Witness, _: &Decision) {
        self.broken |= 1 << mask;
    }

    fn denied(&mut self, mask: usize, witness: &Witness, decision: &Decision) {
        if mask == 0 && witness.protocol == Protocol::Tcp {
            keep(&mut self.held, decision, true);
        }
    }

    fn unproved(&mut self, mask: usize, _: &Witness, _: Unproved) {
        self.broken |= 1 << mask;
    }
}

fn keep(held: &mut Vec<(Layer, Reason)>, decision: &Decision, without_egress: bool) {
    for layer in decision.layers.iter().filter(|l| l.verdict == Verdict::Deny) {
        let one = (layer.layer, layer.reason);
        if layer.layer == Layer::Egress && without_egress {
            continue;
        }
        if held.len() < REASONS_MAX && !held.contains(&one) {
            held.push(one);
        }
    }
}

/// Everything that gets through, with the request that does.
pub(super) struct Full<'p> {
    original: &'p Program,
    exceptions: &'p [Exception],
    row: &'p str,
    client: Client,
    to: WorkloadId,
    masks: [Mask; 2],
    /// The whole is proved already.
    denied: bool,
    network_open: bool,
    out: Contribution,
}

impl<'p> Full<'p> {
    pub(super) fn new(
        original: &'p Program,
        exceptions: &'p [Exception],
        row: &'p str,
        (client, to): (Client, WorkloadId),
        denied: bool,
    ) -> Self {
        Self {
            original,
            exceptions,
            row,
            client,
            to,
            masks: [Mask::ALL, Mask::NETWORK],
            denied,
            network_open: false,
            out: Contribution::default(),
        }
    }

    pub(super) fn network_holds(&self) -> bool {
        !self.network_open
    }

    pub(super) fn contribution(self) -> Contribution {
        let mut out = self.out;
        shorten(&mut out.holes);
        out
    }

    fn real(&self, witness: &Witness) -> Witness {
        Witness { client: self.client.clone(), ..witness.clone() }
    }
}

impl Listener for Full<'_> {
    fn masks(&self) -> &[Mask] {
        &self.masks
    }

    fn wants(&self, mask: usize) -> bool {
        if mask == 0 { !self.denied } else { !self.network_open }
    }

    fn covered(&self, _: usize, witness: &Witness, verdict: Verdict) -> Tri {
        if verdict == Verdict::Deny {
            return Tri::No;
        }
        Tri::any(self.exceptions.iter().map(|e| e.covers(self.row, self.to, witness)))
    }

    fn allowed(&mut self, mask: usize, witness: &Witness, _: &Decision) {
        if mask == 1 {
            self.network_open = true;
            return;
        }
        // The request is asked again as the manifests know its ends.
        let witness = self.real(witness);
        let decision = witness.decide(self.original);
        if decision.verdict == Verdict::Allow {
            let hole = Hole { witness, decision };
            add(&mut self.out.holes, hole);
        } else {
            let why =
                Unproved::Classes("a pod that does not exist yet is decided otherwise".into());
            self.out.unproved.push((why, witness));
        }
    }

    fn denied(&mut self, mask: usize, witness: &Witness, decision: &Decision) {
        if mask == 0 && witness.protocol == Protocol::Tcp {
            keep(&mut self.out.held, decision, false);
        }
    }

    fn unproved(&mut self, mask: usize, witness: &Witness, why: Unproved) {
        if mask == 1 {
            self.network_open = true;
            return;
        }
        let known = self.out.unproved.iter().any(|(seen, _)| *seen == why);
        if self.out.unproved.len() < UNPROVED_MAX && !known {
            let witness = self.real(witness);
            self.out.unproved.push((why, witness));
        }
    }
}

/// In which way a request gets through: one of each is enough.
fn way(hole: &Hole) -> impl PartialEq + use<> {
    let Hole { witness, decision } = hole;
    let agent = witness.port.is_some_and(|p| AGENT.contains(&p));
    let reason = |layer| decision.layers.iter().find(|l| l.layer == layer).map(|l| l.reason);
    // However it connects, it is let in by the same rules.
    let by = [Layer::Egress, Layer::Ingress, Layer::Authorization].map(reason);
    let http = matches!(witness.content, Content::Http(_));
    (witness.protocol, http, agent, by, target(witness), witness.token.is_needed())
}

fn target(witness: &Witness) -> u32 {
    match witness.target {
        Target::Workload(id) => id.0,
        Target::Service(id) => id.0,
    }
}

/// Of two that show the same, the plainer goes first.
fn rank(hole: &Hole) -> (bool, bool, bool, usize, u32) {
    let witness = &hole.witness;
    let agent = witness.port.is_some_and(|p| AGENT.contains(&p));
    let tcp = witness.protocol == Protocol::Tcp;
    (agent, !tcp, witness.token.is_needed(), witness.length(), target(witness))
}

fn add(holes: &mut Vec<Hole>, hole: Hole) {
    match holes.iter().position(|known| way(known) == way(&hole)) {
        Some(at) => {
            if let Some(known) = holes.get_mut(at).filter(|known| rank(&hole) < rank(known)) {
                *known = hole;
            }
        }
        None if holes.len() < 4 * HOLES_MAX => holes.push(hole),
        None => {}
    }
}

/// The plainest of each way, the plainest first.
pub(super) fn shorten(holes: &mut Vec<Hole>) {
    let all = std::mem::take(holes);
    for hole in all {
        add(holes, hole);
    }
    holes.sort_by_key(rank);
    holes.truncate(HOLES_MAX);
}
