//! What a call costs from Python and Node, and what other packages take for the same questions: built
//! and installed in folders of their own. Not part of the tests.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::run::{must, must_with};

/// What the scripts in `benches/python` use beside the package.
const REQUIREMENTS: &str = "benches/python/requirements.txt";

const PAGE: &str = "docs/src/performance.md";
/// The tables in the page stand between these.
const BEGIN: &str = "<!-- faces: `cargo xtask bench --faces --save` -->\n";
const END: &str = "<!-- end of faces -->\n";

/// Measures both, each with its peers; `save`: into the page. What cannot be installed is left out,
/// loudly, and what another engine answers otherwise is an error.
pub(crate) fn measure(save: bool) -> bool {
    let mut tables = String::new();
    for (name, said) in [("python", python()), ("node", node())] {
        let Some(said) = said else {
            eprintln!("\n{name}: SKIPPED: something of it could not be installed or failed");
            return false;
        };
        tables.extend(["\n", said.trim(), "\n"]);
    }
    !save || write(&tables)
}

fn write(tables: &str) -> bool {
    let Ok(page) = fs::read_to_string(PAGE) else { return false };
    let Some((before, rest)) = page.split_once(BEGIN) else { return false };
    let Some((_, after)) = rest.split_once(END) else { return false };
    let said = |program: &str, arguments: &[&str]| {
        let out = Command::new(program).args(arguments).output().ok()?;
        Some(String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let head = format!(
        "{}, {cores} cores; Linux {}; {}; commit {}; {}.",
        model.map_or("unknown processor", |(_, model)| model),
        said("uname", &["-r"]).unwrap_or_default(),
        said("rustc", &["--version"]).unwrap_or_default(),
        said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_default(),
        said("date", &["-u", "+%F"]).unwrap_or_default(),
    );
    fs::write(PAGE, format!("{before}{BEGIN}\n{head}\n{tables}\n{END}{after}")).is_ok()
}

fn python() -> Option<String> {
    let target = crate::run::target()?;
    let folder = target.join("python-bench");
    let python = folder.join("bin/python").to_str()?.to_owned();
    let base = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let wanted = fs::read_to_string(REQUIREMENTS).ok()?;
    let stamp = folder.join("requirements.txt");
    if !fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
        let made = must(&[&base, "-m", "venv", "--clear", folder.to_str()?])
            && must(&[&python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]);
        made.then(|| fs::write(&stamp, wanted).ok()).flatten()?;
    }
    // A release build, as users get it.
    let install = ["install", "--quiet", "--force-reinstall", "--no-deps", "./bindings/python"];
    let install = [&[python.as_str(), "-m", "pip"], &install[..]].concat();
    if !must_with(&install, "CARGO_TARGET_DIR", &target) {
        return None;
    }
    let speed = said(&python, &["benches/python/speed.py"], Path::new("."))?;
    Some(speed + &said(&python, &["benches/python/peers.py"], Path::new("."))?)
}

fn node() -> Option<String> {
    let npm = |folder: &str, arguments: &[&str]| {
        must(&[&["npm", "--prefix", folder, "--silent"], arguments].concat())
    };
    let made = npm("bindings/node", &["ci", "--no-audit", "--no-fund"])
        && npm("bindings/node", &["run", "build"])
        && npm("benches/node", &["ci", "--no-audit", "--no-fund"]);
    made.then(|| said("node", &["bench.js"], Path::new("benches/node"))).flatten()
}

/// What a script prints, which is shown as well.
fn said(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    eprintln!("\n$ {program} {}", arguments.join(" "));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::inherit());
    let out = command.output().ok().filter(|out| out.status.success())?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    print!("{text}");
    Some(text)
}
