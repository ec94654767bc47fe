//! What a person gets for input that no cluster would take: an error that says where, what and
//! what to do, and never a half-loaded program.

use std::io::{self, Read};

use mayreach::{Error, ErrorCode, Limits, Options, Problem, Program, Source};
use mayreach_wire::load_within;

fn compile(text: impl Into<Vec<u8>>) -> Result<Program, Error> {
    Program::compile(&[Source::new("policies.yaml", text)], &Options::default())
}

/// The only problem of a text.
fn problem(text: impl Into<Vec<u8>>) -> Problem {
    let error = compile(text).expect_err("the text is wrong");
    assert_eq!(error.problems().len(), 1, "{error}");
    error.problems()[0].clone()
}

#[track_caller]
fn check(text: impl Into<Vec<u8>>, code: ErrorCode, shown: &str) {
    let problem = problem(text);
    assert_eq!(problem.to_string(), shown);
    assert_eq!(problem.code, code);
}

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-web
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: db
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: web
      ports:
        - protocol: TCP
          port: 5432
";

/// The policy with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert!(POLICY.contains(from));
    POLICY.replacen(from, to, 1)
}

#[test]
fn the_policy_itself_is_fine() {
    assert!(compile(POLICY).is_ok());
}

#[test]
fn a_wrong_field_names_the_right_one() {
    check(
        changed("podSelector:\n    matchLabels:\n      app: db", "podSelecter: {}"),
        ErrorCode::UnknownField,
        "policies.yaml:7:3: spec.podSelecter: unknown field `podSelecter` (did you mean \
         `podSelector`?)",
    );
    let deep = problem(changed("- protocol: TCP", "- protocl: TCP"));
    assert_eq!(deep.field.as_deref(), Some("spec.ingress[0].ports[0].protocl"));
    assert_eq!((deep.line, deep.column), (16, 11));
    assert_eq!(deep.help.as_deref(), Some("did you mean `protocol`?"));
    let top = problem(changed("spec:", "specs:"));
    assert_eq!((top.code, top.line), (ErrorCode::UnknownField, 6));
}

#[test]
fn a_wrong_type_says_what_to_write() {
    check(
        changed("app: web", "app: 5432"),
        ErrorCode::WrongType,
        "policies.yaml:14:20: spec.ingress[0].from[0].podSelector.matchLabels.app: expected a \
         string, found the number `5432` (put it in quotes)",
    );
    check(
        changed("app: db", "app: on"),
        ErrorCode::WrongType,
        "policies.yaml:9:12: spec.podSelector.matchLabels.app: expected a string, found the \
         boolean `true` (put it in quotes; unquoted `yes`, `no`, `on`, `off`, `y` and `n` are \
         booleans)",
    );
    check(
        changed("ports:\n        - protocol: TCP\n          port: 5432", "ports: 5432"),
        ErrorCode::WrongType,
        "policies.yaml:15:14: spec.ingress[0].ports: expected a list, found the number `5432` \
         (write it as an item of a list, behind `- `)",
    );
    check(
        changed("name: allow-web", "name: allow-web\n  labels: {version: 1.0}"),
        ErrorCode::WrongType,
        "policies.yaml:5:21: metadata.labels.version: expected a string, found the number `1` \
         (put it in quotes)",
    );
}

#[test]
fn nothing_to_read_is_an_error() {
    for text in ["", "\n", "# nothing here\n", "---\n---\n"] {
        check(
            text,
            ErrorCode::Empty,
            "policies.yaml: no object is written here (remove the file, or write a Kubernetes \
             object into it)",
        );
    }
}

#[test]
fn binary_files_are_named() {
    let binary = problem(b"\x7FELF\x02\x01\x01\0\0\0".as_slice());
    assert_eq!(binary.code, ErrorCode::Syntax);
    assert!(binary.to_string().starts_with("policies.yaml:1: "), "{binary}");
    let latin = problem(b"# caf\xE9\n".as_slice());
    assert_eq!((latin.code, latin.help.as_deref()), (ErrorCode::Syntax, Some("save it as UTF-8")));
    let utf16: Vec<u8> = POLICY.bytes().flat_map(|byte| [byte, 0]).collect();
    assert_eq!(problem([b"\xFF\xFE".as_slice(), &utf16].concat()).code, ErrorCode::Syntax);
}

#[test]
fn a_hundred_thousand_levels_stop_at_the_limit() {
    let levels = 100_000;
    let (open, close) = ("[".repeat(levels), "]".repeat(levels));
    let texts = [
        changed("app: db", &format!("app: {open}{close}")),
        changed("app: db", &format!("app: {open}")),
        changed("app: db", &format!("app:\n      {}a", "- ".repeat(levels))),
        changed("app: db", &format!("app: {}", "{a: ".repeat(levels))),
        format!("{{\"apiVersion\": \"v1\", \"a\": {open}{close}}}"),
        format!("{{\"a\": {}", "{\"a\": ".repeat(levels)),
    ];
    for text in texts {
        let problem = problem(text);
        assert_eq!(problem.code, ErrorCode::Limit);
        assert!(problem.help.is_some_and(|help| help.contains("`depth`")));
    }
}

