//! From a program to a picture: what each workload may do to each, and what decides one flow of it.

use std::{collections::HashMap, hash::Hash};

use mayreach_wire::{
    FlowIn, LayerOut,
    matrix::MayOut,
    mayreach::{
        Can, Client, Decision, Extent, Flow, GroupBy, LayerDecision, Peer, Port, Program, Protocol,
        Target, Witness, WorkloadId, WorkloadInfo,
    },
    protocol_name,
};

use super::{Answer, Data, Layers, Link, Pair, Picture, code, runs::Runs, statuses};
use crate::{repro, sheet::Status};

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
        let ids: Vec<WorkloadId> = members.iter().map(|member| member.id).collect();
        let (findings, cells) = program.pairs(&ids, &mut progress);
        let mut seen = Seen::new(program, &findings);
        let size = members.len();
        let columns = || vec![Runs::default(); size];
        data.answer = columns();
        data.layers = Layers {
            egress: Vec::new(),
            ingress: columns(),
            mtls: columns(),
            jwt: columns(),
            authorization: columns(),
        };
        let mut cells = cells.into_iter();
        for (done, from) in members.iter().enumerate() {
            progress(done, size);
            let (mut status, mut egress) = (Runs::default(), Runs::default());
            for (column, to) in members.iter().enumerate() {
                let answer = seen.pair(from, to, cells.next().flatten());
                status.push(answer.status);
                egress.push(answer.layers[0]);
                let lists = [
                    (&mut data.answer, answer.answer),
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
        data.answers = seen.answers.values;
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
        answer: Vec::new(),
        answers: Vec::new(),
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
    /// What one may do to another, by finding: the status, the words and the flow that is shown.
    found: Vec<(Status, Answer, Option<Witness>)>,
    /// A reason lists the policies of one end: of the asker for egress, else of the asked.
    reasons: Pool<(LayerDecision, WorkloadId), Link>,
    answers: Pool<Answer, Answer>,
}

struct PairAnswer {
    status: u32,
    answer: u32,
    layers: [u32; 5],
}

impl<'p> Seen<'p> {
    fn new(program: &'p Program, findings: &[Can]) -> Self {
        let found = findings.iter().map(|can| said(program, can)).collect();
        Self { program, found, reasons: Pool::default(), answers: Pool::default() }
    }

    fn pair(&mut self, from: &Member, to: &Member, finding: Option<u32>) -> PairAnswer {
        let found = finding.and_then(|index| self.found.get(index as usize)).cloned();
        let Some((status, mut answer, example)) = found else { return self.nothing() };
        let program = self.program;
        let mut layers = [0; 5];
        let mut tell = |flow: &Flow<'_>, decision: &Decision| {
            layers = decision.layers.map(|layer| {
                let end = if layer.layer.as_str() == "egress" { from.id } else { to.id };
                self.reasons.number((layer, end), || {
                    let out = LayerOut::new(program, flow, &layer);
                    Link(out.layer, out.verdict, out.words(), out.reason.at.clone())
                })
            });
        };
        match example {
            Some(example) => {
                // A Service that is called stays it: its ports are its own.
                let target = match example.target {
                    Target::Service(_) => example.target,
                    Target::Workload(_) => Target::Workload(to.id),
                };
                let witness = Witness { client: Client::Workload(from.id), target, ..example };
                witness.with_flow(|flow| tell(flow, &program.decide(flow)));
            }
            // Of what never gets through one declared port is shown.
            None => {
                let (port, protocol) = to.ports.first().copied().unwrap_or((None, Protocol::Tcp));
                let number = port.map_or(Port::Unknown, Port::Number);
                let flow =
                    Flow { protocol, ..Flow::new(Peer::Id(from.id), Peer::Id(to.id), number) };
                tell(&flow, &program.decide(&flow));
                let (port, name) = (port.map(|p| p.to_string()), protocol_name(protocol));
                let on = port.clone().unwrap_or_else(|| "any port".to_owned());
                answer.shown = format!("port {on}/{name}");
                answer.ask.extend(port.into_iter().flat_map(|p| ["--port".to_owned(), p]));
                if protocol != Protocol::Tcp {
                    answer.ask.extend(["--protocol".to_owned(), name]);
                }
            }
        }
        let answer = self.answers.number(answer.clone(), || answer);
        PairAnswer { status: code(Some(status)), answer, layers }
    }

    fn nothing(&mut self) -> PairAnswer {
        let answer = self.answers.number(Answer::default(), Answer::default);
        PairAnswer { status: code(None), answer, layers: [0; 5] }
    }
}

/// A finding as the page says it.
fn said(program: &Program, can: &Can) -> (Status, Answer, Option<Witness>) {
    let status = match can.extent() {
        Extent::All => Status::Allow,
        Extent::Some => Status::Some,
        Extent::NotProved => Status::NotProved,
        Extent::Nothing => Status::Deny,
    };
    let may = MayOut::new(program, can);
    let mut answer = Answer { lines: may.lines(), ..Answer::default() };
    if status == Status::Deny {
        answer.lines.push("nothing gets through: proved for all requests".to_owned());
    }
    if let Some(way) = may.ways.first() {
        answer.to = way.service.as_ref().map(|name| format!("service:{name}"));
        let shown = way.request.split_once(", ").map_or("", |(_, shown)| shown);
        shown.clone_into(&mut answer.shown);
        if let Ok(flow) = serde_json::from_value::<FlowIn>(way.flow.0.clone()) {
            answer.ask = repro::flags(&flow);
        }
    }
    (status, answer, can.ways.first().map(|way| way.example.clone()))
}
