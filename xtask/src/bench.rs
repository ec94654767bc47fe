//! Every benchmark in one run, and the table of what it measured.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const FIGURES: &str = "target/criterion/figures";
const TABLE: &str = "docs/src/performance.md";
/// The table in the page stands between these.
const BEGIN: &str = "<!-- table: `cargo xtask bench --save` -->\n";
const END: &str = "<!-- end of table -->\n";

/// Runs all and prints the table; `--quick`: a glance; `--faces`: Python and Node with their peers
/// alone; `--analyses`: the command's analyses alone, without the table; `--table`: measures nothing,
/// and prints what parts that were run one by one have measured; `--save`: writes it into the page.
pub(crate) fn bench(arguments: &[String]) -> bool {
    if arguments.iter().any(|argument| argument == "--faces") {
        return crate::faces::measure(FIGURES);
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let save = arguments.iter().any(|argument| argument == "--save");
    let binary = |name: &'static str| {
        ["run", "--quiet", "--release", "-p", "mayreach-benches", "--bin", name]
    };
    if arguments.iter().any(|argument| argument == "--table") {
        let Some(table) = table(&binary("table")) else { return false };
        print!("{table}");
        return !save || write(&table);
    }
    if arguments.iter().any(|argument| argument == "--analyses") {
        return std::fs::create_dir_all(FIGURES).is_ok()
            && analyses(quick, Duration::from_mins(40));
    }
    // Figures of an earlier run would pass for this one's.
    let _ = std::fs::remove_dir_all("target/criterion");
    if std::fs::create_dir_all(FIGURES).is_err() {
        eprintln!("{FIGURES} cannot be made");
        return false;
    }
    let _ = std::fs::write(format!("{FIGURES}/quick"), quick.to_string());
    let minutes =
        |full: u64, glance: u64| Duration::from_secs(60 * if quick { glance } else { full });
    let suite = ["bench", "--quiet", "-p", "mayreach-benches", "--bench", "suite"];
    // A part that is missing leaves its rows "not measured"; it does not lose the others.
    let mut whole =
        step(quick, &["bench", "--quiet", "-p", "mayreach-benches", "--no-run"], minutes(20, 20));
    whole &= step(quick, &suite, minutes(12, 2));
    whole &= step(quick, &binary("memory"), minutes(2, 1));
    whole &= analyses(quick, minutes(25, 12));
    whole &= step(quick, &peers("build"), minutes(20, 20));
    whole &= step(quick, &peers("run"), minutes(3, 1));
    whole &= step(quick, &binary("rows"), minutes(4, 2));
    // Their builds alone take longer than a glance may.
    whole &= quick || crate::faces::measure(FIGURES);
    whole &= crate::count::measure().is_some();
    let Some(table) = table(&binary("table")) else { return false };
    print!("{table}");
    (!save || write(&table)) && whole
}

/// The command's analyses, and NCA's on the same files: `cargo xtask bench --analyses` runs these alone.
fn analyses(quick: bool, limit: Duration) -> bool {
    if !step(quick, &["build", "--quiet", "--release", "-p", "mayreach-cli"], limit) {
        return false;
    }
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let mayreach = format!("{target}/release/mayreach");
    let mut command = Command::new("cargo");
    let run = ["run", "--quiet", "--release", "-p", "mayreach-benches", "--bin", "analyses", "--"];
    command.args(run).arg(&mayreach);
    if let Some(nca) = nca(&target) {
        command.env("NCA", nca);
    }
    bounded(quick, &mut command, "analyses", limit)
}

/// NCA in an environment of its own, made if it is not there; `None`: it cannot be had.
fn nca(target: &str) -> Option<String> {
    let (folder, nca) = (format!("{target}/nca"), format!("{target}/nca/bin/nca"));
    if !Path::new(&nca).exists() {
        let ran = |command: &mut Command| command.status().is_ok_and(|status| status.success());
        let made = ran(Command::new("python3").args(["-m", "venv", &folder]))
            && ran(Command::new(format!("{folder}/bin/pip")).args([
                "install",
                "--quiet",
                "network-config-analyzer==2.1.0",
            ]));
        if !made {
            eprintln!("nca: SKIPPED: it cannot be installed");
            return None;
        }
    }
    Some(nca)
}

fn peers(verb: &'static str) -> [&'static str; 8] {
    let manifest = "benches/peers/Cargo.toml";
    [
        verb,
        "--quiet",
        "--release",
        "--locked",
        "--manifest-path",
        manifest,
        "--target-dir",
        "target/peers",
    ]
}

fn step(quick: bool, line: &[&str], limit: Duration) -> bool {
    bounded(quick, Command::new("cargo").args(line), &line.join(" "), limit)
}

/// Runs a command; false if it fails or takes longer than it may.
fn bounded(quick: bool, command: &mut Command, name: &str, limit: Duration) -> bool {
    eprintln!("\n$ {name}");
    command.env("MAYREACH_FIGURES", FIGURES);
    if quick {
        command.env("MAYREACH_QUICK", "1");
    }
    let begin = Instant::now();
    let Ok(mut child) = command.stdin(Stdio::null()).spawn() else {
        eprintln!("{name}: cannot be run");
        return false;
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if begin.elapsed() < limit => std::thread::sleep(Duration::from_millis(200)),
            _ => {
                eprintln!("{name}: took more than {} seconds, stopped", limit.as_secs());
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

fn table(line: &[&str]) -> Option<String> {
    let out = Command::new("cargo").args(line).stderr(Stdio::inherit()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Puts the table into the page.
fn write(table: &str) -> bool {
    let Ok(page) = std::fs::read_to_string(TABLE) else { return false };
    let Some((before, rest)) = page.split_once(BEGIN) else { return false };
    let Some((_, after)) = rest.split_once(END) else { return false };
    std::fs::write(TABLE, format!("{before}{BEGIN}\n{table}\n{END}{after}")).is_ok()
}
