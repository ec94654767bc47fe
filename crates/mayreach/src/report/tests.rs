//! Reports ask `decide` and say what it says.

use super::{DeclaredVerdict, GroupBy};
use crate::{Flow, Layer, Options, Peer, Port, Program, Source, Verdict};

const SHOP: &str = r"
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tenant: red}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bank}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db, ports: [{name: sql, containerPort: 5432}, {containerPort: 22}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: clerk, namespace: bank, labels: {app: web}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: from-web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: other}}}]
      ports: [{port: 80}]
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: sql}]
";

fn shop() -> Program {
    Program::compile(&[Source::new("shop.yaml", SHOP)], &Options::default()).unwrap()
}

fn flow(from: (&'static str, &'static str), port: u16) -> Flow<'static> {
    let from = Peer::Workload { namespace: from.0, name: from.1 };
    Flow::new(from, Peer::Workload { namespace: "shop", name: "db" }, Port::Number(port))
}

#[test]
fn policies_that_select_come_in_the_order_they_are_asked() {
    let program = shop();
    let names = |layer| -> Vec<String> {
        let all = program.selecting(&flow(("shop", "web"), 22), layer);
        all.iter().map(|s| program.policy(s.policy).unwrap().name().to_owned()).collect()
    };
    assert_eq!(names(Layer::Ingress), ["closed", "from-web"]);
    assert_eq!(names(Layer::Egress), Vec::<String>::new());
}

#[test]
fn the_nearest_rule_is_the_one_that_missed_least() {
    let program = shop();
    let nearest = |from, port| {
        let explanation = program.explain(&flow(from, port)).unwrap();
        let layer = &explanation.walks[0].layers[1];
        program.nearest(layer).map(|near| (near.rule, near.failed.len()))
    };
    assert_eq!(nearest(("shop", "web"), 22), Some((1, 1)), "only the port is wrong");
    assert_eq!(nearest(("bank", "clerk"), 5432), Some((1, 1)), "only the namespace is wrong");
    assert_eq!(nearest(("shop", "web"), 5432), None, "it is allowed");
}

#[test]
fn the_matrix_says_what_decide_says() {
    let program = shop();
    let mut told = Vec::new();
    let matrix = program.declared(&GroupBy::Workload, |done, all| told.push((done, all)));
    assert_eq!(told.last(), Some(&(3, 3)));
    assert_eq!(matrix.cells.len(), 9);
    for answer in matrix.cells.iter().flat_map(|cell| &cell.answers) {
        let port = answer.port.map_or(Port::Unknown, Port::Number);
        let mut flow = Flow::new(Peer::Id(answer.from), Peer::Id(answer.to), port);
        flow.protocol = answer.protocol;
        assert_eq!(program.decide_by_reference(&flow).verdict, answer.verdict, "{answer:?}");
    }
}

#[test]
fn groups_roll_up() {
    let program = shop();
    let of = |by| {
        let matrix = program.declared(&by, |_, _| {});
        let verdicts: Vec<_> = matrix.cells.iter().map(super::DeclaredCell::verdict).collect();
        (matrix.groups, verdicts)
    };
    let (groups, verdicts) = of(GroupBy::Namespace);
    assert_eq!(groups, [Some("bank".to_owned()), Some("shop".to_owned())]);
    // A pod alone in its group has nobody to ask; into the shop the database is closed and the
    // web front is not.
    use DeclaredVerdict::{Allow, Mixed, Nothing};
    assert_eq!(verdicts, [Nothing, Mixed, Allow, Mixed]);
    let (groups, _) = of(GroupBy::Label("tenant".into()));
    assert_eq!(groups, [None, Some("red".to_owned())], "a namespace's label counts for its pods");
}

#[test]
fn a_description_is_made_of_answers() {
    let program = shop();
    let db = program.workload("shop", "db").unwrap();
    let description = program.describe(db).unwrap();
    assert_eq!(description.ingress.len(), 2);
    assert!(description.egress.is_empty() && description.authorization.is_empty());
    let allowed: Vec<_> =
        description.reached_by.iter().filter(|a| a.verdict == Verdict::Allow).collect();
    assert_eq!(allowed.len(), 1, "web on 5432: {allowed:?}");
    assert_eq!(allowed[0].port, Some(5432));
}
