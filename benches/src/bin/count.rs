//! Asks prepared questions of one set, way by way, so that `valgrind --tool=callgrind` can count what each takes:
//! `cargo xtask count`. Prints each way, and how many questions it asked.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a count that fails must stop"
)]

use std::hint::black_box;

use mayreach::{
    AnswerColumns, Changes, Connection, PreparedRequest, Program, Protocol, Source, WorkloadId,
};
use mayreach_benches::{Ask, Cluster, Columns, Prepared, Shape, hot};

/// Where counting begins and ends: callgrind writes down what it counted before each call, and begins anew.
#[inline(never)]
fn mark_of_count() {
    black_box(());
}

fn counted(ask: impl FnOnce()) {
    mark_of_count();
    ask();
    mark_of_count();
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let set = arguments.next().expect("a set, such as `authz`");
    let mut size = || arguments.next().and_then(|size| size.parse().ok()).expect("a size");
    let (policies, workloads) = (size(), size());
    let shape = match set.as_str() {
        "authz" => Shape::Mesh,
        "one" => Shape::Hot,
        "network" => Shape::Selectors,
        "five" => Shape::Layers,
        other => panic!("no set `{other}`"),
    };
    let cluster = Cluster::new(shape, policies, workloads, 1);
    let program = cluster.compile();
    let workload = |name: &str, namespace: &str| program.workload(namespace, name);
    let ids = cluster.workloads.iter().map(|w| workload(&w.name, &w.namespace).expect("its own"));
    let ids: Vec<WorkloadId> = ids.collect();
    let asks = hot(&cluster);
    match shape {
        Shape::Selectors => network(&program, &ids, &asks),
        Shape::Layers => five(&program, &ids, &asks),
        _ => authorization(&cluster, &program, &ids, &asks),
    }
}

/// Asks everything once without counting, then counts: what is made on first use is made.
fn row<T>(way: &str, asked: &[T], mut ask: impl FnMut(&T)) {
    asked.iter().for_each(&mut ask);
    println!("{way} {}", asked.len());
    counted(|| asked.iter().for_each(|one| ask(black_box(one))));
}

/// The same of what asks so many questions at once.
fn at_once(way: &str, questions: usize, mut ask: impl FnMut()) {
    ask();
    println!("{way} {questions}");
    counted(ask);
}

fn five(program: &Program, ids: &[WorkloadId], asks: &[Ask]) {
    let named: Vec<_> = asks.iter().map(|ask| ask.named()).collect();
    row("borrowed", &named, |flow| {
        black_box(program.decide(flow));
    });
    let resolved: Vec<_> = asks.iter().map(|ask| ask.resolved(ids)).collect();
    row("ids", &resolved, |flow| {
        black_box(program.decide(flow));
    });
    let prepared: Vec<Prepared<'_>> = asks.iter().map(|ask| ask.prepared(ids)).collect();
    row("prepared", &prepared, |one| {
        black_box(program.decide_prepared(one.source, one.destination, one.port, &one.request));
    });
    row("connection", &connections(program, ids, asks), |(connection, request)| {
        black_box(connection.decide_prepared(request));
    });
    let columns = Columns::new(ids, asks);
    let mut verdict = vec![3; asks.len()];
    at_once("batch", asks.len(), || {
        let mut answers = AnswerColumns { verdict: &mut verdict, ..AnswerColumns::default() };
        program.decide_columns(&columns.all(), &mut answers).expect("even columns");
    });
}

fn authorization(cluster: &Cluster, program: &Program, ids: &[WorkloadId], asks: &[Ask]) {
    let named: Vec<_> = asks.iter().map(|ask| ask.named()).collect();
    row("borrowed", &named, |flow| {
        black_box(program.authorize(flow));
    });
    let resolved: Vec<_> = asks.iter().map(|ask| ask.resolved(ids)).collect();
    row("ids", &resolved, |flow| {
        black_box(program.authorize(flow));
    });
    let prepared: Vec<Prepared<'_>> = asks.iter().map(|ask| ask.prepared(ids)).collect();
    row("prepared", &prepared, |one| {
        black_box(program.authorize_prepared(one.source, one.destination, one.port, &one.request));
    });
    row("connection", &connections(program, ids, asks), |(connection, request)| {
        black_box(connection.authorize_prepared(request));
    });
    let columns = Columns::new(ids, asks);
    let mut verdict = vec![3; asks.len()];
    at_once("batch", asks.len(), || {
        let mut answers = AnswerColumns { verdict: &mut verdict, ..AnswerColumns::default() };
        program.authorize_columns(&columns.all(), &mut answers).expect("even columns");
    });
    at_once("compile", cluster.policies, || {
        black_box(program.compiled_again());
    });
    let forms = [0, 1].map(|form| {
        let text = cluster.one_policy(cluster.policies / 2, form);
        Changes { set: vec![Source::new("change.yaml", text)], ..Changes::default() }
    });
    let mut changed = program.clone();
    row("update", &forms, |change| {
        changed = changed.update(change).expect("a sound change");
    });
}

fn network(program: &Program, ids: &[WorkloadId], asks: &[Ask]) {
    let named: Vec<_> = asks.iter().map(|ask| ask.named()).collect();
    row("borrowed", &named, |flow| {
        black_box(program.network(flow));
    });
    let resolved: Vec<_> = asks.iter().map(|ask| ask.resolved(ids)).collect();
    row("ids", &resolved, |flow| {
        black_box(program.network(flow));
    });
    at_once("pairs", ids.len() * ids.len(), || {
        black_box(program.network_pairs(Protocol::Tcp, 8080).count(mayreach::Verdict::Allow));
    });
}

fn connections<'a>(
    program: &'a Program,
    ids: &[WorkloadId],
    asks: &'a [Ask],
) -> Vec<(Connection<'a>, PreparedRequest<'a>)> {
    let each = asks
        .iter()
        .map(|ask| (program.connect(&ask.resolved(ids)), PreparedRequest::new(ask.request())));
    each.collect()
}
