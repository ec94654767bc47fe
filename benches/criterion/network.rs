//! The network layers alone, and all pairs.

use std::hint::black_box;

use criterion::Criterion;
use mayreach::{AnswerColumns, FlowColumns, Program};
use mayreach_benches::{Shape, record};

use crate::{
    clock::{Cpu, elements},
    quick,
    set::{Set, ways},
};

pub(crate) fn rows(c: &mut Criterion<Cpu>) {
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

/// Some sources to all destinations, as columns; the table says what all of them would take.
fn pairs(c: &mut Criterion<Cpu>, set: &Set) {
    let sources = 10;
    let ids: Vec<u32> = set.ids.iter().map(|id| id.0).collect();
    let source: Vec<u32> = ids[..sources].iter().flat_map(|id| vec![*id; ids.len()]).collect();
    let destination: Vec<u32> = (0..sources).flat_map(|_| ids.iter().copied()).collect();
    let port = vec![8080; source.len()];
    let flows = FlowColumns {
        source: &source,
        destination: &destination,
        port: &port,
        ..FlowColumns::default()
    };
    let mut verdict = vec![0; source.len()];
    let mut group = c.benchmark_group("pairs");
    group.throughput(elements(source.len()));
    group.bench_function("columns", |b| {
        b.iter(|| {
            let mut answers = AnswerColumns { verdict: &mut verdict, ..AnswerColumns::default() };
            black_box(set.program.decide_columns(&flows, &mut answers)).expect("even columns");
        });
    });
    group.finish();
    record("pairs/columns/flows", &source.len().to_string());
    record("pairs/all", &(ids.len() * ids.len()).to_string());
}
