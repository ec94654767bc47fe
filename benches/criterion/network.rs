//! The network layers alone, and all pairs.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use mayreach::{Flow, Peer, Port, Program, Protocol, Verdict};
use mayreach_benches::Shape;

use crate::{
    clock::Cpu,
    quick,
    set::{Set, ways},
    wanted,
};

pub(crate) fn rows(c: &mut Criterion<Cpu>) {
    if !wanted("network/") {
        return;
    }
    let sizes: &[(Shape, &str, usize, usize)] = &[
        (Shape::Selectors, "network/selectors", 1_000, 10_000),
        (Shape::Selectors, "network/selectors", 10_000, 100_000),
        (Shape::Cidrs, "network/cidrs", 10_000, 10_000),
    ];
    for &(shape, name, policies, workloads) in &sizes[..if quick() { 1 } else { sizes.len() }] {
        let set = Set::new(shape, policies, workloads);
        ways(c, &format!("{name}/{policies}x{workloads}"), (&set, &set.hot), Program::network);
        if (shape, policies) == (Shape::Selectors, 1_000) {
            pairs(c, &set);
        }
    }
}

/// All workloads to all others on one port, counted.
fn pairs(c: &mut Criterion<Cpu>, set: &Set) {
    let all = set.ids.len() as u64;
    let found = set.program.network_pairs(Protocol::Tcp, 8080);
    let counts = [Verdict::Allow, Verdict::Deny].map(|verdict| found.count(verdict));
    assert_eq!(counts.iter().sum::<u64>(), all * all);
    for (n, from) in set.ids.iter().enumerate().step_by(97) {
        let to = set.ids[(n * 31 + 7) % set.ids.len()];
        let flow = Flow::new(Peer::Id(*from), Peer::Id(to), Port::Number(8080));
        let denies = set.program.network(&flow).iter().any(|layer| layer.verdict == Verdict::Deny);
        assert_eq!(found.verdict(*from, to) == Verdict::Deny, denies, "{from:?} {to:?}");
    }
    let mut group = c.benchmark_group("network/pairs");
    group.throughput(Throughput::Elements(all * all));
    group.bench_function("all", |b| {
        b.iter(|| black_box(set.program.network_pairs(Protocol::Tcp, 8080).count(Verdict::Allow)));
    });
    group.finish();
}
