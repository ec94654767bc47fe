//! Asks prepared questions, so that `valgrind --tool=callgrind` can count what a decision costs:
//! `cargo xtask count`. Prints how many decisions it made.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a count that fails must stop")]

use std::hint::black_box;

use mayreach::{Connection, Flow, Program, Request, WorkloadId};
use mayreach_benches::{Ask, Cluster, Shape, hot};

fn main() {
    let row = std::env::args().nth(1).unwrap_or_default();
    let (set, way) = row.split_once('/').expect("a set and a way, such as `authz/ids`");
    let (shape, policies, workloads) = match set {
        "authz" => (Shape::Mesh, 1_000, 250),
        "one" => (Shape::Hot, 1_000, 200),
        "network" => (Shape::Selectors, 250, 500),
        "five" => (Shape::Layers, 1_000, 500),
        other => panic(other),
    };
    let cluster = Cluster::new(shape, policies, workloads, 1);
    let program = cluster.compile();
    let ids: Vec<WorkloadId> = cluster
        .workloads
        .iter()
        .map(|w| program.workload(&w.namespace, &w.name).expect("its own workload"))
        .collect();
    let asks = hot(&cluster);
    let count = match way {
        "borrowed" => {
            let flows: Vec<_> = asks.iter().map(|ask| ask.named(&cluster)).collect();
            twice(&program, &flows)
        }
        "ids" => {
            let flows: Vec<_> = asks.iter().map(|ask| ask.resolved(&ids)).collect();
            twice(&program, &flows)
        }
        "connection" => {
            let prepared: Vec<_> = asks
                .iter()
                .map(|ask: &Ask| (program.connect(&ask.resolved(&ids)), ask.request()))
                .collect();
            counted_requests(&prepared)
        }
        other => panic(other),
    };
    println!("{count}");
}

fn panic(what: &str) -> ! {
    eprintln!("no row `{what}`");
    std::process::exit(2)
}

/// A first time without counting: what is made on first use is made.
fn twice(program: &Program, flows: &[Flow<'_>]) -> usize {
    for flow in flows {
        black_box(program.decide(flow));
    }
    counted_flows(program, flows)
}

#[inline(never)]
fn counted_flows(program: &Program, flows: &[Flow<'_>]) -> usize {
    for flow in flows {
        black_box(program.decide(black_box(flow)));
    }
    flows.len()
}

#[inline(never)]
fn counted_requests(prepared: &[(Connection<'_>, Request<'_>)]) -> usize {
    for (connection, request) in prepared {
        black_box(connection.decide(black_box(request)));
    }
    prepared.len()
}