/// Each level names the one before nine times; the last would be larger than any memory.
#[test]
fn alias_bombs_stop_at_the_limit() {
    let mut lists = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut merges = "a0: &a0 {k: v}\n".to_owned();
    for level in 1..40 {
        let below = level - 1;
        let nine = vec![format!("*a{below}"); 9].join(", ");
        lists += &format!("a{level}: &a{level} [{nine}]\n");
        merges += &format!("a{level}: &a{level} {{<<: [{nine}], k{level}: [{nine}]}}\n");
    }
    let text = format!("x: &a \"{}\"\ny: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(100_000));
    for bomb in [lists, merges, text] {
        let problem = problem(format!("{POLICY}{bomb}"));
        assert_eq!(problem.code, ErrorCode::Limit);
        assert!(problem.help.is_some_and(|help| help.contains("`alias_bytes`")));
    }
    let own = problem(format!("{POLICY}x: &a [*a]\n"));
    assert_eq!(own.code, ErrorCode::Syntax);
}

/// 1 GB of `a` is neither held nor looked at: no more than the limit is taken from the stream.
#[test]
fn a_gigabyte_stops_at_the_limit() {
    struct Counted(io::Take<io::Repeat>, usize);
    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1 += count;
            Ok(count)
        }
    }
    let mut limits = Limits::default();
    limits.source_bytes = 4 << 20;
    let mut stdin = Counted(io::repeat(b'a').take(1 << 30), 0);
    let problems = load_within(&["-"], &mut stdin, &limits).expect_err("it is too large");
    assert_eq!(problems.0[0].code, "limit");
    assert_eq!(stdin.1, limits.source_bytes + 1);
    // What the limit lets through is text, but no object.
    assert_eq!(problem("a".repeat(limits.source_bytes)).code, ErrorCode::NotAnObject);
}

#[test]
fn a_key_stands_once() {
    check(
        changed("  ingress:", "  podSelector: {}\n  ingress:"),
        ErrorCode::DuplicateKey,
        "policies.yaml:10:3: the key `podSelector` is written twice, on lines 7 and 10 (keep one \
         of the two)",
    );
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "kind": "Pod"}"#;
    assert_eq!(problem(json).code, ErrorCode::DuplicateKey);
}

#[test]
fn tabs_do_not_indent() {
    for text in [changed("  ingress:", "\tingress:"), changed("      app: db", "\t\t\tapp: db")] {
        let problem = problem(text);
        assert_eq!(problem.code, ErrorCode::Syntax);
        assert_eq!(problem.help.as_deref(), Some("indent with spaces, not tabs"));
    }
    assert!(compile(changed("app: db", "app:\tdb\t# a comment")).is_ok());
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    assert!(compile(POLICY.replace('\n', "\r\n")).is_ok());
    assert!(compile(format!("\u{FEFF}{POLICY}")).is_ok());
    let wrong = changed("app: web", "app: 1");
    let expected = problem(wrong.as_str());
    assert_eq!(problem(wrong.replace('\n', "\r\n")), expected);
    assert_eq!(problem(format!("\u{FEFF}{wrong}")), expected);
}

/// The same object in a list, and in a list that gives it its type, is wrong in the same way.
#[test]
fn places_in_lists_are_exact() {
    let wrong = changed("app: web", "app: 1");
    let untyped = wrong.split_once("metadata:").map(|(_, rest)| format!("metadata:{rest}"));
    let item = |object: &str| format!("- {}\n", object.trim_end().replace('\n', "\n  "));
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{}", item(&wrong));
    let typed = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n{}",
        item(&untyped.expect("it has metadata"))
    );
    for (text, line) in [(list, 17), (typed, 15)] {
        let problem = problem(text);
        assert_eq!((problem.code, problem.line, problem.column), (ErrorCode::WrongType, line, 22));
    }
}

#[test]
fn null_is_absent() {
    let loose = "
  podSelector:
  policyTypes: null
  ingress: ~
  egress:
";
    let spec = POLICY.find("\n  podSelector").expect("it has a spec");
    assert!(compile(format!("{}{loose}", &POLICY[..spec])).is_ok());
    // An empty item is an empty rule, as the API server decodes it.
    assert!(
        compile(format!("{}\n  podSelector: {{}}\n  ingress:\n    -\n", &POLICY[..spec])).is_ok()
    );
}

#[test]
fn every_document_tells_its_own_problem_and_nothing_is_loaded() {
    let sources = [
        Source::new("a.yaml", format!("{POLICY}---\na: [\n---\n{}", changed("app: web", "app: 1"))),
        Source::new("b.yaml", "kind: Pod\n"),
        Source::new("c.yaml", POLICY),
    ];
    let error = Program::compile(&sources, &Options::default()).expect_err("much is wrong");
    let told: Vec<_> =
        error.problems().iter().map(|p| (p.file.as_deref().unwrap_or(""), p.line)).collect();
    assert!(told.contains(&("a.yaml", 19)), "{told:?}");
    assert!(told.contains(&("b.yaml", 1)), "{told:?}");
    assert!(!told.iter().any(|(file, _)| *file == "c.yaml"), "{told:?}");
}
