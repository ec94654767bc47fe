//! `cargo xtask`: the benchmarks, the demonstration, all tests, and the house rules that no compiler
//! checks.

mod bench;
mod count;
mod faces;
mod node;
mod others;
mod python;
mod run;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let rest: Vec<String> = std::env::args().skip(2).collect();
    let ok = match verb.as_str() {
        "bench" => bench::bench(&rest),
        "count" => count::count(&rest),
        "demo" => run::demo(),
        "node" => node::test(),
        "python" => python::test(std::env::args().any(|argument| argument == "--spark")),
        "test" => run::test(),
        "tidy" => tidy::tidy(),
        _ => {
            eprintln!(
                "usage: cargo xtask bench [--quick] [--PART…] [--table] [--save] | count [--save] | demo | test | \
                 node | python [--spark] | tidy"
            );
            false
        }
    };
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
