//! Tables answer as single flows do, whatever their layout.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, LargeStringArray,
    RecordBatch, RecordBatchIterator, StringArray, StringViewArray, TimestampMillisecondArray,
    UInt16Array, cast::AsArray, types::Int32Type,
};
use mayreach::{Changes, Options, Source};

use super::{Decisions, Table, TableOptions, column::Text, input::Input, json};
use crate::{Asked, Engine, FlowIn, flow::Words};

const MANIFESTS: &str = r#"
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
- {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web, sidecar.istio.io/inject: "true"}}, status: {podIP: 10.0.0.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db, sidecar.istio.io/inject: "true"}}, spec: {containers: [{name: c, ports: [{name: sql, containerPort: 5432}]}]}}
- {apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{port: 80, targetPort: 5432}]}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: db, namespace: shop}
  spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}
- apiVersion: security.istio.io/v1
  kind: AuthorizationPolicy
  metadata: {name: read, namespace: shop}
  spec: {selector: {matchLabels: {app: db}}, rules: [{to: [{operation: {methods: [GET], paths: ["/v1*"]}}]}, {when: [{key: "request.headers[x-admin]", values: ["yes"]}]}]}
"#;

fn engine() -> Engine {
    Engine::compile(&[Source::new("shop.yaml", MANIFESTS)], &Options::default()).unwrap()
}

fn decide_all(columns: Vec<(&str, ArrayRef)>) -> Vec<RecordBatch> {
    let flows = RecordBatch::try_from_iter(columns).unwrap();
    Table::new(&engine(), TableOptions::default()).decide(&flows, 0).unwrap()
}

