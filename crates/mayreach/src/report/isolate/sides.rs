//! What each client's own side denies by itself, whatever the other end does.

use std::collections::HashMap;

use super::{
    listen::Bare,
    sort::{End, Ends},
};
use crate::{
    Program, WorkloadId,
    decision::Layer,
    report::space::{
        Client, Target,
        facets::Facets,
        modes::Mode,
        ports::Ports,
        walk::{Mask, Walk},
    },
};

/// Clients whose own side is the same.
#[derive(Debug)]
pub(in crate::report) struct Source {
    /// By destination: its group.
    pub(in crate::report) group_of: Vec<u32>,
    /// By group: whether egress alone denies everything.
    pub(in crate::report) alone: Vec<bool>,
}

/// The sides of all clients.
#[derive(Debug)]
pub(in crate::report) struct Sides {
    /// By client: which of the sources.
    pub(in crate::report) source_of: Vec<u32>,
    pub(in crate::report) sources: Vec<Source>,
    /// Flows decided.
    pub(in crate::report) decisions: u64,
}

impl Sides {
    /// Of every client, to every workload that may be reached.
    pub(in crate::report) fn new(
        program: &Program,
        clients: &[&Client],
        reached: &[WorkloadId],
    ) -> Self {
        let ends = reached.iter().map(|id| End::Workload(*id)).collect();
        let mut ends = Ends::new(program, ends, true);
        let mut out = Self { source_of: Vec::new(), sources: Vec::new(), decisions: 0 };
        let mut known: HashMap<(u32, String), u32> = HashMap::new();
        for client in clients {
            // Nothing polices an address outside on its way out.
            let key = client.workload().map_or((u32::MAX, String::new()), |id| key(program, id));
            let next = u32::try_from(out.sources.len()).unwrap_or(u32::MAX);
            let source = *known.entry(key).or_insert(next);
            if source == next {
                let made = match client.workload() {
                    Some(id) => out.source(program, id, reached, &mut ends),
                    None => Source { group_of: vec![0; reached.len()], alone: vec![false] },
                };
                out.sources.push(made);
            }
            out.source_of.push(source);
        }
        out
    }

    fn source(
        &mut self,
        program: &Program,
        id: WorkloadId,
        reached: &[WorkloadId],
        ends: &mut Ends<'_>,
    ) -> Source {
        let groups = ends.sort(program.inner.net.side(id.0, true), false, &[]);
        let mut group_of = vec![0_u32; reached.len()];
        let mut alone = Vec::with_capacity(groups.len());
        for (n, group) in (0_u32..).zip(&groups) {
            for dest in group.ends.iter() {
                if let Some(place) = group_of.get_mut(*dest as usize) {
                    *place = n;
                }
            }
            // What a pod sends to itself no policy sees.
            let mut all = group.ends.iter().filter_map(|d| reached.get(*d as usize));
            let first = all.clone().find(|to| **to != id).or_else(|| all.next());
            let Some(to) = first.copied() else {
                alone.push(false);
                continue;
            };
            let ports = Ports::new(program, Some(id), to, &[]);
            let facets = Facets::network(&ports);
            let meant = (to, Vec::new());
            let mut listen = Bare::new(&[Mask::only(Layer::Egress)], 0, meant);
            let modes = Mode::all(program, Some(id), false, &[]);
            let mut walk =
                Walk { program, facets: &facets, listener: &mut listen, asked: 0, twin: None };
            walk.run(&Client::Workload(id), Target::Workload(to), &modes);
            self.decisions += u64::from(walk.asked);
            alone.push(listen.holds(0));
        }
        Source { group_of, alone }
    }
}

/// What makes the own sides of two clients the same.
fn key(program: &Program, id: WorkloadId) -> (u32, String) {
    let side = program.inner.net.egress.get(id.0 as usize).copied().unwrap_or(0);
    let workload = program.inner.model.inventory.workload(id);
    let kind = workload.map(|w| format!("{:?} {} {:?}", w.mesh, w.host_network, w.addresses));
    (side, kind.unwrap_or_default())
}
