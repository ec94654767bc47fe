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
    /// The path.
    pub path: String,
}

impl Ask {
    /// The flow, with ends named by text.
    pub fn named<'a>(&'a self, cluster: &'a Cluster) -> Flow<'a> {
        let peer = |number: u32| {
            let workload = &cluster.workloads[number as usize];
            Peer::Workload { namespace: &workload.namespace, name: &workload.name }
        };
        self.between(peer(self.source), peer(self.destination))
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
        Request { method, path: Some(&self.path), ..Request::default() }
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
        return Ask { source: any(d), destination: any(d), port, method: 0, path: "/".to_owned() };
    }
    let rule = d.pick(&cluster.rules).clone();
    let number = |n: usize| u32::try_from(n).unwrap_or(0);
    let tails = ["", "12345", "a/b/c", "list?x=1", "7f3c-99aa-1234/detail"];
    let mut ask = Ask {
        source: number(*d.pick(&rule.clients)),
        destination: number(rule.workload),
        port: 8080,
        method: u8::try_from(*d.pick(&rule.methods)).unwrap_or(0),
        path: format!("{}{}", d.pick(&rule.prefixes), d.pick(&tails)),
    };
    match d.roll(8) {
        0 => ask.source = any(d),
        1 => ask.method = u8::try_from(d.roll(METHODS.len())).unwrap_or(0),
        2 => ask.path = format!("{}x", prefix(d)),
        3 => ask.path.insert(1, 'x'),
        _ => {}
    }
    ask
}
