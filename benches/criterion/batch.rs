//! Columns of flows, on one thread and on two; by the clock on the wall.

use std::hint::black_box;

use criterion::Criterion;
use mayreach::{AnswerColumns, Program};
use mayreach_benches::{Columns, Shape, record};

use crate::{clock::elements, quick, set::Set, wanted};

/// Each thread a part of the rows.
fn ask(columns: &Columns, program: &Program, five: bool, threads: usize, verdicts: &mut [u8]) {
    let part = verdicts.len().div_ceil(threads);
    std::thread::scope(|scope| {
        for (number, verdict) in verdicts.chunks_mut(part).enumerate() {
            let from = number * part;
            let flows = columns.rows(from, from + verdict.len());
            let mut answers = AnswerColumns { verdict, ..AnswerColumns::default() };
            scope.spawn(move || {
                let asked = if five {
                    program.decide_columns(&flows, &mut answers)
                } else {
                    program.authorize_columns(&flows, &mut answers)
                };
                asked.expect("even columns");
            });
        }
    });
}

pub(crate) fn rows(c: &mut Criterion) {
    if !wanted("batch/") {
        return;
    }
    row(c, "batch/authz/10000", &Set::new(Shape::Mesh, 10_000, 2_500));
    row(c, "batch/five/10000", &Set::new(Shape::Layers, 10_000, 10_000));
    if !quick() {
        row(c, "batch/authz/100000", &Set::new(Shape::Mesh, 100_000, 25_000));
    }
}

fn row(c: &mut Criterion, name: &str, set: &Set) {
    let five = set.cluster.shape == Shape::Layers;
    let asks = set.wide();
    let columns = Columns::new(&set.ids, &asks);
    let mut verdicts = vec![3; asks.len()];
    for threads in [1, 2] {
        ask(&columns, &set.program, five, threads, &mut verdicts);
        for (asked, verdict) in asks.iter().zip(&verdicts) {
            let flow = asked.resolved(&set.ids);
            let layer = if five {
                set.program.decide(&flow).verdict
            } else {
                set.program.authorize(&flow).verdict
            };
            assert_eq!(*verdict, layer as u8, "{asked:?}");
        }
    }
    let mut group = c.benchmark_group(name);
    group.throughput(elements(asks.len()));
    for threads in [1, 2] {
        group.bench_function(format!("{threads}-threads"), |b| {
            b.iter(|| ask(&columns, black_box(&set.program), five, threads, &mut verdicts));
        });
    }
    group.finish();
    record(&format!("{name}/flows"), &asks.len().to_string());
}
