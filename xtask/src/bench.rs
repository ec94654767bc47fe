//! Every benchmark in one run, and the table of what it measured.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{others, run};

const TABLE: &str = "docs/src/performance.md";
/// The table in the page stands between these.
const BEGIN: &str = "<!-- table: `cargo xtask bench --save` -->\n";
const END: &str = "<!-- end of table -->\n";

/// A part of the run: its name, and how many minutes it may take, its builds not counted.
type Part = (&'static str, u64);

/// The engine's own rows first, then those of others.
const PARTS: [Part; 13] = [
    ("five", 4),
    ("authz", 3),
    ("one", 4),
    ("network", 3),
    ("build", 3),
    ("batch", 4),
    ("memory", 2),
    ("rows", 3),
    ("count", 6),
    ("analyses", 4),
    ("peers", 3),
    ("proxies", 4),
    ("faces", 20),
];

/// Those that are groups of criterion.
const SUITE: [&str; 6] = ["five", "authz", "one", "network", "build", "batch"];

/// Where and how a run measures.
pub(crate) struct Bench {
    /// `--quick`: smaller sets, shorter samples.
    pub(crate) quick: bool,
    /// `--save`: into the page.
    pub(crate) save: bool,
    /// The folder of everything that is built.
    pub(crate) target: PathBuf,
    /// What is measured, and does not lie with criterion.
    pub(crate) figures: PathBuf,
}

/// Runs all parts, or those that are named (`--five --peers`), and prints the table of what they and
/// earlier runs measured. `--quick`: a glance; `--table`: measures nothing; `--save`: writes the
/// table into the page.
pub(crate) fn bench(arguments: &[String]) -> bool {
    let has = |name: &str| arguments.iter().any(|one| one.strip_prefix("--") == Some(name));
    let known = |name: &str| PARTS.iter().any(|part| part.0 == name);
    let wrong =
        |one: &&String| !one.strip_prefix("--").is_some_and(|n| known(n) || OTHER.contains(&n));
    if let Some(wrong) = arguments.iter().find(wrong) {
        let all: Vec<_> = PARTS.iter().map(|part| format!("--{}", part.0)).collect();
        eprintln!("`{wrong}` is no part: {}, nor --{}", all.join(" "), OTHER.join(" --"));
        return false;
    }
    let Some(target) = run::target() else { return false };
    let bench = Bench {
        quick: has("quick"),
        save: has("save"),
        figures: target.join("criterion/figures"),
        target,
    };
    let some = PARTS.iter().any(|part| has(part.0));
    let parts: Vec<Part> =
        PARTS.into_iter().filter(|part| !has("table") && (has(part.0) || !some)).collect();
    if parts.len() == PARTS.len() {
        // Figures of an earlier run would pass for this one's.
        let _ = fs::remove_dir_all(bench.target.join("criterion"));
    }
    if fs::create_dir_all(&bench.figures).is_err() {
        eprintln!("{}: cannot be made", bench.figures.display());
        return false;
    }
    // All builds before all measuring.
    let mut whole = parts.is_empty() || bench.build(&parts);
    for (number, part) in parts.iter().enumerate() {
        eprintln!("\n== part {} of {}: {}", number + 1, parts.len(), part.0);
        // A part that fails leaves its rows "not measured"; it does not lose the others.
        whole &= bench.part(*part);
    }
    let line = ["run", "--quiet", "--release", "-p", "mayreach-benches", "--bin", "table"];
    let table = if parts.is_empty() { bench.cargo(&line) } else { bench.binary("table") };
    let Some(table) = bench.said(table) else { return false };
    print!("{table}");
    (!has("save") || write(&table)) && whole
}

const OTHER: [&str; 3] = ["quick", "table", "save"];

impl Bench {
    /// Builds what the parts run, so that no build is measured or counts as time of a part.
    fn build(&self, parts: &[Part]) -> bool {
        let has = |name: &str| parts.iter().any(|part| part.0 == name);
        let begin = Instant::now();
        let minutes = Duration::from_mins(40);
        // The suite, and with it every program of the package.
        let mut lines: Vec<Vec<&str>> =
            vec![vec!["bench", "--quiet", "-p", "mayreach-benches", "--no-run"]];
        if has("analyses") {
            lines.push(vec!["build", "--quiet", "--release", "-p", "mayreach-cli"]);
        }
        if has("count") {
            lines.push(crate::count::BUILD.to_vec());
        }
        if has("peers") {
            lines.push(others::peers("build").to_vec());
        }
        let mut whole = lines
            .iter()
            .fold(true, |whole, line| self.bounded(&mut self.cargo(line), minutes) & whole);
        if has("proxies") {
            whole &= others::build(self, minutes);
        }
        eprintln!("built in {} s", begin.elapsed().as_secs());
        whole
    }

    /// Measures one part anew, and notes when, of which commit.
    fn part(&self, (name, minutes): Part) -> bool {
        // Their builds alone take longer than a glance may.
        if name == "faces" && self.quick {
            return true;
        }
        let limit = Duration::from_secs(60 * minutes);
        let stamp = self.figures.join(format!("part_{name}"));
        let _ = fs::remove_file(&stamp);
        self.forget(&format!("{name}_"));
        let begin = Instant::now();
        let fine = match name {
            _ if SUITE.contains(&name) => self.suite(name, limit),
            "memory" | "rows" => self.bounded(&mut self.binary(name), limit),
            "analyses" => self.analyses(limit),
            "peers" => self.bounded(&mut self.cargo(&others::peers("run")), limit),
            "proxies" => others::proxies(self, limit),
            "faces" => crate::faces::measure(self.save),
            "count" => crate::count::measure(&self.figures, self.quick),
            _ => false,
        };
        let (seconds, commit) = (begin.elapsed().as_secs(), commit());
        eprintln!("{name}: {seconds} s{}", if fine { "" } else { ", and FAILED" });
        let said = format!("{commit} {seconds} {}", self.quick);
        fine && fs::write(stamp, said).is_ok()
    }

    /// What an earlier run measured must not pass for what this one did.
    fn forget(&self, beginning: &str) {
        let folders = [self.target.join("criterion"), self.figures.clone()];
        for old in folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten()
        {
            if old.file_name().to_string_lossy().starts_with(beginning) {
                let _ = fs::remove_dir_all(old.path()).or_else(|_| fs::remove_file(old.path()));
            }
        }
    }

    /// Rows of criterion whose names begin with that of the part.
    fn suite(&self, part: &str, limit: Duration) -> bool {
        let line = ["bench", "--quiet", "-p", "mayreach-benches", "--bench", "suite", "--no-run"];
        let mut cargo = self.cargo(&line);
        cargo.arg("--message-format=json");
        let built = self.said(cargo).unwrap_or_default();
        // Started by itself: what is stopped then is the suite and not only cargo.
        let mut lines = built.lines().filter(|line| line.contains("\"name\":\"suite\""));
        let path = lines.find_map(|line| line.split_once("\"executable\":\"")?.1.split('"').next());
        let Some(path) = path else { return false };
        let mut command = Command::new(path);
        command
            .args(["--bench", &format!("{part}/")])
            .env("CRITERION_HOME", self.target.join("criterion"));
        self.bounded(&mut command, limit)
    }

    /// The command's analyses, and NCA's on the same files.
    fn analyses(&self, limit: Duration) -> bool {
        let mut command = self.binary("analyses");
        command.arg(self.target.join("release/mayreach"));
        if let Some(nca) = others::nca(&self.target) {
            command.env("NCA", nca);
        }
        self.bounded(&mut command, limit)
    }

    pub(crate) fn binary(&self, name: &str) -> Command {
        Command::new(self.target.join("release").join(name))
    }

    pub(crate) fn cargo(&self, line: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(line);
        command
    }

    /// Runs a command; false if it fails or takes longer than it may.
    pub(crate) fn bounded(&self, command: &mut Command, limit: Duration) -> bool {
        let name = shown(command);
        eprintln!("$ {name}");
        command.env("CARGO_TARGET_DIR", &self.target);
        if self.quick {
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
                Ok(None) if begin.elapsed() < limit => {
                    std::thread::sleep(Duration::from_millis(200));
                }
                _ => {
                    eprintln!("{name}: took more than {} seconds, stopped", limit.as_secs());
                    let _ = child.kill();
                    let _ = child.wait();
                    return false;
                }
            }
        }
    }

    /// What a command prints.
    fn said(&self, mut command: Command) -> Option<String> {
        command.env("CARGO_TARGET_DIR", &self.target).stderr(Stdio::inherit());
        let out = command.output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
    }
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut out = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        out.push(' ');
        out += &argument.to_string_lossy();
    }
    out
}

/// The commit that is measured; "+" after it: with changes that are not committed.
fn commit() -> String {
    let line = ["describe", "--always", "--dirty=+", "--exclude=*"];
    let out = Command::new("git").args(line).output();
    out.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default()
}

/// Puts the table into the page.
fn write(table: &str) -> bool {
    let Ok(page) = fs::read_to_string(TABLE) else { return false };
    let Some((before, rest)) = page.split_once(BEGIN) else { return false };
    let Some((_, after)) = rest.split_once(END) else { return false };
    fs::write(TABLE, format!("{before}{BEGIN}\n{table}\n{END}{after}")).is_ok()
}
