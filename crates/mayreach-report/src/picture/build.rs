//! From a program to a picture: every pair of workloads is asked on every declared port.

use std::{collections::HashMap, hash::Hash};

use mayreach_wire::{
    LayerOut,
    mayreach::{
        Decision, Flow, GroupBy, LayerDecision, Peer, Port, Program, Protocol, Verdict, WorkloadId,
        WorkloadInfo,
    },
    protocol_name,
};

use super::{Data, Layers, Link, Pair, Picture, PortWords, code, runs::Runs, statuses};
use crate::sheet::Status;

/// What workloads without the label are called.
pub(super) const NO_LABEL: &str = "(none)";

/// One workload in the order of the picture.
struct Member {
    id: WorkloadId,
    group: String,
    namespace: String,
    name: String,
    kind: &'static str,
    ports: Vec<(Option<u16>, Protocol)>,
    single: bool,
}

impl Picture {
    /// Every pair of workloads of a program, under their groups. `progress` is told how many of how
    /// many askers are done.
    pub fn new(
        program: &Program,
        by: &GroupBy,
        (title, summary): (String, String),
        progress: impl FnMut(usize, usize),
    ) -> Self {
        let group = |workload: &WorkloadInfo<'_>| match by {
            GroupBy::Workload => String::new(),
            GroupBy::Namespace => workload.namespace().to_owned(),
            GroupBy::Label(key) => {
                workload.label_or_namespace_label(key).unwrap_or(NO_LABEL).to_owned()
            }
        };
        Self::grouped(program, group, (title, summary), |_| Vec::new(), progress)
    }

    /// The same with groups of the caller's own. `pairs` may add groups that hold no workload.
    pub(super) fn grouped(
        program: &Program,
        group: impl Fn(&WorkloadInfo<'_>) -> String,
        (title, summary): (String, String),
        pairs: impl FnOnce(&mut Vec<String>) -> Vec<Pair>,
        mut progress: impl FnMut(usize, usize),
    ) -> Self {
        let members = members(program, group);
        let mut data = tree(&members);
        let mut seen = Seen { program, reasons: Pool::default(), ports: Pool::default() };
        let size = members.len();
        let columns = || vec![Runs::default(); size];
        data.ports = columns();
        data.layers = Layers {
            egress: Vec::new(),
            ingress: columns(),
            mtls: columns(),
            jwt: columns(),
            authorization: columns(),
        };
        for (done, from) in members.iter().enumerate() {
            progress(done, size);
            let (mut status, mut egress) = (Runs::default(), Runs::default());
            for (column, to) in members.iter().enumerate() {
                let answer = seen.pair(from, to);
                status.push(answer.status);
                egress.push(answer.layers[0]);
                let lists = [
                    (&mut data.ports, answer.ports),
                    (&mut data.layers.ingress, answer.layers[1]),
                    (&mut data.layers.mtls, answer.layers[2]),
                    (&mut data.layers.jwt, answer.layers[3]),
                    (&mut data.layers.authorization, answer.layers[4]),
                ];
                for (list, value) in lists {
                    if let Some(runs) = list.get_mut(column) {
                        runs.push(value);
                    }
                }
            }
            data.status.push(status);
            data.layers.egress.push(egress);
        }
        progress(size, size);
        data.reasons = seen.reasons.values;
        data.port_words = seen.ports.values;
        data.pairs = pairs(&mut data.groups);
        Self { title, summary, version: env!("CARGO_PKG_VERSION"), data }
    }
}

/// Workloads that stand for themselves, by group, namespace and name.
fn members(program: &Program, group: impl Fn(&WorkloadInfo<'_>) -> String) -> Vec<Member> {
    let mut members: Vec<Member> = program
        .principals()
        .map(|workload| Member {
            id: workload.id(),
            group: group(&workload),
            namespace: workload.namespace().to_owned(),
            name: workload.name().to_owned(),
            kind: workload.kind(),
            ports: program.declared_ports(workload.id()),
            single: program.is_single(workload.id()),
        })
        .collect();
    members.sort_by(|a, b| {
        (&a.group, &a.namespace, &a.name, a.kind).cmp(&(&b.group, &b.namespace, &b.name, b.kind))
    });
    members
}

fn tree(members: &[Member]) -> Data {
    let mut groups: Vec<String> = Vec::new();
    let mut namespaces: Vec<(String, usize)> = Vec::new();
    let mut workloads = Vec::new();
    for member in members {
        let new_group = groups.last() != Some(&member.group);
        if new_group {
            groups.push(member.group.clone());
        }
        let group = groups.len() - 1;
        if new_group || namespaces.last().is_none_or(|(name, _)| *name != member.namespace) {
            namespaces.push((member.namespace.clone(), group));
        }
        workloads.push((member.name.clone(), namespaces.len() - 1, member.kind));
    }
    Data {
        groups,
        namespaces,
        workloads,
        statuses: statuses(),
        status: Vec::new(),
        ports: Vec::new(),
        port_words: Vec::new(),
        reasons: Vec::new(),
        layers: Layers::default(),
        pairs: Vec::new(),
    }
}

/// Values with numbers, each once.
struct Pool<K, V> {
    numbers: HashMap<K, u32>,
    values: Vec<V>,
}

impl<K, V> Default for Pool<K, V> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), values: Vec::new() }
    }
}

