//! Instructions a decision, counted by callgrind and held to what `benches/instructions.txt` says.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

use crate::run;

const KEPT: &str = "benches/instructions.txt";
/// A set, as `benches/src/bin/count.rs` knows it, of so many policies and workloads.
type Set = (&'static str, &'static str, &'static str);

/// What is kept, and guarded.
const GUARDED: [Set; 4] = [
    ("authz", "1000", "250"),
    ("one", "1000", "200"),
    ("network", "250", "500"),
    ("five", "1000", "500"),
];
/// As large as the rows of the table that are timed: counted for that table alone.
const LARGE: [Set; 4] = [
    ("authz", "10000", "2500"),
    ("one", "10000", "2000"),
    ("network", "1000", "10000"),
    ("five", "10000", "10000"),
];
pub(crate) const BUILD: [&str; 8] =
    ["build", "--quiet", "--profile", "count", "-p", "mayreach-benches", "--bin", "count"];
/// Per cent that a count may differ from the kept one.
const TOLERANCE: f64 = 2.0;

/// Counts, and compares; `--save` keeps the counts instead.
pub(crate) fn count(arguments: &[String]) -> bool {
    let Some(counts) = sets(&GUARDED) else { return false };
    if arguments.iter().any(|argument| argument == "--save") {
        let head =
            format!("# Instructions a decision; `cargo xtask count --save`\n# {}\n", compiler());
        return fs::write(KEPT, head + &listed(&counts)).is_ok();
    }
    compare(&counts)
}

/// Counts every row, and keeps them for the table.
pub(crate) fn measure(figures: &Path, quick: bool) -> bool {
    let large = if quick { &[][..] } else { &LARGE };
    let counts = sets(&[&GUARDED, large].concat());
    counts.is_some_and(|counts| fs::write(figures.join("count_rows"), listed(&counts)).is_ok())
}

fn sets(sets: &[Set]) -> Option<Vec<(String, f64)>> {
    let target = run::target()?;
    Command::new("cargo").args(BUILD).status().ok().filter(ExitStatus::success)?;
    let mut counts = Vec::new();
    for set in sets {
        let Some(mut rows) = one(&target, *set) else {
            eprintln!("{set:?}: not counted; is valgrind there? (`apt-get install valgrind`)");
            return None;
        };
        for (row, count) in &rows {
            eprintln!("{row}: {count:.1} instructions");
        }
        counts.append(&mut rows);
    }
    Some(counts)
}

/// Counts what lies between two calls of `mark_of_count` only: neither reading nor compiling counts. Callgrind
/// writes a file before each of them.
fn one(target: &Path, (set, policies, workloads): Set) -> Option<Vec<(String, f64)>> {
    let folder = target.join("count-out");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).ok()?;
    let out = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", folder.join("part").display()))
        .arg("--dump-before=*mark_of_count*")
        .arg(target.join("count/count"))
        .args([set, policies, workloads])
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|out| out.status.success())?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let rows = said.lines().zip(1_u32..).map(|(line, number)| {
        let (way, questions) = line.split_once(' ')?;
        let part = fs::read_to_string(folder.join(format!("part.{}", 2 * number))).ok()?;
        let total = part.lines().find_map(|line| line.strip_prefix("totals: "))?;
        let each = total.trim().parse::<f64>().ok()? / questions.parse::<f64>().ok()?;
        (each > 0.0).then(|| (format!("{set}/{policies}/{way}"), each))
    });
    rows.collect()
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
    let Ok(kept) = fs::read_to_string(KEPT) else {
        eprintln!("{KEPT} is not there: `cargo xtask count --save`, and commit it");
        return false;
    };
    if !kept.lines().any(|line| line.strip_prefix("# ") == Some(&compiler())) {
        eprintln!("{KEPT} is of another compiler than {}: `cargo xtask count --save`", compiler());
        // Somebody's own compiler is no fault of theirs.
        return std::env::var_os("CI").is_none();
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
                "{row}: {count:.1} instructions, {before:.1} kept ({change:+.1} %); if that is meant: \
                 `cargo xtask count --save`, and commit {KEPT}"
            );
            fine = false;
        }
    }
    fine
}