fn decide(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let mut all = decide_all(columns);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn words(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn word(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch.column_by_name(column).unwrap();
    Text::new(column, array).unwrap().get(row).map(str::to_owned)
}

type Row = (&'static str, &'static str, i64, Option<&'static str>, Option<&'static str>);

/// The rows that the other tests write in different layouts, with what the JSON of a flow says.
const ROWS: [Row; 8] = [
    ("shop/web", "shop/db", 5432, Some("GET"), Some("/v1/a?x")),
    ("shop/web", "shop/db", 5432, Some("PUT"), Some("/v1/a")),
    ("shop/web", "service:shop/db", 80, Some("GET"), Some("/v1")),
    ("shop/web", "shop/db", 22, None, None),
    ("10.0.0.1", "shop/db", 5432, None, None),
    ("203.0.113.7", "shop/db", 5432, Some("GET"), Some("/v1")),
    ("shop/web", "shop/db", 5432, Some("GET"), None),
    ("shop/db", "203.0.113.7", 443, None, None),
];

fn check_rows(all: &[RecordBatch], times: usize) {
    let rows: usize = all.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(rows, ROWS.len() * times);
    let mut before = 0;
    for answers in all {
        check_batch(answers, before);
        before += answers.num_rows();
    }
}

fn check_batch(answers: &RecordBatch, before: usize) {
    let engine = engine();
    let wanted = ROWS.map(|row| {
        let flow = json_of(row);
        engine.decide(&FlowIn::from_value(&flow).unwrap()).unwrap()
    });
    let columns: Vec<(String, Text<'_>)> = answers
        .schema_ref()
        .fields()
        .iter()
        .zip(answers.columns())
        .filter_map(|(field, array)| {
            Some((field.name().clone(), Text::new(field.name(), array).ok()?))
        })
        .collect();
    for row in 0..answers.num_rows() {
        let one = &wanted[(before + row) % ROWS.len()];
        let says = |column: &str, wanted: Option<&str>| {
            let (_, found) = columns.iter().find(|(name, _)| name == column).unwrap();
            assert_eq!(found.get(row), wanted, "{column} of row {row}");
        };
        says("verdict", Some(one.verdict));
        says("decided_by", one.decided_by);
        says("client_sees", one.client_sees.as_ref().map(|sees| sees.kind));
        says("error", None);
        if let Some(layer) = one.decided_by.and_then(|by| one.layer(by)) {
            let policy = layer.reason.policy.as_ref();
            says("reason", Some(layer.reason.code));
            says("policy_name", policy.map(|p| p.name.as_str()));
            says("policy_kind", policy.map(|p| p.kind.as_str()));
            says("policy_namespace", policy.and_then(|p| p.namespace.as_deref()));
            let missing = Some(layer.reason.missing.join(", ")).filter(|m| !m.is_empty());
            says("missing", missing.as_deref());
        }
    }
}

fn json_of((source, destination, port, method, path): Row) -> serde_json::Value {
    let end = |said: &str| match said.split_once(':') {
        Some((_, name)) => serde_json::json!({ "service": name }),
        None if said.contains('/') => serde_json::json!({ "workload": said }),
        None => serde_json::json!({ "ip": said }),
    };
    let (source, destination) = (end(source), end(destination));
    let mut flow = serde_json::json!({"source": source, "destination": destination, "port": port});
    if let Some(method) = method {
        flow["http"]["method"] = method.into();
    }
    if let Some(path) = path {
        flow["http"]["path"] = path.into();
    }
    flow
}

fn table(times: usize, text: impl Fn(Vec<Option<&'static str>>) -> ArrayRef) -> Vec<RecordBatch> {
    let rows = || (0..times).flat_map(|_| ROWS);
    decide_all(vec![
        ("path", text(rows().map(|r| r.4).collect())),
        ("source", text(rows().map(|r| Some(r.0)).collect())),
        ("destination", text(rows().map(|r| Some(r.1)).collect())),
        ("port", Arc::new(rows().map(|r| Some(r.2)).collect::<Int64Array>())),
        ("method", text(rows().map(|r| r.3).collect())),
    ])
}

#[test]
fn every_layout_of_text_answers_as_single_flows_do() {
    check_rows(&table(1, |words| Arc::new(StringArray::from(words))), 1);
    check_rows(&table(1, |words| Arc::new(LargeStringArray::from(words))), 1);
    check_rows(&table(1, |words| Arc::new(StringViewArray::from(words))), 1);
    let dictionary = |words: Vec<Option<&'static str>>| -> ArrayRef {
        Arc::new(words.into_iter().collect::<DictionaryArray<Int32Type>>())
    };
    check_rows(&table(1, dictionary), 1);
    // Enough for several threads and for what is remembered.
    check_rows(&table(2500, dictionary), 2500);
    check_rows(&table(2500, |words| Arc::new(StringArray::from(words))), 2500);
}

#[test]
fn a_dictionary_longer_than_its_batch_answers_the_same() {
    let whole = |words: Vec<Option<&'static str>>| -> ArrayRef {
        let unused = (0..ROWS.len() * 2).map(|n| Some(if n % 2 == 0 { "x/y" } else { "GET" }));
        let spare: Vec<String> = (0..ROWS.len()).map(|n| format!("spare/{n}")).collect();
        let spare = spare.iter().map(|word| Some(word.as_str()));
        let all = words.iter().copied().chain(unused).chain(spare);
        let made: ArrayRef = Arc::new(all.collect::<DictionaryArray<Int32Type>>());
        made.slice(0, words.len())
    };
    check_rows(&table(1, whole), 1);
}

#[test]
fn a_bad_row_is_wrong_alone() {
    let answers = decide(vec![
        ("id", Arc::new(Int64Array::from(vec![7, 8, 9, 10]))),
        ("source", words(&[Some("shop/web"), Some("shop/wbe"), None, Some("web")])),
        ("destination", words(&[Some("shop/db"); 4])),
        ("port", Arc::new(UInt16Array::from(vec![5432; 4]))),
    ]);
    let ids: &Int64Array = answers.column_by_name("id").unwrap().as_primitive();
    assert_eq!(ids.values(), &[7, 8, 9, 10]);
    assert_eq!(word(&answers, "error", 0), None);
    for (row, says) in [(1, "`shop/wbe`"), (2, "nothing says who"), (3, "`web` names nobody")] {
        assert!(word(&answers, "error", row).unwrap().contains(says));
        assert_eq!(word(&answers, "verdict", row), None);
        assert_eq!(word(&answers, "reason", row), None);
    }
}

#[test]
fn strict_tables_stop_at_the_first_bad_row() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("source", words(&[Some("shop/web"), Some("nobody")])),
        ("destination", words(&[Some("shop/db"), Some("shop/db")])),
    ];
    let flows = RecordBatch::try_from_iter(columns).unwrap();
    let options = TableOptions { strict: true, ..TableOptions::default() };
    let problem = Table::new(&engine(), options).decide(&flows, 100).unwrap_err();
    assert!(problem.message.starts_with("row 101: "), "{problem}");
    assert_eq!(problem.field.as_deref(), Some("source"));
}

