//! `cargo xtask`: the demonstration, all tests, and the house rules that no compiler checks.

mod node;
mod python;
mod run;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let ok = match verb.as_str() {
        "demo" => run::demo(),
        "python" => python::test(std::env::args().any(|argument| argument == "--spark")),
        "test" => run::test(),
        "tidy" => tidy::tidy(),
        _ => {
            eprintln!("usage: cargo xtask demo | test | python [--spark] | tidy");
            false
        }
    };
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
