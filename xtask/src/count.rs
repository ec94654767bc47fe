//! Instructions a decision, counted by callgrind and held to what `benches/instructions.txt` says.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
};

const KEPT: &str = "benches/instructions.txt";
const FIGURE: &str = "target/criterion/figures/instructions";
const BINARY: &str = "target/release/count";
/// Sets and ways in, as `benches/src/bin/count.rs` knows them.
const ROWS: [&str; 12] = [
    "authz/borrowed",
    "authz/ids",
    "authz/prepared",
    "authz/connection",
    "one/borrowed",
    "one/ids",
    "one/prepared",
    "network/ids",
    "five/borrowed",
    "five/ids",
    "five/prepared",
    "five/connection",
];
/// Per cent that a count may differ from the kept one.
const TOLERANCE: f64 = 2.0;

/// Counts, and compares; `--save` keeps the counts instead.
pub(crate) fn count(arguments: &[String]) -> bool {
    let Some(counts) = measure() else { return false };
    if arguments.iter().any(|argument| argument == "--save") {
        let head =
            format!("# Instructions a decision; `cargo xtask count --save`\n# {}\n", compiler());
        return fs::write(KEPT, head + &listed(&counts)).is_ok();
    }
    compare(&counts)
}

/// Counts every row, and keeps them for the table.
pub(crate) fn measure() -> Option<Vec<(String, f64)>> {
    let line = ["build", "--quiet", "--release", "-p", "mayreach-benches", "--bin", "count"];
    Command::new("cargo").args(line).status().ok().filter(std::process::ExitStatus::success)?;
    let mut counts = Vec::new();
    for row in ROWS {
        let Some(count) = one(row) else {
            eprintln!("{row}: not counted; is valgrind there? (`apt-get install valgrind`)");
            return None;
        };
        eprintln!("{row}: {count:.1} instructions a decision");
        counts.push((row.to_owned(), count));
    }
    let folder = std::path::Path::new(FIGURE).parent()?;
    fs::create_dir_all(folder).ok()?;
    fs::write(FIGURE, listed(&counts)).ok()?;
    Some(counts)
}

/// Counts within the functions `counted_…` only: neither reading nor compiling counts.
fn one(row: &str) -> Option<f64> {
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*counted_*"])
        .args([BINARY, row])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let decisions: f64 = String::from_utf8_lossy(&out.stdout).trim().parse().ok()?;
    let said = String::from_utf8_lossy(&out.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected :"))?.1;
    let collected: f64 = collected.trim().parse().ok()?;
    (collected > 0.0).then_some(collected / decisions)
}

fn listed(counts: &[(String, f64)]) -> String {
    counts.iter().fold(String::new(), |mut out, (row, count)| {
        let _ = writeln!(out, "{row} {count:.1}");
        out
    })
}

/// Which compiler made the counts: another one makes others.
fn compiler() -> String {
    let out = Command::new("rustc").arg("--version").output();
    let text = out.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    format!("{} {}", text.unwrap_or_default(), std::env::consts::ARCH)
}

fn compare(counts: &[(String, f64)]) -> bool {
    let kept = fs::read_to_string(KEPT).unwrap_or_default();
    let same = kept.lines().any(|line| line.strip_prefix("# ") == Some(&compiler()));
    if !same {
        eprintln!(
            "{KEPT} is of another compiler: compared with nothing. `cargo xtask count --save`"
        );
        return true;
    }
    let mut fine = true;
    for (row, count) in counts {
        let before = kept.lines().find_map(|line| line.strip_prefix(&format!("{row} ")));
        let Some(before) = before.and_then(|text| text.parse::<f64>().ok()) else {
            eprintln!("{row}: {KEPT} has no count; `cargo xtask count --save`");
            fine = false;
            continue;
        };
        let change = (count / before - 1.0) * 100.0;
        if change.abs() > TOLERANCE {
            eprintln!(
                "{row}: {count:.1} instructions a decision, {before:.1} kept ({change:+.1} %); \
                 if that is meant: `cargo xtask count --save`"
            );
            fine = false;
        }
    }
    fine
}
