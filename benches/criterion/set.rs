//! A compiled cluster with its flows, each checked before it is timed.

use std::{hint::black_box, time::Instant};

use criterion::{Bencher, Criterion};
use mayreach::{Connection, Flow, Layer, PreparedRequest, Program, Verdict, WorkloadId};
use mayreach_benches::{Ask, Cluster, Lists, Prepared, Shape, hot, record, wide};

use crate::{clock::Cpu, quick};

/// Flows of a wide set.
pub(crate) fn many() -> usize {
    if quick() { 40_000 } else { 400_000 }
}

pub(crate) struct Set {
    pub(crate) cluster: Cluster,
    pub(crate) program: Program,
    pub(crate) ids: Vec<WorkloadId>,
    pub(crate) hot: Vec<Ask>,
}

impl Set {
    pub(crate) fn new(shape: Shape, policies: usize, workloads: usize) -> Self {
        let begin = Instant::now();
        let cluster = Cluster::new(shape, policies, workloads, 1);
        let program = cluster.compile();
        let made = begin.elapsed().as_secs_f64();
        let ids = cluster.workloads.iter().map(|w| {
            program.workload(&w.namespace, &w.name).expect("a workload of its own manifests")
        });
        let ids = ids.collect();
        let hot = hot(&cluster);
        let set = Self { cluster, program, ids, hot };
        // Of one workload's rules the reference asks all, one by one.
        let one = matches!(shape, Shape::Hot | Shape::Paths);
        set.check(&set.hot, if one { policies / 1_000 } else { 1 });
        let checked = begin.elapsed().as_secs_f64() - made;
        eprintln!(
            "{shape:?}, {policies} policies, {workloads} workloads: made in {made:.1} s, checked in {checked:.1} s"
        );
        set
    }

    /// A wide set of flows, checked.
    pub(crate) fn wide(&self) -> Vec<Ask> {
        let asks = wide(&self.cluster, many());
        self.check(&asks, asks.len() / 1_000);
        asks
    }

    /// Every flow against the hand-written list where only AuthorizationPolicies are loaded, and
    /// one in `every` against the reference evaluator; a wrong one stops the suite.
    fn check(&self, asks: &[Ask], every: usize) {
        let alone = matches!(self.cluster.shape, Shape::Mesh | Shape::Hot | Shape::Paths);
        let lists = Lists::new(&self.cluster);
        let mut allowed = 0;
        for (number, ask) in asks.iter().enumerate() {
            let flow = ask.named();
            let decision = self.program.decide(&flow);
            let allow = decision.verdict == Verdict::Allow;
            allowed += usize::from(allow);
            assert!(decision.verdict != Verdict::Undetermined, "{flow:?}: {decision:?}");
            if alone {
                let principal = self.cluster.workloads[ask.source as usize].principal();
                assert_eq!(allow, lists.allows(ask, &principal), "{flow:?}: {decision:?}");
            }
            let layer = decision.layers.iter().find(|one| one.layer == Layer::Authorization);
            assert_eq!(layer, Some(&self.program.authorize(&flow)), "{flow:?}");
            assert_eq!(decision.layers[..2], self.program.network(&flow), "{flow:?}");
            if number % every.max(1) == 0 {
                assert_eq!(decision, self.program.decide_by_reference(&flow), "{flow:?}");
            }
        }
        let share = allowed * 100 / asks.len().max(1);
        assert!((5..=95).contains(&share), "{share} % allowed tells nothing");
    }
}

/// Times `decide` on prepared questions, one after the other, again and again.
pub(crate) fn cycle<T, R>(b: &mut Bencher<'_, Cpu>, asked: &[T], decide: impl Fn(&T) -> R) {
    let mut at = 0;
    b.iter(|| {
        let answer = decide(black_box(&asked[at]));
        at += 1;
        if at == asked.len() {
            at = 0;
        }
        black_box(answer)
    });
}

/// The ways in that take whole flows: names, and ids resolved beforehand.
pub(crate) fn ways<R>(
    c: &mut Criterion<Cpu>,
    name: &str,
    (set, asks): (&Set, &[Ask]),
    ask: impl Fn(&Program, &Flow<'_>) -> R,
) {
    let decide = |flow: &Flow<'_>| ask(&set.program, flow);
    let mut group = c.benchmark_group(name);
    let named: Vec<Flow<'_>> = asks.iter().map(|ask| ask.named()).collect();
    group.bench_function("borrowed", |b| cycle(b, &named, decide));
    drop(named);
    let resolved: Vec<Flow<'_>> = asks.iter().map(|ask| ask.resolved(&set.ids)).collect();
    group.bench_function("ids", |b| cycle(b, &resolved, decide));
    group.finish();
    record(&format!("{name}/flows"), &asks.len().to_string());
}

/// Requests that are prepared: between handles, and on connections that are prepared too.
pub(crate) fn prepared<R>(
    c: &mut Criterion<Cpu>,
    name: &str,
    set: &Set,
    ask: impl Fn(&Program, &Prepared<'_>) -> R,
    ask_on: impl Fn(&Connection<'_>, &PreparedRequest<'_>) -> R,
) {
    let ids = &set.ids;
    let asks: Vec<Prepared<'_>> = set.hot.iter().map(|ask| ask.prepared(ids)).collect();
    let mut group = c.benchmark_group(name);
    group.bench_function("prepared", |b| cycle(b, &asks, |one| ask(&set.program, one)));
    let connections = set.hot.iter().map(|ask| set.program.connect(&ask.resolved(ids)));
    let asks: Vec<_> = connections.zip(asks.iter().map(|one| one.request)).collect();
    group.bench_function("connection", |b| {
        cycle(b, &asks, |(connection, request)| ask_on(connection, request));
    });
    group.finish();
}
