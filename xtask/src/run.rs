//! Runs other programs and says which.

use std::{path::PathBuf, process::Command};

use crate::python;

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

pub(crate) fn must(line: &[&str]) -> bool {
    must_be(line, Command::new(line.first().unwrap_or(&"")).args(line.get(1..).unwrap_or(&[])))
}

pub(crate) fn must_with(line: &[&str], name: &str, value: &std::path::Path) -> bool {
    let mut command = Command::new(line.first().unwrap_or(&""));
    must_be(line, command.args(line.get(1..).unwrap_or(&[])).env(name, value))
}

pub(crate) fn must_be(line: &[&str], command: &mut Command) -> bool {
    println!("\n$ {}", line.join(" "));
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{error}");
            false
        }
    }
}

/// The command, built.
pub(crate) fn command() -> Option<PathBuf> {
    let target = PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()));
    let built = must(&["cargo", "build", "--quiet", "-p", "mayreach-cli"]);
    let name = format!("debug/mayreach{}", std::env::consts::EXE_SUFFIX);
    std::path::absolute(target.join(name)).ok().filter(|_| built)
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
        && browser()
        && super::node::test()
        && python::test(false)
}

/// The page in a real browser, where there is one.
fn browser() -> bool {
    let known = ["chromium", "chromium-browser", "google-chrome"];
    let found = known.into_iter().find_map(|name| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
    });
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let Some(chromium) = named.or(found) else {
        println!("\nSKIPPED: the page's tests need Chromium (`apt-get install chromium`)");
        return std::env::var_os("CI").is_none();
    };
    must(&["npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", "tests/browser"])
        && must(&["cargo", "build", "--quiet", "-p", "mayreach-cli"])
        && must_with(&["node", "--test", "tests/browser/"], "CHROMIUM", &chromium)
}
