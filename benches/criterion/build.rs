//! Reading, compiling, changing.

use std::{cell::Cell, hint::black_box};

use criterion::Criterion;
use mayreach::{Changes, Options, Program, Source};
use mayreach_benches::{Cluster, Shape, record};

use crate::{
    clock::{Cpu, elements},
    quick, wanted,
};

pub(crate) fn rows(c: &mut Criterion<Cpu>) {
    if !wanted("build/") {
        return;
    }
    let cluster = Cluster::new(Shape::Mesh, 10_000, 2_500, 1);
    let sources = cluster.sources();
    let options = cluster.options();
    let mut group = c.benchmark_group("build/read");
    group.sample_size(10);
    group.throughput(elements(cluster.bytes()));
    group.bench_function("yaml", |b| {
        b.iter(|| Program::compile(black_box(&sources), &options).expect("its own manifests"));
    });
    group.finish();
    record("build/read/bytes", &cluster.bytes().to_string());
    let program = cluster.compile();
    let mut group = c.benchmark_group("build/compile");
    group.sample_size(10);
    group.bench_function("10000", |b| b.iter(|| black_box(&program).compiled_again()));
    group.finish();
    update(c, &cluster);
    if !quick() {
        update(c, &Cluster::new(Shape::Mesh, 100_000, 25_000, 1));
    }
}

/// One policy takes the one or the other of two forms.
fn update(c: &mut Criterion<Cpu>, cluster: &Cluster) {
    let forms = [0, 1].map(|form| {
        let text = cluster.one_policy(cluster.policies / 2, form);
        Changes { set: vec![Source::new("change.yaml", text)], ..Changes::default() }
    });
    let program = Program::compile(&cluster.sources(), &Options::default());
    let mut program = program.expect("its own manifests");
    let turn = Cell::new(0);
    let mut group = c.benchmark_group("build/update");
    group.sample_size(10);
    group.bench_function(cluster.policies.to_string(), |b| {
        b.iter(|| {
            turn.set(turn.get() ^ 1);
            program = black_box(&program).update(&forms[turn.get()]).expect("a sound change");
        });
    });
    group.finish();
}
