//! Asks prepared questions, so that `valgrind --tool=callgrind` can count what a decision costs:
//! `cargo xtask count`. Prints how many decisions it made.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a count that fails must stop")]

use std::hint::black_box;

use mayreach::{Connection, Flow, PreparedRequest, Program, WorkloadId};
use mayreach_benches::{Cluster, Prepared, Shape, hot};

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
    let named = || asks.iter().map(|ask| ask.named(&cluster)).collect::<Vec<_>>();
    let resolved = || asks.iter().map(|ask| ask.resolved(&ids)).collect::<Vec<_>>();
    let count = match (set, way) {
        ("five", "borrowed") => twice(&program, &named(), counted_flows),
        ("five", "ids") => twice(&program, &resolved(), counted_flows),
        ("network", "ids") => twice(&program, &resolved(), counted_network),
        ("authz" | "one", "borrowed") => twice(&program, &named(), counted_authorization),
        ("authz" | "one", "ids") => twice(&program, &resolved(), counted_authorization),
        (_, "prepared") => {
            let asks: Vec<Prepared<'_>> = asks.iter().map(|ask| ask.prepared(&ids)).collect();
            let ask = if set == "five" { counted_prepared } else { counted_authorized_prepared };
            ask(&program, &asks)
        }
        (_, "connection") => {
            let connections: Vec<Connection<'_>> =
                asks.iter().map(|ask| program.connect(&ask.resolved(&ids))).collect();
            let requests: Vec<PreparedRequest<'_>> =
                asks.iter().map(|ask| PreparedRequest::new(ask.request())).collect();
            let ask = if set == "five" { counted_requests } else { counted_authorized };
            ask(&connections, &requests)
        }
        _ => panic(way),
    };
    println!("{count}");
}

fn panic(what: &str) -> ! {
    eprintln!("no row `{what}`");
    std::process::exit(2)
}

/// A first time without counting: what is made on first use is made.
fn twice(program: &Program, flows: &[Flow<'_>], ask: fn(&Program, &[Flow<'_>]) -> usize) -> usize {
    for flow in flows {
        black_box(program.decide(flow));
    }
    ask(program, flows)
}

#[inline(never)]
fn counted_flows(program: &Program, flows: &[Flow<'_>]) -> usize {
    for flow in flows {
        black_box(program.decide(black_box(flow)));
    }
    flows.len()
}

#[inline(never)]
fn counted_authorization(program: &Program, flows: &[Flow<'_>]) -> usize {
    for flow in flows {
        black_box(program.authorize(black_box(flow)));
    }
    flows.len()
}

#[inline(never)]
fn counted_network(program: &Program, flows: &[Flow<'_>]) -> usize {
    for flow in flows {
        black_box(program.network(black_box(flow)));
    }
    flows.len()
}

#[inline(never)]
fn counted_prepared(program: &Program, asks: &[Prepared<'_>]) -> usize {
    for ask in asks {
        let Prepared { source, destination, port, request } = black_box(ask);
        black_box(program.decide_prepared(*source, *destination, *port, request));
    }
    asks.len()
}

#[inline(never)]
fn counted_authorized_prepared(program: &Program, asks: &[Prepared<'_>]) -> usize {
    for ask in asks {
        let Prepared { source, destination, port, request } = black_box(ask);
        black_box(program.authorize_prepared(*source, *destination, *port, request));
    }
    asks.len()
}

#[inline(never)]
fn counted_requests(prepared: &[Connection<'_>], requests: &[PreparedRequest<'_>]) -> usize {
    for (connection, request) in prepared.iter().zip(requests) {
        black_box(connection.decide_prepared(black_box(request)));
    }
    requests.len()
}

#[inline(never)]
fn counted_authorized(prepared: &[Connection<'_>], requests: &[PreparedRequest<'_>]) -> usize {
    for (connection, request) in prepared.iter().zip(requests) {
        black_box(connection.authorize_prepared(black_box(request)));
    }
    requests.len()
}
