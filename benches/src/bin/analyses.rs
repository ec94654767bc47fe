//! Times the analyses as a person runs them: the command, from YAML, by the wall; and NCA (PyPI
//! `network-config-analyzer`) on the same files in the same run, where `NCA` names it.
//!
//! usage: analyses MAYREACH

#![allow(clippy::expect_used, reason = "a mistake of the suite must stop it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use mayreach_benches::{Layers, Tenants, folder, record};

/// NCA is stopped after so long: then the row says at least how many times.
const NCA_MAX: Duration = Duration::from_mins(10);

/// What one run took.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    megabytes: f64,
    ended: bool,
}

fn main() {
    let mayreach = std::env::args().nth(1).expect("usage: analyses MAYREACH");
    let quick = std::env::var_os("MAYREACH_QUICK").is_some();
    let runs = if quick { 3 } else { 7 };
    let (tenants, wide) = if quick { (50, 200) } else { (200, 1_000) };

    let small = Tenants { tenants, workloads: 3, layers: Layers::Two, changed: None };
    let small = files("small", &small);
    let matrix = best(runs, &mayreach, &["matrix", text(&small)]);
    say("matrix", &matrix, &format!("{tenants} tenants × 3 workloads, whole matrix"));
    record("analyses/matrix", &matrix.seconds.to_string());
    if let Some(nca) = std::env::var_os("NCA") {
        let words = ["--connectivity", text(&small), "-r", text(&small)];
        let took = once(Path::new(&nca), &words, NCA_MAX);
        say("nca --connectivity", &took, if took.ended { "the same files" } else { "stopped" });
        record("analyses/nca", &took.seconds.to_string());
    } else {
        println!("nca: not measured (`NCA` names the command)");
    }

    let large = Tenants { tenants: wide, workloads: 10, layers: Layers::Five, changed: None };
    let old = files("large", &large);
    let new = files("changed", &Tenants { changed: Some(wide / 2), ..large });
    let isolate = best(runs.min(3), &mayreach, &["isolate", text(&old), "--by", "label:tenant"]);
    say("isolate", &isolate, &format!("{wide} tenants × 10 workloads, five layers"));
    record("analyses/isolate", &isolate.seconds.to_string());
    record("analyses/isolate/megabytes", &isolate.megabytes.to_string());
    let diff = best(runs.min(3), &mayreach, &["diff", text(&old), text(&new)]);
    say("diff", &diff, "that set with one policy changed");
    record("analyses/diff", &diff.seconds.to_string());
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

fn say(what: &str, took: &Took, of: &str) {
    println!("{what}: {:.3} s, {:.0} MB ({of})", took.seconds, took.megabytes);
}

/// Writes a set into a folder of its own.
fn files(name: &str, set: &Tenants) -> PathBuf {
    let path = folder().join("tenants").join(name);
    fs::create_dir_all(&path).expect("a folder");
    fs::write(path.join("all.yaml"), set.yaml()).expect("a file");
    path
}

/// The fastest of several: what else runs on the machine only adds.
fn best(runs: usize, mayreach: &str, words: &[&str]) -> Took {
    let limit = Duration::from_mins(2);
    let all = (0..runs).map(|_| once(Path::new(mayreach), words, limit));
    all.min_by(|a, b| a.seconds.total_cmp(&b.seconds)).expect("one run")
}

fn once(program: &Path, words: &[&str], limit: Duration) -> Took {
    let begin = Instant::now();
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command");
    let status = format!("/proc/{}/status", child.id());
    let mut kilobytes: f64 = 0.0;
    loop {
        if let Some(ended) = child.try_wait().expect("a child") {
            // 1: denied, open: an answer.
            assert!(ended.code().is_some_and(|code| code < 2), "{words:?} ends with {ended}");
            break;
        }
        let known = fs::read_to_string(&status).unwrap_or_default();
        let peak = known.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|rest| rest.trim().split(' ').next()?.parse().ok());
        kilobytes = kilobytes.max(peak.unwrap_or(0.0));
        if begin.elapsed() > limit {
            child.kill().expect("a child");
            child.wait().expect("a child");
            return Took {
                seconds: begin.elapsed().as_secs_f64(),
                megabytes: kilobytes / 1e3,
                ended: false,
            };
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Took { seconds: begin.elapsed().as_secs_f64(), megabytes: kilobytes / 1e3, ended: true }
}
