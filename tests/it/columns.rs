//! Columns that are no table of flows are refused, and say which one.

use mayreach::{AnswerColumns, FlowColumns, Options, Program, Source};

fn asked(change: impl FnOnce(&mut FlowColumns<'_>)) -> Result<[u8; 2], String> {
    let pods = r#"{"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "x"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b", "namespace": "x"}}]}"#;
    let program = Program::compile(&[Source::new("pods.json", pods)], &Options::default()).unwrap();
    let mut flows = FlowColumns {
        source: &[0, 1],
        destination: &[1, 0],
        port: &[80, 80],
        methods: &["GET"],
        method: &[0, 0],
        path_offsets: &[0, 3, 6],
        paths: "/ä/b/".as_bytes(),
    };
    change(&mut flows);
    let mut verdict = [9; 2];
    let mut answers = AnswerColumns { verdict: &mut verdict, ..AnswerColumns::default() };
    match program.decide_columns(&flows, &mut answers) {
        Ok(()) => Ok(verdict),
        Err(problem) => Err(problem.field.unwrap_or_default()),
    }
}

#[test]
fn columns_that_are_no_table_are_refused() {
    let refused = |field: &str| Err(field.to_owned());
    assert_eq!(asked(|_| ()), Ok([0; 2]));
    assert_eq!(asked(|flows| flows.destination = &[1]), refused("destination"));
    assert_eq!(asked(|flows| flows.path_offsets = &[0, 3]), refused("path_offsets"));
    assert_eq!(asked(|flows| flows.path_offsets = &[3, 0, 6]), refused("path_offsets"));
    assert_eq!(asked(|flows| flows.path_offsets = &[0, 3, 7]), refused("path_offsets"));
    // In the middle of a letter.
    assert_eq!(asked(|flows| flows.path_offsets = &[0, 2, 6]), refused("path_offsets"));
    assert_eq!(asked(|flows| flows.paths = b"/\xff/b/x"), refused("paths"));
    // What no row uses is not read.
    assert_eq!(asked(|flows| flows.paths = b"/a/b//\xff"), Ok([0; 2]));
    assert_eq!(asked(|flows| (flows.path_offsets, flows.paths) = (&[], b"")), Ok([0; 2]));
}
