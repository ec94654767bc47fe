//! The suite measures what it says: every shape compiles, and its flows are answered as the
//! reference evaluator and, where it can, the hand-written list answer them.

#![allow(clippy::indexing_slicing, missing_docs, reason = "tests")]

use mayreach::Verdict;
use mayreach_benches::{Cluster, Lists, Shape, hot, wide};

const SHAPES: [Shape; 6] =
    [Shape::Mesh, Shape::Hot, Shape::Paths, Shape::Selectors, Shape::Cidrs, Shape::Layers];

#[test]
fn every_shape_is_answered_as_the_reference_answers() {
    for shape in SHAPES {
        let cluster = Cluster::new(shape, 60, 40, 3);
        let program = cluster.compile();
        let lists = Lists::new(&cluster);
        let mut allowed = 0;
        let asks = [&hot(&cluster)[..100], &wide(&cluster, 200)].concat();
        for ask in &asks {
            let flow = ask.named();
            let decision = program.decide(&flow);
            assert_eq!(decision, program.decide_by_reference(&flow), "{shape:?} {ask:?}");
            assert_ne!(decision.verdict, Verdict::Undetermined, "{shape:?} {ask:?} {decision:?}");
            let allow = decision.verdict == Verdict::Allow;
            allowed += usize::from(allow);
            if matches!(shape, Shape::Mesh | Shape::Hot | Shape::Paths) {
                let principal = cluster.workloads[ask.source as usize].principal();
                assert_eq!(allow, lists.allows(ask, &principal), "{shape:?} {ask:?}");
            }
        }
        let share = allowed * 100 / asks.len();
        assert!((10..=90).contains(&share), "{shape:?}: {share} % allowed tells nothing");
    }
}

#[test]
fn the_same_seed_is_the_same_cluster() {
    let text = |seed| Cluster::new(Shape::Layers, 40, 20, seed).manifests;
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

/// What is timed is what it says it is.
#[test]
fn tenants_are_isolated_and_one_policy_makes_a_difference() {
    use mayreach::{
        DifferenceQuestion, GroupBy, Isolated, IsolationQuestion, Options, Program, Source,
    };
    use mayreach_benches::{Layers, Tenants};
    for layers in [Layers::Two, Layers::Five] {
        let set = |changed| Tenants { tenants: 3, workloads: 2, layers, changed };
        let compile = |changed| {
            let source = Source::new("tenants.yaml", set(changed).yaml());
            Program::compile(&[source], &Options::default()).expect("manifests")
        };
        let (old, new) = (compile(None), compile(Some(1)));
        assert_eq!(old.notes().len(), 0, "{:?}", old.notes());
        let open = |program: &Program| {
            let question = IsolationQuestion {
                tenants: program.tenants(&GroupBy::Label("tenant".to_owned())),
                new_pods: true,
                outside: true,
                ..IsolationQuestion::default()
            };
            let found = program.isolate(&question, |_, _| ());
            let verdict = |cell: &Option<u32>| cell.map(|n| found.findings[n as usize].verdict);
            let open = |cell: &&Option<u32>| verdict(cell) == Some(Isolated::Open);
            let unknown = |cell: &Option<u32>| verdict(cell) == Some(Isolated::NotProved);
            assert!(!found.cells.iter().any(unknown));
            found.cells.iter().filter(open).count()
        };
        // What is let in is no tenant.
        assert_eq!((open(&old), open(&new)), (0, 0), "{layers:?}");
        let found = old.difference(&new, &DifferenceQuestion::default(), |_, _| ());
        assert!(found.unproved.is_empty());
        assert!(found.changes.iter().all(mayreach::Change::opened));
        assert!(!found.changes.is_empty(), "{layers:?}");
    }
}
