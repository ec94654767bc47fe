//! Reading, compiling, changing.

use std::{cell::Cell, hint::black_box};

use criterion::Criterion;
use mayreach::{Changes, ObjectRef, Program, Source};
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
    policies(c, &cluster);
    if !quick() {
        policies(c, &Cluster::new(Shape::Mesh, 100_000, 25_000, 1));
    }
    let size = if quick() { 1_000 } else { 10_000 };
    kinds(c, &Cluster::new(Shape::Layers, size, size, 1));
}

/// An AuthorizationPolicy in the place of itself, and one that comes and goes.
fn policies(c: &mut Criterion<Cpu>, cluster: &Cluster) {
    let forms = [0, 1].map(|form| set(cluster.one_policy(cluster.policies / 2, form)));
    update(c, &cluster.policies.to_string(), cluster, &forms);
    let text = cluster.one_policy(cluster.policies / 2, 0);
    let namespace = text.lines().find_map(|line| line.strip_prefix("  namespace: "));
    let gone = ObjectRef::new("AuthorizationPolicy", namespace, "one-more");
    let came = text.replace("  name: rule-", "  name: one-more # ");
    let removed = Changes { remove: vec![gone], ..Changes::default() };
    update(c, &format!("come-and-go-{}", cluster.policies), cluster, &[set(came), removed]);
}

/// One object of each other kind of policy in the place of itself.
fn kinds(c: &mut Criterion<Cpu>, cluster: &Cluster) {
    for (kind, was, is) in [
        ("NetworkPolicy", "port: 8080", "port: 8081"),
        ("PeerAuthentication", "STRICT", "PERMISSIVE"),
        ("RequestAuthentication", "issuer.example", "issuer.test"),
    ] {
        let mut documents = cluster.manifests.iter().flat_map(|(_, text)| text.split("---\n"));
        let named = format!("kind: {kind}\n");
        let text = documents.find(|text| text.contains(&named) && text.contains(was));
        let text = text.expect("one of each kind").to_owned();
        let forms = [set(text.replace(was, is)), set(text)];
        update(c, &format!("{kind}-{}", cluster.policies), cluster, &forms);
    }
}

fn set(text: String) -> Changes {
    Changes { set: vec![Source::new("change.yaml", text)], ..Changes::default() }
}

/// One change and then the other, in turn.
fn update(c: &mut Criterion<Cpu>, name: &str, cluster: &Cluster, forms: &[Changes; 2]) {
    let mut program = cluster.compile();
    let turn = Cell::new(1);
    let mut group = c.benchmark_group("build/update");
    group.sample_size(10);
    group.bench_function(name, |b| {
        b.iter(|| {
            turn.set(turn.get() ^ 1);
            program = black_box(&program).update(&forms[turn.get()]).expect("a sound change");
        });
    });
    group.finish();
}