#[test]
fn rare_columns_mean_what_json_means() {
    let both = |column: &'static str, array: ArrayRef| {
        let n = array.len();
        decide(vec![
            ("source", words(&vec![Some("shop/web"); n])),
            ("destination", words(&vec![Some("shop/db"); n])),
            ("port", Arc::new(UInt16Array::from(vec![5432; n]))),
            (column, array),
        ])
    };
    let headers = both("headers", words(&[Some(r#"[["x-admin", "yes"]]"#), None, Some("[")]));
    assert_eq!(word(&headers, "verdict", 0).as_deref(), Some("allow"));
    assert_eq!(word(&headers, "verdict", 1).as_deref(), Some("undetermined"));
    assert!(word(&headers, "error", 2).unwrap().contains("headers: not JSON"));
    let raw = both("http", Arc::new(BooleanArray::from(vec![Some(false), None])));
    assert_eq!(word(&raw, "verdict", 0).as_deref(), Some("deny"));
    assert_eq!(word(&raw, "verdict", 1).as_deref(), Some("undetermined"));
    let named = decide(vec![
        (
            "source",
            words(&[Some(r#"{"namespace": "shop", "labels": {"app": "web"}}"#), Some("shop/web")]),
        ),
        ("destination", words(&[Some("shop/db"); 2])),
        ("port", words(&[Some("sql"), Some("5432")])),
        ("http", Arc::new(BooleanArray::from(vec![false, false]))),
    ]);
    assert_eq!(word(&named, "decided_by", 0).as_deref(), Some("authorization"));
    assert!(word(&named, "error", 1).unwrap().contains("no name of a port"));
    let over_udp = both("protocol", words(&[Some("UDP"), Some("udp"), Some("ICMP")]));
    assert_eq!(word(&over_udp, "decided_by", 0).as_deref(), Some("ingress"));
    assert!(word(&over_udp, "error", 1).unwrap().contains("did you mean `UDP`?"));
    assert!(word(&over_udp, "error", 2).unwrap().contains("ICMP has no ports"));
    let times = TimestampMillisecondArray::from(vec![1_700_000_000_999]);
    assert_eq!(word(&both("now", Arc::new(times)), "error", 0), None);
}

/// Neither a table nor the short way of usual flows may pass over the family of addresses.
#[test]
fn the_family_of_addresses_is_asked_of_rows_and_of_usual_flows() {
    let pod = |name: &str, v4: &str, v6: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop}}, \
             status: {{podIP: {v4}, podIPs: [{{ip: {v4}}}, {{ip: \"{v6}\"}}]}}}}\n---\n"
        )
    };
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, \
                  metadata: {name: six, namespace: shop}, spec: {podSelector: {}, \
                  ingress: [{from: [{ipBlock: {cidr: \"::/0\"}}]}]}}";
    let manifests = pod("a", "10.0.0.1", "fd00::1") + &pod("b", "10.0.0.2", "fd00::2") + policy;
    let engine =
        Engine::compile(&[Source::new("six.yaml", manifests)], &Options::default()).unwrap();
    let wanted = [(Some(4), "deny"), (Some(6), "allow"), (None, "deny")];
    let flows = RecordBatch::try_from_iter(vec![
        ("source", words(&[Some("shop/a"); 3])),
        ("destination", words(&[Some("shop/b"); 3])),
        ("port", Arc::new(UInt16Array::from(vec![80; 3])) as ArrayRef),
        ("ip_version", Arc::new(Int64Array::from(wanted.map(|(version, _)| version).to_vec()))),
    ])
    .unwrap();
    let answers = Table::new(&engine, TableOptions::default()).decide(&flows, 0).unwrap();
    for (row, (version, verdict)) in wanted.into_iter().enumerate() {
        assert_eq!(word(&answers[0], "verdict", row).as_deref(), Some(verdict), "{version:?}");
        let said = version.map_or(String::new(), |v| format!(r#", "ip_version": {v}"#));
        let flow = format!(
            r#"{{"source": {{"workload": "shop/a"}}, "destination": {{"workload": "shop/b"}}, "port": 80{said}}}"#
        );
        let flow = FlowIn::from_json(&flow).unwrap();
        assert_eq!(engine.decide(&flow).unwrap().verdict, verdict, "{version:?}");
    }
}

#[test]
fn no_flow_has_such_a_column() {
    let refuse = |column: &str, array: ArrayRef| {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("source", words(&[Some("shop/web")])),
            ("destination", words(&[Some("shop/db")])),
            (column, array),
        ];
        let flows = RecordBatch::try_from_iter(columns).unwrap();
        let lax = TableOptions { ignore_extra: true, ..TableOptions::default() };
        let lax = Table::new(&engine(), lax).decide(&flows, 0).is_ok();
        let strict = Table::new(&engine(), TableOptions::default()).decide(&flows, 0);
        (strict.unwrap_err().to_string(), lax)
    };
    let (error, lax) = refuse("methd", words(&[None]));
    assert!(error.contains("did you mean `method`?") && lax, "{error}");
    let (error, lax) = refuse("port", Arc::new(Float64Array::from(vec![80.0])));
    assert!(error.contains("Int64") && !lax, "{error}");
    let missing = RecordBatch::try_from_iter(vec![("source", words(&[None]))]).unwrap();
    let problem = Table::new(&engine(), TableOptions::default()).decide(&missing, 0).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("destination"));
}

#[test]
fn numbers_that_do_not_fit_are_wrong_also_where_rows_are_remembered() {
    let ports = [5432, 0, -1, 65_536, i64::from(u32::MAX), i64::from(u32::MAX) - 1, i64::MAX];
    let many: Vec<i64> = (0..700).map(|n| ports[n % ports.len()]).collect();
    let answers = decide(vec![
        ("source", words(&vec![Some("shop/web"); many.len()])),
        ("destination", words(&vec![Some("shop/db"); many.len()])),
        ("port", Arc::new(Int64Array::from(many.clone()))),
    ]);
    for (row, port) in many.iter().enumerate() {
        assert_eq!(word(&answers, "error", row).is_none(), *port == 5432, "{port}");
    }
}

#[test]
fn a_stream_gives_a_batch_for_a_batch() {
    let rows = |n: usize| {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("source", words(&vec![Some("shop/web"); n])),
            ("destination", words(&vec![Some("shop/db"); n])),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let batches = [rows(3), rows(0), rows(2)];
    let schema = batches[0].schema();
    let flows = RecordBatchIterator::new(batches.map(Ok), schema);
    let table = Table::new(&engine(), TableOptions::default());
    let sizes: Vec<usize> =
        Decisions::new(table, flows).unwrap().map(|batch| batch.unwrap().num_rows()).collect();
    assert_eq!(sizes, [3, 0, 2]);
}

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn column<T: Copy>(&mut self, rows: usize, pool: &[Option<T>]) -> Vec<Option<T>> {
        (0..rows).map(|_| pool[self.roll(pool.len())]).collect()
    }

    fn text(&mut self, rows: usize, pool: &[Option<&str>]) -> ArrayRef {
        let values = self.column(rows, pool);
        match self.roll(4) {
            0 => Arc::new(StringArray::from(values)),
            1 => Arc::new(LargeStringArray::from(values)),
            2 => Arc::new(StringViewArray::from(values)),
            _ => Arc::new(values.into_iter().collect::<DictionaryArray<Int32Type>>()),
        }
    }
}

const ENDS: [Option<&str>; 12] = [
    Some("shop/web"),
    Some("shop/web"),
    Some("shop/db"),
    Some("shop/db"),
    Some("shop/db"),
    Some("service:shop/db"),
    Some("10.0.0.1"),
    Some("203.0.113.7"),
    Some("shop/wbe"),
    Some("nobody"),
    Some(r#"{"namespace": "shop", "labels": {"app": "web"}}"#),
    None,
];
const PORTS: [Option<i64>; 7] =
    [Some(5432), Some(5432), Some(80), Some(22), Some(0), Some(65_616), None];
const METHODS: [Option<&str>; 7] =
    [Some("GET"), Some("GET"), Some("PUT"), Some("get"), Some("CONNECT"), Some("PROPFIND"), None];
const PATHS: [Option<&str>; 9] = [
    Some("/v1/a"),
    Some("/v1/a?x=1"),
    Some("/v1"),
    Some("/v2"),
    Some("/v1/../v2"),
    Some("//v1/a"),
    Some("/v1%2fa"),
    Some("*"),
    None,
];
const PROTOCOLS: [Option<&str>; 4] = [Some("TCP"), Some("UDP"), Some("udp"), None];

/// Flows of random values in random layouts, with or without the columns that few flows have.
fn random(dice: &mut Dice, rows: usize) -> RecordBatch {
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("source", dice.text(rows, &ENDS)),
        ("destination", dice.text(rows, &ENDS)),
        ("port", Arc::new(Int64Array::from(dice.column(rows, &PORTS)))),
    ];
    let mut add = |dice: &mut Dice, name, pool: &[Option<&str>], one_in: usize| {
        if dice.roll(one_in) == 0 {
            columns.push((name, dice.text(rows, pool)));
        }
    };
    add(dice, "method", &METHODS, 1);
    add(dice, "path", &PATHS, 1);
    add(dice, "host", &[Some("db.shop"), Some("DB.shop:80"), Some("x"), None], 2);
    add(dice, "protocol", &PROTOCOLS, 3);
    add(dice, "principal", &[Some("cluster.local/ns/shop/sa/web"), None], 4);
    add(dice, "headers", &[Some(r#"[["x-admin", "yes"]]"#), None], 4);
    add(dice, "token", &[Some(""), Some("a.b.c"), None], 4);
    if dice.roll(4) == 0 {
        let pool = [Some(true), Some(false), None, None];
        columns.push(("http", Arc::new(BooleanArray::from(dice.column(rows, &pool)))));
        columns.push(("mtls", Arc::new(BooleanArray::from(dice.column(rows, &pool)))));
    }
    if dice.roll(4) == 0 {
        let pool = [Some(4), Some(6), Some(5), None];
        columns.push(("ip_version", Arc::new(Int64Array::from(dice.column(rows, &pool)))));
    }
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Holds the answers to a table against the JSON of each row.
fn check_each(engine: &Engine, flows: &RecordBatch, threads: usize) {
    let input = Input::new(flows).unwrap();
    let options = TableOptions { threads, ..TableOptions::default() };
    let mut row = 0;
    for batch in Table::new(engine, options).decide(flows, 0).unwrap() {
        let names =
            ["verdict", "decided_by", "client_sees", "reason", "missing", "policy_name", "error"];
        let columns =
            names.map(|name| Text::new(name, batch.column_by_name(name).unwrap()).unwrap());
        for at in 0..batch.num_rows() {
            let wanted = json::flow(&input, row).and_then(|flow| engine.decide(&flow));
            let told = || format!("row {row}: {wanted:?} of {:?}", flows.slice(row, 1));
            let [verdict, by, sees, reason, missing, policy, error] =
                columns.each_ref().map(|column| column.get(at));
            let Ok(one) = &wanted else {
                assert!(verdict.is_none() && reason.is_none() && error.is_some(), "{}", told());
                row += 1;
                continue;
            };
            assert_eq!((verdict, error), (Some(one.verdict), None), "{}", told());
            assert_eq!(by, one.decided_by, "{}", told());
            assert_eq!(sees, one.client_sees.as_ref().map(|sees| sees.kind), "{}", told());
            if let Some(layer) = one.decided_by.and_then(|by| one.layer(by)) {
                let unknown = Some(layer.reason.missing.join(", ")).filter(|m| !m.is_empty());
                let name = layer.reason.policy.as_ref().map(|p| p.name.as_str());
                assert_eq!((reason, policy), (Some(layer.reason.code), name), "{}", told());
                assert_eq!(missing, unknown.as_deref(), "{}", told());
            }
            row += 1;
        }
    }
    assert_eq!(row, flows.num_rows());
}

#[test]
fn random_tables_answer_as_the_json_of_each_row_does() {
    let engine = engine();
    let mut dice = Dice(7);
    for _ in 0..60 {
        check_each(&engine, &random(&mut dice, 100), 0);
    }
    // Enough for several threads, and for rows to come back.
    check_each(&engine, &random(&mut dice, 12_000), 2);
}

#[test]
fn rows_that_never_come_back_are_forgotten_and_answer_the_same() {
    let rows = 6_000;
    let mut dice = Dice(8);
    let paths: StringArray = (0..rows).map(|n| Some(format!("/v{}/{n}", 1 + n % 2))).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("source", dice.text(rows, &ENDS)),
        ("destination", dice.text(rows, &ENDS)),
        ("port", Arc::new(Int64Array::from(dice.column(rows, &PORTS)))),
        ("method", dice.text(rows, &METHODS)),
        ("path", Arc::new(paths)),
    ];
    check_each(&engine(), &RecordBatch::try_from_iter(columns).unwrap(), 1);
}

#[test]
fn words_say_what_the_flow_of_their_fields_says() {
    let (engine, other) = (engine(), other());
    let mut dice = Dice(9);
    for _ in 0..3_000 {
        let mut pick = |pool: &[Option<&'static str>]| pool[dice.roll(pool.len())];
        let words = Words {
            source: pick(&ENDS).unwrap_or("").trim_start_matches('{'),
            destination: pick(&ENDS).unwrap_or("").trim_start_matches('{'),
            method: pick(&METHODS),
            path: pick(&PATHS),
            host: pick(&[Some("db.shop"), None]),
            port: [Some(5432), Some(80), Some(0), None][dice.roll(4)],
        };
        let own = words.own();
        let said = own.clone().and_then(|flow| engine.judge(&flow));
        assert_eq!(engine.judge_words(&words), said, "{words:?}");
        let told = own.clone().and_then(|flow| engine.explain(&flow));
        let told = told.map(|told| told.decision.verdict);
        assert_eq!(said.map(|decision| decision.verdict.as_str()), told, "{words:?}");
        let Ok(asked) = own.and_then(Asked::new) else { continue };
        for engine in [&engine, &other, &other, &engine] {
            assert_eq!(asked.judge(engine), engine.judge(asked.flow()), "{words:?}");
        }
    }
}

/// Another program: other workloads come first, and nobody may call the database.
fn other() -> Engine {
    let more = r"
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: aaa}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: read, namespace: shop}
spec: {selector: {matchLabels: {app: db}}}
";
    let more = [Source::new("more.yaml", more)];
    engine().update(&Changes { set: more.to_vec(), ..Changes::default() }).unwrap()
}

#[test]
fn a_flow_that_is_asked_again_is_asked_of_the_program_at_hand() {
    let flow = r#"{"source": {"workload": "shop/web"}, "destination": {"workload": "shop/db"}, "port": 5432, "http": {"method": "GET", "path": "/v1"}}"#;
    let asked = Asked::new(FlowIn::from_json(flow).unwrap()).unwrap();
    let verdict = |engine: &Engine| asked.judge(engine).unwrap().verdict.as_str();
    for _ in 0..3 {
        // Neither outlives its turn: another program may come to lie where one lay.
        assert_eq!((verdict(&engine()), verdict(&other())), ("allow", "deny"));
    }
    let (one, two) = (engine(), other());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    assert_eq!((verdict(&one), verdict(&two)), ("allow", "deny"));
                }
            });
        }
    });
}
