//! Tables of flows through the wire: nanoseconds of CPU a row on one thread, beside single decisions.

#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::unchecked_time_subtraction,
    reason = "nothing here reads input: a wrong index is a mistake of the suite, and must stop it"
)]

use std::{sync::Arc, time::Instant};

use arrow_array::{
    ArrayRef, DictionaryArray, RecordBatch, StringArray, UInt16Array,
    cast::AsArray,
    types::{Int8Type, Int32Type},
};
use mayreach_benches::{Ask, Cluster, METHODS, Shape, cpu_now, record, wide};
use mayreach_wire::{
    Engine, FlowIn,
    flow::Words,
    mayreach::Program,
    table::{Table, TableOptions},
};

const ROUNDS: usize = 5;

fn table(cluster: &Cluster, asks: &[Ask], dictionaries: bool) -> RecordBatch {
    let name = |number: u32| {
        let workload = &cluster.workloads[number as usize];
        format!("{}/{}", workload.namespace, workload.name)
    };
    let text = |of: &dyn Fn(&Ask) -> String| -> ArrayRef {
        let values: Vec<String> = asks.iter().map(of).collect();
        if dictionaries {
            Arc::new(values.iter().map(String::as_str).collect::<DictionaryArray<Int32Type>>())
        } else {
            Arc::new(StringArray::from(values))
        }
    };
    let port: UInt16Array = asks.iter().map(|ask| Some(ask.port)).collect();
    RecordBatch::try_from_iter([
        ("source", text(&|ask| name(ask.source))),
        ("destination", text(&|ask| name(ask.destination))),
        ("port", Arc::new(port) as ArrayRef),
        ("method", text(&|ask| METHODS[usize::from(ask.method)].to_owned())),
        ("path", text(&|ask| ask.path().to_owned())),
    ])
    .expect("columns of one length")
}

/// Nanoseconds of CPU and of the wall for each of `count`, the best of some rounds.
fn best(count: usize, mut run: impl FnMut()) -> (f64, f64) {
    let mut found = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let (cpu, wall) = (cpu_now(), Instant::now());
        run();
        found.0 = found.0.min((cpu_now() - cpu).as_secs_f64());
        found.1 = found.1.min(wall.elapsed().as_secs_f64());
    }
    (found.0 * 1e9 / count as f64, found.1 * 1e9 / count as f64)
}

fn decided(program: &Program, ask: &Ask) -> u8 {
    program.decide(&ask.named()).verdict as u8
}

fn said(cluster: &Cluster, ask: &Ask) -> FlowIn {
    let name = |number: u32| {
        let workload = &cluster.workloads[number as usize];
        format!("{}/{}", workload.namespace, workload.name)
    };
    let words = Words {
        source: &name(ask.source),
        destination: &name(ask.destination),
        port: Some(ask.port),
        method: Some(METHODS[usize::from(ask.method)]),
        path: Some(ask.path()),
        host: None,
    };
    words.own().expect("its own workloads")
}

fn main() {
    let quick = std::env::var_os("MAYREACH_QUICK").is_some();
    let count = if quick { 100_000 } else { 1_000_000 };
    let only = std::env::args().nth(1);
    let cluster = Cluster::new(Shape::Layers, 1_000, 1_000, 1);
    let engine = Engine::new(cluster.compile());
    let program = engine.program();
    let asks = wide(&cluster, count);
    if only.is_none() {
        let (cpu, _) = best(count, || {
            let sum: u64 = asks.iter().map(|ask| u64::from(decided(program, ask))).sum();
            assert!(sum > 0, "some are denied");
        });
        println!("single decisions, named ends: {cpu:.0} ns");
        let ids: Vec<_> = cluster
            .workloads
            .iter()
            .map(|w| program.workload(&w.namespace, &w.name).expect("its own workload"))
            .collect();
        let (cpu, _) = best(count, || {
            let verdict = |ask: &Ask| u64::from(program.decide(&ask.resolved(&ids)).verdict as u8);
            assert!(asks.iter().map(verdict).sum::<u64>() > 0, "some are denied");
        });
        println!("single decisions, ids: {cpu:.0} ns");
        // What a flow costs that a binding keeps: not all of them, they are large.
        let some = &asks[..count.min(50_000)];
        let kept: Vec<FlowIn> = some.iter().map(|ask| said(&cluster, ask)).collect();
        let (cpu, _) = best(kept.len(), || {
            let verdict = |flow| engine.judge(flow).expect("known ends").verdict as u64;
            assert!(kept.iter().map(verdict).sum::<u64>() > 0, "some are denied");
        });
        println!("single decisions, prebuilt flows of the wire: {cpu:.0} ns");
    }
    for (kind, dictionaries) in [("plain", false), ("dictionary", true)] {
        if only.as_deref().is_some_and(|only| only != kind) {
            continue;
        }
        let flows = table(&cluster, &asks, dictionaries);
        let one = Table::new(&engine, TableOptions { threads: 1, ..TableOptions::default() });
        let answers = one.decide(&flows, 0).expect("a table of flows");
        let verdicts = answers.iter().flat_map(|batch| {
            let column = batch.column_by_name("verdict").expect("a verdict a row");
            let verdicts: &DictionaryArray<Int8Type> = column.as_dictionary();
            (0..batch.num_rows()).map(|row| verdicts.key(row)).collect::<Vec<_>>()
        });
        for (ask, found) in asks.iter().zip(verdicts).step_by(97) {
            assert_eq!(found, Some(usize::from(decided(program, ask))), "{ask:?}");
        }
        let (cpu, _) = best(count, || {
            let _ = one.decide(&flows, 0).expect("a table of flows");
        });
        println!("{kind}, one thread: {cpu:.0} ns a row, {:.1} M rows/s", 1e3 / cpu);
        record(&format!("rows/{kind}"), &format!("{cpu:.0}"));
        if only.is_some() {
            continue;
        }
        let two = Table::new(&engine, TableOptions { threads: 2, ..TableOptions::default() });
        let (_, wall) = best(count, || {
            let _ = two.decide(&flows, 0).expect("a table of flows");
        });
        println!("{kind}, two threads: {:.1} M rows/s by the clock", 1e3 / wall);
    }
}
