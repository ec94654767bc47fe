//! The selector language against what Calico's own parser answered.

use super::{Expression, parse};
use crate::model::selector::Selector;

fn canonical(text: &str) -> String {
    parse(text).expect(text).to_string()
}

fn fails(text: &str) -> String {
    parse(text).expect_err(text).message
}

fn matches(text: &str, labels: &[(&str, &str)]) -> bool {
    let selector = Selector::from(parse(text).expect(text));
    selector.matches(&|key: &str| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| *v))
}

#[test]
fn canonical_text_is_what_calico_prints() {
    for (written, printed) in [
        ("", "all()"),
        (" \t ", "all()"),
        ("all( )", "all()"),
        ("global()", "global()"),
        ("a=='b'", "a == \"b\""),
        ("a == 'say \"hi\"'", "a == 'say \"hi\"'"),
        ("a in {'z','b', 'b',}", "a in {\"b\", \"z\"}"),
        ("a notin{}", "a not in {}"),
        ("a not in {'x'}", "a not in {\"x\"}"),
        ("a startswith 'x'", "a starts with \"x\""),
        ("a ends\twith 'x'", "a ends with \"x\""),
        ("a contains ''", "a contains \"\""),
        ("!a == 'b'", "!a == \"b\""),
        ("!!has( a )", "has(a)"),
        ("!(!has(a))", "!!has(a)"),
        ("a == '1' && b == '2' || c == '3'", "((a == \"1\" && b == \"2\") || c == \"3\")"),
        ("((has(a)) && (has(b) && has(c)))", "(has(a) && (has(b) && has(c)))"),
        (
            "has == 'x' && in in {'y'} && all != 'z'",
            "(has == \"x\" && in in {\"y\"} && all != \"z\")",
        ),
    ] {
        assert_eq!(canonical(written), printed, "{written}");
        assert_eq!(canonical(printed), canonical(&canonical(printed)), "{printed}");
    }
}

#[test]
fn what_calico_refuses() {
    for (text, why) in [
        ("a == 'b'\n&& c == 'd'", "label name"),
        ("has (a)", "operator"),
        ("all ()", "operator"),
        ("has('a')", "label name"),
        ("a == b", "quoted"),
        ("a == ${tenant}", "label name"),
        ("a = 'x'", "=="),
        ("a in ('x')", "a set"),
        ("a in {'x' 'y'}", "}"),
        ("a eq 'x'", "operator"),
        ("a inx", "operator"),
        ("a == 'x' and b == 'y'", "operator"),
        ("a == 'x' b == 'y'", "after the end"),
        ("a == 'x' 'y'", "after the end"),
        ("a == 'x", "unterminated"),
        ("()", "condition"),
        ("!", "condition"),
        ("(a == 'x'", ")"),
        ("a", "operator"),
        ("a == 'x' &", "&&"),
        ("a == 'x' | b == 'y'", "||"),
    ] {
        let message = fails(text);
        let newline = text.contains('\n') && message.contains("line break");
        assert!(newline || message.contains(why), "{text:?}: {message}");
    }
    assert!(parse(&"a".repeat(513)).is_err());
    assert!(parse(&format!("has({})", "a".repeat(512))).is_ok());
}

#[test]
fn a_literal_may_hold_anything_but_its_quote() {
    assert!(matches("a == \"${tenant}\"", &[("a", "${tenant}")]));
    assert!(matches("a == 'x\ny'", &[("a", "x\ny")]));
    assert!(matches("a == 'grün'", &[("a", "grün")]));
}

#[test]
fn absent_labels() {
    let none: &[(&str, &str)] = &[];
    assert!(matches("a != 'x'", none));
    assert!(matches("a not in {'x'}", none));
    assert!(matches("a not in {}", none));
    assert!(matches("!(a == 'x')", none));
    for text in ["a == 'x'", "a in {'x'}", "a in {}", "a contains ''", "a starts with ''", "has(a)"]
    {
        assert!(!matches(text, none), "{text}");
    }
    assert!(matches("a contains ''", &[("a", "")]));
    assert!(matches("global()", none));
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}all(){}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse(&nested(128)), Ok(Expression::All));
    assert!(parse(&nested(129)).expect_err("deep").too_deep);
    assert!(parse(&"!".repeat(100_000)).is_err());
    assert!(parse(&format!("{}all()", "!".repeat(100_000))).is_ok());
}

#[test]
fn prefixes_touch_labels_only() {
    let expression = parse("all() || has(a) && !(b in {'a'}) || global()").expect("parses");
    assert_eq!(
        expression.with_prefix("pcns.").to_string(),
        "(all() || (has(pcns.a) && !pcns.b in {\"a\"}) || global())"
    );
}

#[test]
fn a_mistake_says_where() {
    let mistake = parse("ä == 'b'").expect_err("no label");
    assert_eq!(mistake.offset, 0);
    assert_eq!(parse("a == 'ä' x").expect_err("rest").offset, 9);
}
