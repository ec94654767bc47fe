//! Other engines on the same AuthorizationPolicies and the same questions, each as well as it can
//! be used; every verdict is checked against the hand-written list before it is timed.

mod casbin;
mod cedar;
mod rego;

use std::{hint::black_box, time::Duration};

use mayreach_benches::{Ask, Cluster, Lists, Shape, cpu_now, hot, record};

/// The questions, with what each peer needs of them.
pub(crate) struct Set {
    pub(crate) cluster: Cluster,
    pub(crate) asks: Vec<Ask>,
    pub(crate) principals: Vec<String>,
    pub(crate) expected: Vec<bool>,
}

impl Set {
    fn new(policies: usize) -> Self {
        let cluster = Cluster::new(Shape::Mesh, policies, policies / 4, 1);
        let asks = hot(&cluster);
        let principals: Vec<String> =
            asks.iter().map(|ask| cluster.workloads[ask.source as usize].principal()).collect();
        let lists = Lists::new(&cluster);
        let expected =
            asks.iter().zip(&principals).map(|(ask, who)| lists.allows(ask, who)).collect();
        Self { cluster, asks, principals, expected }
    }

    /// What a peer must answer before it is timed. A workload without ALLOW policies lets
    /// everybody in; peers have no such default and are asked where there is one.
    pub(crate) fn check(&self, questions: usize, mut answer: impl FnMut(usize) -> bool) {
        for number in 0..questions {
            let (got, wanted) = (answer(number), self.expected[number]);
            assert_eq!(got, wanted, "{:?}", self.asks[number]);
        }
    }
}

/// Median nanoseconds of processor time of one question, within about `budget`.
pub(crate) fn time(questions: usize, budget: Duration, mut ask: impl FnMut(usize)) -> f64 {
    let begin = cpu_now();
    ask(0);
    let one = (cpu_now() - begin).max(Duration::from_nanos(50));
    let samples = 15_u32;
    let each = (budget.as_nanos() / u128::from(samples) / one.as_nanos()).clamp(1, 100_000) as u32;
    let mut number = 0;
    let mut medians: Vec<f64> = Vec::new();
    let end = begin + budget * 2;
    for _ in 0..samples {
        let begin = cpu_now();
        for _ in 0..each {
            ask(number);
            number = (number + 1) % questions;
        }
        medians.push((cpu_now() - begin).as_secs_f64() * 1e9 / f64::from(each));
        if cpu_now() > end {
            break;
        }
    }
    medians.sort_by(f64::total_cmp);
    medians[medians.len() / 2]
}

/// Prints a figure and keeps it for the table.
pub(crate) fn keep(name: &str, ns: f64) {
    println!("{name}: {ns:.1} ns");
    record(&format!("peers/{name}"), &ns.to_string());
}

fn main() {
    let quick = std::env::var_os("MAYREACH_QUICK").is_some();
    let set = Set::new(10_000);
    let program = set.cluster.compile();
    let flows: Vec<_> = set.asks.iter().map(|ask| ask.named(&set.cluster)).collect();
    set.check(flows.len(), |n| program.decide(&flows[n]).verdict == mayreach::Verdict::Allow);
    let budget = Duration::from_millis(if quick { 300 } else { 2_000 });
    let ours = || {
        time(flows.len(), budget, |n| {
            black_box(program.decide(&flows[n]));
        })
    };
    let before = ours();
    cedar::rows(&set, budget);
    rego::rows(&set, budget);
    casbin::rows(&set, budget);
    // Before and after: the machine may have changed its pace in between.
    keep("mayreach", f64::midpoint(before, ours()));
    record("peers/versions", &versions());
}

/// Versions as the lock file of this crate has them.
fn versions() -> String {
    let lock = include_str!("../Cargo.lock");
    let version = |name: &str| {
        let after = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map(|(_, a)| a);
        let version = after.and_then(|a| a.split_once('"')).map_or("?", |(version, _)| version);
        format!("{name} {version}")
    };
    ["cedar-policy", "regorus", "casbin"].map(version).join(", ")
}
