//! `cargo xtask`: the demonstration, all tests, and the house rules that no compiler checks.

mod node;
mod run;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let ok = match verb.as_str() {
        "demo" => run::demo(),
        "test" => run::test(),
        "tidy" => tidy::tidy(),
        _ => {
            eprintln!("usage: cargo xtask demo | test | tidy");
            false
        }
    };
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
