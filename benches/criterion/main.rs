//! Every timed row of the table. `cargo bench -p mayreach-benches -- five/`: only rows whose names begin so; no
//! other clusters are made. `MAYREACH_QUICK=1`: smaller sets, shorter samples.

#![allow(
    clippy::expect_used,
    clippy::redundant_closure_for_method_calls,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a suite that cannot go on must stop"
)]

mod authz;
mod batch;
mod build;
mod clock;
mod five;
mod network;
mod set;

use std::time::Duration;

use criterion::Criterion;

/// Whether only a glance is wanted.
pub(crate) fn quick() -> bool {
    std::env::var_os("MAYREACH_QUICK").is_some()
}

/// Whether rows of that beginning are asked for.
pub(crate) fn wanted(name: &str) -> bool {
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    asked.is_none_or(|asked| name.starts_with(&asked) || asked.starts_with(name))
}

/// How long each row may take.
pub(crate) fn timed<M: criterion::measurement::Measurement>(c: Criterion<M>) -> Criterion<M> {
    let (warm, measure) = if quick() { (100, 300) } else { (300, 1_000) };
    c.sample_size(if quick() { 10 } else { 20 })
        .warm_up_time(Duration::from_millis(warm))
        .measurement_time(Duration::from_millis(measure))
        .nresamples(2_000)
        .without_plots()
        .configure_from_args()
}

fn main() {
    let mut cpu = timed(Criterion::default().with_measurement(clock::Cpu));
    five::rows(&mut cpu);
    authz::rows(&mut cpu);
    network::rows(&mut cpu);
    build::rows(&mut cpu);
    batch::rows(&mut timed(Criterion::default()));
    cpu.final_summary();
}
