//! Columns of flows, on one thread and on two; by the clock on the wall.

use std::hint::black_box;

use criterion::Criterion;
use mayreach::{AnswerColumns, FlowColumns, Program};
use mayreach_benches::{Ask, METHODS, Shape, record};

use crate::{clock::elements, quick, set::Set, wanted};

/// Wide flows as columns.
#[derive(Default)]
struct Columns {
    source: Vec<u32>,
    destination: Vec<u32>,
    port: Vec<u16>,
    method: Vec<u8>,
    offsets: Vec<u32>,
    paths: Vec<u8>,
}

impl Columns {
    fn new(set: &Set, asks: &[Ask]) -> Self {
        let mut columns = Self { offsets: vec![0], ..Self::default() };
        for ask in asks {
            columns.source.push(set.ids[ask.source as usize].0);
            columns.destination.push(set.ids[ask.destination as usize].0);
            columns.port.push(ask.port);
            columns.method.push(ask.method);
            columns.paths.extend_from_slice(ask.path.as_bytes());
            columns.offsets.push(u32::try_from(columns.paths.len()).expect("less than 4 GiB"));
        }
        columns
    }

    fn flows(&self, from: usize, to: usize) -> FlowColumns<'_> {
        FlowColumns {
            source: &self.source[from..to],
            destination: &self.destination[from..to],
            port: &self.port[from..to],
            methods: &METHODS,
            method: &self.method[from..to],
            path_offsets: &self.offsets[from..=to],
            paths: &self.paths,
        }
    }

    fn ask(&self, program: &Program, five: bool, threads: usize, verdicts: &mut [u8]) {
        let part = verdicts.len().div_ceil(threads);
        std::thread::scope(|scope| {
            for (number, verdict) in verdicts.chunks_mut(part).enumerate() {
                let from = number * part;
                let flows = self.flows(from, from + verdict.len());
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
    let columns = Columns::new(set, &asks);
    let mut verdicts = vec![3; asks.len()];
    for threads in [1, 2] {
        columns.ask(&set.program, five, threads, &mut verdicts);
        for (ask, verdict) in asks.iter().zip(&verdicts) {
            let flow = ask.resolved(&set.ids);
            let layer = if five {
                set.program.decide(&flow).verdict
            } else {
                set.program.authorize(&flow).verdict
            };
            assert_eq!(*verdict, layer as u8, "{ask:?}");
        }
    }
    let mut group = c.benchmark_group(name);
    group.throughput(elements(asks.len()));
    for threads in [1, 2] {
        group.bench_function(format!("{threads}-threads"), |b| {
            b.iter(|| columns.ask(black_box(&set.program), five, threads, &mut verdicts));
        });
    }
    group.finish();
    record(&format!("{name}/flows"), &asks.len().to_string());
}
