//! Runs other programs and says which.

use std::process::Command;

/// Runs one command line; false if it fails.
fn run(line: &[&str]) -> bool {
    let Some((program, arguments)) = line.split_first() else { return false };
    println!("\n$ {}", line.join(" ").replace("cargo run --quiet -p mayreach-cli --", "mayreach"));
    match Command::new(program).args(arguments).status() {
        // Exit status 1 is an answer: denied.
        Ok(status) => matches!(status.code(), Some(0 | 1)),
        Err(error) => {
            eprintln!("{program}: {error}");
            false
        }
    }
}

fn must(line: &[&str]) -> bool {
    println!("\n$ {}", line.join(" "));
    match Command::new(line.first().unwrap_or(&"")).args(line.get(1..).unwrap_or(&[])).status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{error}");
            false
        }
    }
}

const MAYREACH: [&str; 6] = ["cargo", "run", "--quiet", "-p", "mayreach-cli", "--"];

/// The main job on `examples/tenants`: the tenant matrix, and one denial explained.
pub(crate) fn demo() -> bool {
    let with = |rest: &[&'static str]| [&MAYREACH[..], rest].concat();
    run(&with(&["matrix", "examples/tenants", "--by", "label:tenant"]))
        && run(&with(&[
            "check",
            "examples/tenants",
            "--from",
            "tenant-acme/web",
            "--to",
            "service:tenant-globex/api",
            "--port",
            "80",
            "--method",
            "GET",
            "--path",
            "/v1/orders",
        ]))
}

/// Every test of every language.
pub(crate) fn test() -> bool {
    must(&["cargo", "test", "--workspace", "--quiet"])
}
