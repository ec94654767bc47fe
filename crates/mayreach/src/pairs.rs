//! Network policy between all workloads at once.

use std::collections::HashMap;

use crate::{Flow, Peer, Port, Program, Protocol, Verdict, WorkloadId, model::Model};

/// What network policy says of every pair of workloads on one port: both layers together. Pairs
/// that it treats alike are one cell, so all of them take little more than the distinct ones.
///
/// ```
/// use mayreach::{Options, Program, Protocol, Source, Verdict};
///
/// let manifests = r#"
/// {"apiVersion": "v1", "kind": "List", "items": [
///   {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}},
///   {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "shop"}}]}
/// "#;
/// let program = Program::compile(&[Source::new("shop.json", manifests)], &Options::default())?;
/// let pairs = program.network_pairs(Protocol::Tcp, 5432);
/// assert_eq!(pairs.count(Verdict::Allow), 4);
/// # Ok::<(), mayreach::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NetworkPairs<'p> {
    program: &'p Program,
    protocol: Protocol,
    port: u16,
    /// The kind of each workload.
    kinds: Vec<u32>,
    /// How many there are of each.
    sizes: Vec<u64>,
    /// Source by destination; `None`: pairs of these kinds are asked one by one.
    cells: Vec<Option<Verdict>>,
}

impl Program {
    /// Network policy between all workloads, on one port (1-65535).
    pub fn network_pairs(&self, protocol: Protocol, port: u16) -> NetworkPairs<'_> {
        let fast = self.fast();
        let mut known: HashMap<_, u32> = HashMap::new();
        let (mut kinds, mut sizes, mut samples) = (Vec::new(), Vec::new(), Vec::new());
        for id in workloads(&self.inner.model) {
            let next = u32::try_from(samples.len()).unwrap_or(u32::MAX);
            let kind = *known.entry(fast.kind(id)).or_insert(next);
            if kind == next {
                samples.push(id);
                sizes.push(0);
            }
            if let Some(size) = sizes.get_mut(kind as usize) {
                *size += 1;
            }
            kinds.push(kind);
        }
        let cells = fast.pairs(&samples, port, protocol);
        NetworkPairs { program: self, protocol, port, kinds, sizes, cells }
    }
}

impl NetworkPairs<'_> {
    /// What network policy says of one pair: deny if either layer denies. A workload that no
    /// manifest holds is undetermined.
    pub fn verdict(&self, source: WorkloadId, destination: WorkloadId) -> Verdict {
        let kind = |id: WorkloadId| Some(*self.kinds.get(id.0 as usize)? as usize);
        let cell = kind(source).zip(kind(destination)).and_then(|(from, to)| {
            let alike = source != destination;
            self.cells.get(from * self.sizes.len() + to).copied().flatten().filter(|_| alike)
        });
        cell.unwrap_or_else(|| self.ask(source, destination))
    }

    fn ask(&self, source: WorkloadId, destination: WorkloadId) -> Verdict {
        let port = if self.port == 0 { Port::Unknown } else { Port::Number(self.port) };
        let mut flow = Flow::new(Peer::Id(source), Peer::Id(destination), port);
        flow.protocol = self.protocol;
        let [egress, ingress] = self.program.network(&flow).map(|layer| layer.verdict);
        match (egress, ingress) {
            (Verdict::Deny, _) | (_, Verdict::Deny) => Verdict::Deny,
            (Verdict::Allow, Verdict::Allow) => Verdict::Allow,
            _ => Verdict::Undetermined,
        }
    }

    /// How many pairs, a workload with itself included, have that verdict.
    pub fn count(&self, verdict: Verdict) -> u64 {
        let all = || workloads(&self.program.inner.model);
        let mut count = 0;
        let mut open = vec![Vec::new(); self.sizes.len()];
        for (from, (row, size)) in self.cells.chunks(self.sizes.len()).zip(&self.sizes).enumerate()
        {
            for (to, (cell, other)) in row.iter().zip(&self.sizes).enumerate() {
                match cell {
                    Some(found) if *found == verdict => {
                        // A workload and itself are no pair of these.
                        count += size * (other - u64::from(from == to));
                    }
                    Some(_) => {}
                    None => open.get_mut(from).into_iter().for_each(|list| list.push(to)),
                }
            }
        }
        for (id, kind) in all().zip(&self.kinds) {
            count += u64::from(self.ask(id, id) == verdict);
            let open = open.get(*kind as usize).map_or(&[][..], Vec::as_slice);
            if open.is_empty() {
                continue;
            }
            for (other, kind) in all().zip(&self.kinds).filter(|(other, _)| *other != id) {
                let asked = open.binary_search(&(*kind as usize)).is_ok();
                count += u64::from(asked && self.ask(id, other) == verdict);
            }
        }
        count
    }
}

fn workloads(model: &Model) -> impl Iterator<Item = WorkloadId> + use<> {
    (0..u32::try_from(model.inventory.workloads.len()).unwrap_or(u32::MAX)).map(WorkloadId)
}
