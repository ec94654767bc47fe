//! Flows on a cluster: the working sets that every figure names.

use mayreach::{Flow, Http, Peer, Port, PreparedRequest, Request, WorkloadId};

use crate::{Cluster, Dice, METHODS, cluster::prefix};

/// One question. Workloads are numbers in [`Cluster::workloads`].
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who calls.
    pub source: u32,
    /// Who is called.
    pub destination: u32,
    /// On which port.
    pub port: u16,
    /// A place in [`METHODS`].
    pub method: u8,
    /// Namespace and name of both, and the path: one piece, as whoever reads a request or a log has it.
    text: String,
    /// Where each of them ends but the last.
    ends: [usize; 4],
}

impl Ask {
    fn new(cluster: &Cluster, ends: [u32; 2], (port, method): (u16, u8), path: &str) -> Self {
        let [source, destination] = ends;
        let [from, to] = ends.map(|number| &cluster.workloads[number as usize]);
        let parts = [&from.namespace, &from.name, &to.namespace, &to.name];
        let mut text = String::new();
        let ends = parts.map(|part| {
            text.push_str(part);
            text.len()
        });
        text.push_str(path);
        text.shrink_to_fit();
        Self { source, destination, port, method, text, ends }
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.text[self.ends[3]..]
    }

    /// The flow, with ends named by text.
    pub fn named(&self) -> Flow<'_> {
        let [first, second, third, last] = self.ends;
        let text = |from: usize, to: usize| &self.text[from..to];
        self.between(
            Peer::Workload { namespace: text(0, first), name: text(first, second) },
            Peer::Workload { namespace: text(second, third), name: text(third, last) },
        )
    }

    /// The flow, with ends resolved beforehand; `ids` by number of workload.
    pub fn resolved(&self, ids: &[WorkloadId]) -> Flow<'_> {
        let id = |number: u32| Peer::Id(ids[number as usize]);
        self.between(id(self.source), id(self.destination))
    }

    /// The same with everything prepared that can be.
    pub fn prepared(&self, ids: &[WorkloadId]) -> Prepared<'_> {
        Prepared {
            source: ids[self.source as usize],
            destination: ids[self.destination as usize],
            port: self.port,
            request: PreparedRequest::new(self.request()),
        }
    }

    fn between<'a>(&'a self, source: Peer<'a>, destination: Peer<'a>) -> Flow<'a> {
        let mut flow = Flow::new(source, destination, Port::Number(self.port));
        flow.http = Http::Request(self.request());
        flow
    }

    /// Its request.
    pub fn request(&self) -> Request<'_> {
        let method = Some(METHODS[usize::from(self.method)]);
        Request { method, path: Some(self.path()), ..Request::default() }
    }
}

/// Handles of both ends, and a request that was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<'a> {
    /// Who calls.
    pub source: WorkloadId,
    /// Who is called.
    pub destination: WorkloadId,
    /// On which port.
    pub port: u16,
    /// What is asked.
    pub request: PreparedRequest<'a>,
}

/// *Hot*: 1,000 distinct flows, asked again and again.
pub fn hot(cluster: &Cluster) -> Vec<Ask> {
    make(cluster, 1_000, 17)
}

/// *Wide*: so many distinct flows that neither caches nor the branch predictor can hold them.
pub fn wide(cluster: &Cluster, count: usize) -> Vec<Ask> {
    make(cluster, count, 19)
}

/// Half of them what some rule says, half of them different from it in one respect.
fn make(cluster: &Cluster, count: usize, seed: u64) -> Vec<Ask> {
    let mut d = Dice(seed ^ cluster.policies as u64);
    (0..count).map(|_| one(cluster, &mut d)).collect()
}

fn one(cluster: &Cluster, d: &mut Dice) -> Ask {
    let any = |d: &mut Dice| u32::try_from(d.roll(cluster.workloads.len())).unwrap_or(0);
    if cluster.rules.is_empty() {
        let port = *d.pick(&[8080, 8080, 9000, 9007, 443]);
        return Ask::new(cluster, [any(d), any(d)], (port, 0), "/");
    }
    let rule = d.pick(&cluster.rules).clone();
    let number = |n: usize| u32::try_from(n).unwrap_or(0);
    let tails = ["", "12345", "a/b/c", "list?x=1", "7f3c-99aa-1234/detail"];
    let mut source = number(*d.pick(&rule.clients));
    let mut method = u8::try_from(*d.pick(&rule.methods)).unwrap_or(0);
    let mut path = format!("{}{}", d.pick(&rule.prefixes), d.pick(&tails));
    match d.roll(8) {
        0 => source = any(d),
        1 => method = u8::try_from(d.roll(METHODS.len())).unwrap_or(0),
        2 => path = format!("{}x", prefix(d)),
        3 => path.insert(1, 'x'),
        _ => {}
    }
    Ask::new(cluster, [source, number(rule.workload)], (8080, method), &path)
}
