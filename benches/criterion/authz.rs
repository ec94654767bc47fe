//! AuthorizationPolicies alone, beside the hand-written list.

use criterion::Criterion;
use mayreach::{LayerDecision, Program};
use mayreach_benches::{Lists, Prepared, Shape};

use crate::{
    clock::Cpu,
    quick,
    set::{Set, cycle, prepared, ways},
    wanted,
};

pub(crate) fn rows(c: &mut Criterion<Cpu>) {
    for policies in sizes().filter(|_| wanted("authz/")) {
        let set = Set::new(Shape::Mesh, policies, policies / 4);
        all(c, &format!("authz/hot/{policies}"), &set);
        if policies == 10_000 {
            ways(c, &format!("authz/wide/{policies}"), (&set, &set.wide()), Program::authorize);
        }
    }
    if !wanted("one/") {
        return;
    }
    for policies in sizes().filter(|n| *n >= 1_000) {
        let set = Set::new(Shape::Hot, policies, (policies / 5).max(50));
        all(c, &format!("one/hot/{policies}"), &set);
    }
    let set = Set::new(Shape::Paths, if quick() { 1_000 } else { 10_000 }, 200);
    all(c, "one/paths", &set);
}

fn sizes() -> impl Iterator<Item = usize> {
    let sizes: &[usize] = if quick() { &[10, 10_000] } else { &[10, 100, 1_000, 10_000, 100_000] };
    sizes.iter().copied()
}

fn all(c: &mut Criterion<Cpu>, name: &str, set: &Set) {
    ways(c, name, (set, &set.hot), Program::authorize);
    prepared(c, name, set, authorize, |one, request| one.authorize_prepared(request));
    let lists = Lists::new(&set.cluster);
    let asks =
        set.hot.iter().map(|ask| (ask, set.cluster.workloads[ask.source as usize].principal()));
    let asks: Vec<_> = asks.collect();
    let mut group = c.benchmark_group(name);
    group.bench_function("list", |b| {
        cycle(b, &asks, |(ask, principal)| lists.allows(ask, principal));
    });
    group.finish();
}

fn authorize(program: &Program, one: &Prepared<'_>) -> LayerDecision {
    program.authorize_prepared(one.source, one.destination, one.port, &one.request)
}
