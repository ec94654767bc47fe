//! Other engines on the same AuthorizationPolicies and the same questions, each as well as it can
//! be used. Every verdict that is timed is compared with the hand-written list's; a wrong one stops the run.

mod casbin;
mod cedar;
mod rego;

use std::{hint::black_box, time::Duration};

use mayreach::Verdict;
use mayreach_benches::{Ask, Cluster, Lists, Shape, hot, record, timed};

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
}

/// Times an engine on the questions, each of which it must answer right, prints the figure and keeps it
/// for the table.
pub(crate) fn keep(name: &str, set: &Set, budget: Duration, mut allows: impl FnMut(usize) -> bool) {
    let mut wrong = 0;
    let (ns, asked) = timed(set.asks.len(), budget, |n| {
        wrong += usize::from(black_box(allows(n)) != set.expected[n]);
    });
    assert_eq!(wrong, 0, "{name} answers otherwise");
    println!("{name}: {ns:.1} ns, {asked} decisions");
    record(&format!("peers/{name}"), &ns.to_string());
    record(&format!("peers/{name}/decisions"), &asked.to_string());
}

fn main() {
    let quick = std::env::var_os("MAYREACH_QUICK").is_some();
    let set = Set::new(if quick { 1_000 } else { 10_000 });
    let program = set.cluster.compile();
    let flows: Vec<_> = set.asks.iter().map(|ask| ask.named()).collect();
    let budget = Duration::from_millis(if quick { 300 } else { 2_000 });
    let ours = |name: &str| {
        let allows = |n: usize| program.decide(black_box(&flows[n])).verdict == Verdict::Allow;
        keep(name, &set, budget, allows);
    };
    // Before and after: the machine may have changed its pace in between.
    ours("mayreach");
    cedar::rows(&set, budget);
    rego::rows(&set, budget);
    casbin::rows(&set, budget);
    ours("mayreach-after");
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
