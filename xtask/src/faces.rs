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

/// Measures both, each with its peers, and keeps what they say under `figures`. What cannot be
/// installed is left out, loudly.
pub(crate) fn measure(figures: &str) -> bool {
    let _ = fs::create_dir_all(figures);
    let mut whole = true;
    for (name, said) in [("python", python()), ("node", node())] {
        match said {
            Some(said) => whole &= fs::write(format!("{figures}/{name}"), said).is_ok(),
            None => {
                eprintln!("\n{name}: SKIPPED: something of it could not be installed or failed");
                whole = false;
            }
        }
    }
    whole
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