impl<K: Eq + Hash, V> Pool<K, V> {
    fn number(&mut self, key: K, value: impl FnOnce() -> V) -> u32 {
        let values = &mut self.values;
        *self.numbers.entry(key).or_insert_with(|| {
            values.push(value());
            u32::try_from(values.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

/// The words that were made already.
struct Seen<'p> {
    program: &'p Program,
    /// A reason lists the policies of one end: of the asker for egress, else of the asked.
    reasons: Pool<(LayerDecision, WorkloadId), Link>,
    ports: Pool<PortWords, PortWords>,
}

struct PairAnswer {
    status: u32,
    ports: u32,
    layers: [u32; 5],
}

impl Seen<'_> {
    fn pair(&mut self, from: &Member, to: &Member) -> PairAnswer {
        if from.id == to.id && from.single {
            return self.nothing();
        }
        let asked: Vec<_> =
            to.ports.iter().map(|port| (*port, ask(self.program, from, to, *port))).collect();
        let open = |decision: &Decision| match decision.verdict {
            Verdict::Allow => 0,
            Verdict::Undetermined => 1,
            Verdict::Deny => 2,
        };
        let Some((port, decision)) = asked.iter().min_by_key(|(_, decision)| open(decision)) else {
            return self.nothing();
        };
        let same = asked.iter().all(|(_, other)| other.verdict == decision.verdict);
        let status = match (same, decision.verdict) {
            (false, _) => Status::Mixed,
            (_, Verdict::Allow) => Status::Allow,
            (_, Verdict::Deny) => Status::Deny,
            (_, Verdict::Undetermined) => Status::Depends,
        };
        let words: Vec<String> =
            asked.iter().map(|(port, decision)| said(*port, decision)).collect();
        let words =
            PortWords { words: words.join(", "), port: port.0, protocol: protocol_name(port.1) };
        let flow = flow(from, to, *port);
        let program = self.program;
        let layers = decision.layers.map(|layer| {
            let end = if layer.layer.as_str() == "egress" { from.id } else { to.id };
            self.reasons.number((layer, end), || {
                let out = LayerOut::new(program, &flow, &layer);
                Link(out.layer, out.verdict, out.words(), out.reason.at.clone())
            })
        });
        PairAnswer {
            status: code(Some(status)),
            ports: self.ports.number(words.clone(), || words),
            layers,
        }
    }

    fn nothing(&mut self) -> PairAnswer {
        let words = PortWords { words: String::new(), port: None, protocol: String::new() };
        PairAnswer {
            status: code(None),
            ports: self.ports.number(words.clone(), || words),
            layers: [0; 5],
        }
    }
}

fn flow(from: &Member, to: &Member, (port, protocol): (Option<u16>, Protocol)) -> Flow<'static> {
    let port = port.map_or(Port::Unknown, Port::Number);
    Flow { protocol, ..Flow::new(Peer::Id(from.id), Peer::Id(to.id), port) }
}

fn ask(program: &Program, from: &Member, to: &Member, port: (Option<u16>, Protocol)) -> Decision {
    program.decide(&flow(from, to, port))
}

fn said((port, protocol): (Option<u16>, Protocol), decision: &Decision) -> String {
    let port = port.map_or_else(|| "any port".to_owned(), |number| number.to_string());
    let verdict = match decision.verdict {
        Verdict::Allow => "allowed",
        Verdict::Deny => "denied",
        Verdict::Undetermined => "depends on the request",
    };
    let by = decision.decided_by.map_or_else(String::new, |layer| format!(" ({})", layer.as_str()));
    format!("{port}/{} {verdict}{by}", protocol_name(protocol))
}
