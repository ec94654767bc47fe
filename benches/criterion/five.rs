//! All five layers.

use criterion::Criterion;
use mayreach::{Decision, Program};
use mayreach_benches::{Prepared, Shape};

use crate::{
    clock::Cpu,
    quick,
    set::{Set, prepared, ways},
    wanted,
};

pub(crate) fn rows(c: &mut Criterion<Cpu>) {
    if !wanted("five/") {
        return;
    }
    let sizes: &[(usize, usize)] = if quick() {
        &[(10, 1_000), (10_000, 10_000)]
    } else {
        &[(10, 1_000), (100, 1_000), (1_000, 1_000), (10_000, 10_000), (100_000, 100_000)]
    };
    for &(policies, workloads) in sizes {
        let set = Set::new(Shape::Layers, policies, workloads);
        ways(c, &format!("five/hot/{policies}"), (&set, &set.hot), Program::decide);
        let name = format!("five/hot/{policies}");
        prepared(c, &name, &set, decide, |one, request| one.decide_prepared(request));
        if policies == 10_000 {
            ways(c, &format!("five/wide/{policies}"), (&set, &set.wide()), Program::decide);
        }
    }
}

fn decide(program: &Program, one: &Prepared<'_>) -> Decision {
    program.decide_prepared(one.source, one.destination, one.port, &one.request)
}
