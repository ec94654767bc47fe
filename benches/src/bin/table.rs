//! Prints the table of `docs/src/performance.md` from what the last run measured.

#![allow(clippy::indexing_slicing, reason = "rows are written here")]

use std::{collections::BTreeMap, fs, process::Command};

use mayreach_benches::{folder, recorded};

/// How a bar is met.
#[derive(Clone, Copy)]
enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

use Bar::{AtLeast, AtMost};

struct Row {
    what: &'static str,
    unit: &'static str,
    bar: Bar,
    value: Figure,
}

/// Median nanoseconds of a row of criterion.
fn ns(row: &str) -> Option<f64> {
    let (group, function) = row.rsplit_once('/')?;
    let file = folder().parent()?.join(group.replace('/', "_")).join(function);
    let text = fs::read_to_string(file.join("new/estimates.json")).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

fn figure(name: &str) -> Option<f64> {
    recorded(name)?.trim().parse().ok()
}

/// Millions a second of a row that makes a whole batch.
fn millions(row: &str, flows: &str) -> Option<f64> {
    Some(figure(flows)? / ns(row)? * 1e3)
}

fn peer(name: &str) -> Option<f64> {
    Some(figure(name)? / among_peers()?)
}

/// Our own cost in the peers' run, before and after theirs.
fn among_peers() -> Option<f64> {
    Some(f64::midpoint(figure("peers/mayreach")?, figure("peers/mayreach-after")?))
}

macro_rules! rows {
    ($($what:literal, $unit:literal, $bar:expr, $value:expr;)*) => {
        [$(Row { what: $what, unit: $unit, bar: $bar, value: || $value }),*]
    };
}

fn rows() -> Vec<Row> {
    rows! {
        "five layers, borrowed strings, 10,000 policies × 10,000 workloads, hot", "ns", AtMost(150.0), ns("five/hot/10000/borrowed");
        "the same, wide", "ns", AtMost(400.0), ns("five/wide/10000/borrowed");
        "the same, hot: times its cost at 10 policies", "×", AtMost(2.0), Some(ns("five/hot/10000/borrowed")? / ns("five/hot/10/borrowed")?);
        "five layers, borrowed strings, 100,000 policies × 100,000 workloads, hot", "ns", AtMost(250.0), ns("five/hot/100000/borrowed");
        "AuthorizationPolicies alone, 10,000, hot, borrowed", "ns", AtMost(60.0), ns("authz/hot/10000/borrowed");
        "the same, handles and text", "ns", AtMost(60.0), ns("authz/hot/10000/ids");
        "the same, interned: handles and a prepared request", "ns", AtMost(20.0), ns("authz/hot/10000/prepared");
        "the same, a prepared request on a prepared connection", "ns", AtMost(10.0), ns("authz/hot/10000/connection");
        "one workload with 10,000 rules, hot, borrowed", "ns", AtMost(100.0), ns("one/hot/10000/borrowed");
        "the same, interned", "ns", AtMost(50.0), ns("one/hot/10000/prepared");
        "one workload with 100,000 rules, hot, borrowed", "ns", AtMost(100.0), ns("one/hot/100000/borrowed");
        "the same, interned", "ns", AtMost(50.0), ns("one/hot/100000/prepared");
        "network layers alone, 10,000 pods × 1,000 policies, ids, hot", "ns", AtMost(20.0), ns("network/selectors/1000x10000/ids");
        "batch, 2 threads, wide, 10,000 AuthorizationPolicies", "M/s", AtLeast(40.0), millions("batch/authz/10000/2-threads", "batch/authz/10000/flows");
        "batch, 2 threads, wide, five layers, 10,000 policies", "M/s", AtLeast(15.0), millions("batch/five/10000/2-threads", "batch/five/10000/flows");
        "batch, 2 threads, wide, 100,000 AuthorizationPolicies", "M/s", AtLeast(20.0), millions("batch/authz/100000/2-threads", "batch/authz/100000/flows");
        "compile 10,000 AuthorizationPolicies from the checked model", "ms", AtMost(50.0), Some(ns("build/compile/10000")? / 1e6);
        "memory of what is compiled", "bytes a policy", AtMost(700.0), figure("memory/compiled");
        "memory of the whole program, parsed manifests kept for `update` included", "bytes a policy", AtMost(700.0), figure("memory/program");
        "read and compile 10,000 policies from YAML", "MB/s", AtLeast(20.0), Some(figure("build/read/bytes")? / ns("build/read/yaml")? * 1e3);
        "update one AuthorizationPolicy among 100,000", "µs", AtMost(30.0), Some(ns("build/update/100000")? / 1e3);
        "all pairs of 10,000 pods × 1,000 NetworkPolicies, one port, made and counted", "ms", AtMost(50.0), Some(ns("network/pairs/all")? / 1e6);
        "matrix of 200 tenants × 3 workloads, NetworkPolicy and AuthorizationPolicy, all ports and requests: the command, from YAML, by the wall", "s", AtMost(0.5), figure("analyses/matrix");
        "NCA `--connectivity` on the same files: times that", "×", AtLeast(200.0), Some(figure("analyses/nca")? / figure("analyses/matrix")?);
        "isolate 1,000 tenants × 10 workloads, five layers, pods to come and addresses outside included", "s", AtMost(10.0), figure("analyses/isolate");
        "its memory", "MB", AtMost(1_000.0), figure("analyses/isolate/megabytes");
        "diff of that set with one policy changed", "s", AtMost(3.0), figure("analyses/diff");
        "Cedar, sliced by workload, 10,000 policies: times our borrowed cost", "×", AtLeast(100.0), peer("peers/cedar-sliced");
        "Cedar, whole set", "×", AtLeast(100_000.0), peer("peers/cedar-whole");
        "regorus, indexed by workload", "×", AtLeast(100.0), peer("peers/regorus-indexed");
        "Casbin", "×", AtLeast(500_000.0), peer("peers/casbin");
    }
    .into()
}

fn main() {
    println!("{}\n", machine());
    println!("| what | measured | bar | |\n|---|---:|---:|---|");
    for row in rows() {
        println!("{}", line(&row));
    }
    for (title, names) in growth() {
        println!("\n{title}\n");
        print_growth(names);
    }
    others();
    updates();
    counts();
}

fn line(row: &Row) -> String {
    let (sign, bar) = match row.bar {
        AtMost(bar) => ("≤", bar),
        AtLeast(bar) => ("≥", bar),
    };
    let bar_text = format!("{sign} {} {}", short(bar), row.unit);
    let Some(value) = (row.value)() else {
        return format!("| {} | not measured in this run | {bar_text} | |", row.what);
    };
    let met = match row.bar {
        AtMost(bar) => value <= bar,
        AtLeast(bar) => value >= bar,
    };
    let met = if met { "met" } else { "**missed**" };
    format!("| {} | {} {} | {bar_text} | {met} |", row.what, short(value), row.unit)
}

/// Three digits that count, thousands apart.
fn short(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Tables of the same row at growing sizes.
fn growth() -> [(&'static str, &'static [&'static str]); 3] {
    [
        (
            "Five layers, hot, ns by number of policies:",
            &["five/hot|borrowed", "five/hot|ids", "five/hot|prepared", "five/hot|connection"],
        ),
        (
            "AuthorizationPolicies alone, hot, ns by number of policies; `list` is the hand-written list, reached by number:",
            &[
                "authz/hot|borrowed",
                "authz/hot|ids",
                "authz/hot|prepared",
                "authz/hot|connection",
                "authz/hot|list",
            ],
        ),
        (
            "One workload with all of them, hot, ns by number of policies:",
            &[
                "one/hot|borrowed",
                "one/hot|ids",
                "one/hot|prepared",
                "one/hot|connection",
                "one/hot|list",
            ],
        ),
    ]
}

fn print_growth(names: &[&str]) {
    let sizes = [10, 100, 1_000, 10_000, 100_000];
    println!("| | 10 | 100 | 1,000 | 10,000 | 100,000 |\n|---|---:|---:|---:|---:|---:|");
    for name in names {
        let Some((group, way)) = name.split_once('|') else { continue };
        let cells =
            sizes.map(|n| ns(&format!("{group}/{n}/{way}")).map_or_else(String::new, short));
        println!("| {way} | {} |", cells.join(" | "));
    }
}

/// A figure of this run, if it was measured.
type Figure = fn() -> Option<f64>;

/// Every other system beside what we take for the same questions in the same run.
fn others() {
    let rows: [(&str, &str, Figure); 11] = [
        ("Cedar, policies of the workload alone", "peers/cedar-sliced", among_peers),
        ("Cedar, whole set of 10,000", "peers/cedar-whole", among_peers),
        ("regorus, data indexed by workload", "peers/regorus-indexed", among_peers),
        ("Casbin, whole set", "peers/casbin", among_peers),
        ("Calico's checker, the workload's 4 policies", "proxies/calico/mesh", || {
            figure("proxies/mesh")
        }),
        ("Calico's checker, one workload with 1,000", "proxies/calico/hot-small", || {
            figure("proxies/hot-small")
        }),
        ("Calico's checker, one workload with 10,000", "proxies/calico/hot", || {
            figure("proxies/hot")
        }),
        ("Envoy's RBAC filters, added to a request, 4 policies", "proxies/envoy/sidecar", || {
            figure("proxies/sidecar")
        }),
        ("Envoy's RBAC filters, one workload with 1,000", "proxies/envoy/hot-small", || {
            figure("proxies/hot-small")
        }),
        ("Envoy's RBAC filters, one workload with 10,000", "proxies/envoy/hot", || {
            figure("proxies/hot")
        }),
        (
            "kube-network-policies, 10,000 pods × 1,000 NetworkPolicies",
            "proxies/kube-network-policies/network",
            || figure("proxies/network"),
        ),
    ];
    println!(
        "\nOther systems, ns of processor time a decision, each beside ours (borrowed strings) for the same questions in the same run:\n"
    );
    println!("| system | ns | of so many decisions | ours | times |\n|---|---:|---:|---:|---:|");
    for (what, name, ours) in rows {
        let Some(ns) = figure(name) else {
            println!("| {what} | not measured in this run | | | |");
            continue;
        };
        let asked = figure(&format!("{name}/decisions")).map_or_else(String::new, short);
        let ours = ours();
        let times = ours.map_or_else(String::new, |ours| short(ns / ours));
        println!(
            "| {what} | {} | {asked} | {} | {times} |",
            short(ns),
            ours.map_or_else(String::new, short)
        );
    }
}

/// What one change of each kind takes.
fn updates() {
    let rows = [
        ("an AuthorizationPolicy among 10,000, in the place of itself", "10000"),
        ("the same among 100,000", "100000"),
        ("an AuthorizationPolicy that comes to 10,000, or goes", "come-and-go-10000"),
        ("the same with 100,000", "come-and-go-100000"),
        ("a NetworkPolicy among 10,000 policies of five layers", "NetworkPolicy-10000"),
        ("a PeerAuthentication there", "PeerAuthentication-10000"),
        ("a RequestAuthentication there", "RequestAuthentication-10000"),
    ];
    println!("\nOne change, µs:\n\n| what | µs |\n|---|---:|");
    for (what, row) in rows {
        let took = ns(&format!("build/update/{row}")).map(|ns| short(ns / 1e3));
        println!("| {what} | {} |", took.as_deref().unwrap_or("not measured in this run"));
    }
}

/// What callgrind counted.
fn counts() {
    let Some(text) = recorded("count/rows") else { return };
    println!(
        "\nInstructions (callgrind, fixed seeds), by set, number of policies and way in: of a decision; `batch` of a row, `pairs` of a pair, `compile` of a policy, `update` of a change:\n"
    );
    println!("| row | instructions |\n|---|---:|");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((row, count)) = line.split_once(' ') {
            println!("| {row} | {count} |");
        }
    }
}

fn said(line: &[&str]) -> String {
    let out = Command::new(line[0]).args(&line[1..]).output();
    out.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default()
}

/// Machine, versions and date.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let versions: Vec<String> = recorded("peers/versions")
        .into_iter()
        .chain(["calico", "kube-network-policies", "Envoy"].iter().filter_map(|name| {
            Some(format!("{name} {}", recorded(&format!("proxies/{name}/version"))?))
        }))
        .collect();
    format!(
        "{model}, {cores} cores; {}; {}; {}; {}.\n\n{}",
        said(&["uname", "-sr"]),
        said(&["rustc", "--version"]),
        if versions.is_empty() { "peers not run".to_owned() } else { versions.join(", ") },
        said(&["date", "-u", "+%Y-%m-%d"]),
        parts(),
    )
}

/// Which commit was measured; parts that were measured of another one, or only at a glance, by name.
fn parts() -> String {
    let mut commits: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut seconds = 0;
    for name in PARTS {
        let Some(stamp) = recorded(&format!("part/{name}")) else { continue };
        let mut words = stamp.split(' ');
        let mut commit = words.next().unwrap_or_default().to_owned();
        let took: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        seconds += took;
        if words.next() == Some("true") {
            commit.push_str(" with `--quick` (smaller sets, shorter samples)");
        }
        commits.entry(commit).or_default().push(format!("{name} {took} s"));
    }
    let each =
        commits.iter().map(|(commit, parts)| format!("commit {commit}: {}", parts.join(", ")));
    format!(
        "Measured in {} minutes, builds not counted. {}.",
        seconds.div_ceil(60),
        each.collect::<Vec<_>>().join("; ")
    )
}

/// As `xtask/src/bench.rs` runs them.
const PARTS: [&str; 13] = [
    "five", "authz", "one", "network", "build", "batch", "memory", "rows", "count", "analyses",
    "peers", "proxies", "faces",
];
