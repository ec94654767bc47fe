//! `mayreach check --flows`: JSON lines in, JSON lines out, in order.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::run::{Ran, run_with};

const PATHS: &str = "examples/tenants";

fn flows(rows: &str) -> Ran {
    run_with(&["check", PATHS, "--flows", "-"], rows.as_bytes())
}

fn lines(ran: &Ran) -> Vec<Value> {
    ran.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn row(id: &str, from: &str, to: &str) -> String {
    json!({"id": id, "source": {"workload": from}, "destination": {"workload": to}, "port": 8080})
        .to_string()
}

#[test]
fn one_line_in_one_line_out_in_order() {
    let denied = row("a", "tenant-acme/web", "tenant-globex/api");
    let allowed = row("b", "tenant-acme/web", "tenant-acme/web");
    let open = row("c", "tenant-acme/web", "tenant-acme/api");
    let ran = flows(&format!("{allowed}\r\n\n{open}\n{denied}"));
    let seen: Vec<_> = lines(&ran)
        .iter()
        .map(|d| format!("{}={}", d["id"], d["verdict"]).replace('"', ""))
        .collect();
    assert_eq!(seen, ["b=allow", "c=undetermined", "a=deny"]);
    assert_eq!(ran.status, 1);
    assert_eq!(flows(&format!("{allowed}\n{open}\n")).status, 3);
    assert_eq!(flows(&format!("{allowed}\n")).status, 0);
    assert_eq!(flows("").status, 0);
}

#[test]
fn a_bad_row_is_answered_in_its_place() {
    let good = row("good", "tenant-acme/web", "tenant-acme/api");
    let bad = r#"{"id": 7, "source": {"workload": "tenant-acme/web"}, "destination": {"workload": "tenant-acme/api"}, "port": 80.5}"#;
    let unknown = row("who", "tenant-acme/web", "tenant-acme/nobody");
    let ran = flows(&format!("{good}\nnot json\n{bad}\n{unknown}\n{good}\n"));
    assert_eq!(ran.status, 2);
    let lines = lines(&ran);
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[1]["error"]["code"], "syntax");
    assert_eq!(lines[1]["error"]["line"], 2);
    assert_eq!(lines[1]["id"], Value::Null);
    assert_eq!((&lines[2]["id"], &lines[2]["error"]["field"]), (&json!(7), &json!("port")));
    assert_eq!(lines[3]["error"]["code"], "unknown_peer");
    assert_eq!(lines[4]["id"], "good");
}

#[test]
fn a_line_without_an_end_does_not_fill_the_memory() {
    let long = "a".repeat(3 << 20);
    let good = row("good", "tenant-acme/web", "tenant-acme/api");
    let ran = flows(&format!("{long}\n{good}\n"));
    let lines = lines(&ran);
    assert_eq!((lines.len(), ran.status), (2, 2));
    assert_eq!(lines[0]["error"]["code"], "limit");
    assert_eq!(lines[1]["id"], "good");
}

#[test]
fn answers_come_while_questions_are_asked() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mayreach"))
        .args(["check", PATHS, "--flows", "-"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    for id in ["one", "two"] {
        writeln!(input, "{}", row(id, "tenant-acme/web", "tenant-acme/api")).expect("it reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("it answers");
        assert!(line.contains(id), "{line}");
    }
    drop(input);
    assert_eq!(child.wait().expect("it ends").code(), Some(3));
}

#[test]
fn who_reads_no_more_sees_no_panic() {
    let rows = format!("{}\n", row("x", "tenant-acme/web", "tenant-acme/api")).repeat(2_000);
    let mut child = Command::new(env!("CARGO_BIN_EXE_mayreach"))
        .args(["check", PATHS, "--flows", "-"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || drop(input.write_all(rows.as_bytes())));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("the writer ends");
    let err = String::from_utf8(output.stderr).expect("text");
    assert!(!err.contains("panicked"), "{err}");
    assert_eq!(output.status.code(), Some(2), "not every row was answered: {err}");
}
