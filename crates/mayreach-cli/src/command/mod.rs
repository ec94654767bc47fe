//! One file a verb.

mod check;
mod describe;
mod diff;
mod ends;
mod explain;
mod isolate;
mod matrix;
mod progress;
mod report;

use std::io::Write;

use serde::Serialize;

use crate::{
    args::{Cli, Verb},
    failure::Failure,
    status::Status,
};

/// Does what is asked, and says how it went.
///
/// # Errors
/// Why there is no answer.
pub(crate) fn run(cli: &Cli, out: &mut dyn Write) -> Result<Status, Failure> {
    match &cli.verb {
        Verb::Check(check) => check::run(check, out),
        Verb::Explain(explain) => explain::run(explain, out),
        Verb::Matrix(matrix) => matrix::run(matrix, out),
        Verb::Isolate(isolate) => isolate::run(isolate, out),
        Verb::Can(can) => ends::can(can, out),
        Verb::Callers(reach) => ends::reach(reach, true, out),
        Verb::Reaches(reach) => ends::reach(reach, false, out),
        Verb::Diff(diff) => diff::diff(diff, out),
        Verb::Change(change) => diff::change(change, out),
        Verb::Describe(describe) => describe::run(describe, out),
    }
}

/// One JSON value, for programs and for people who look.
fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Failure> {
    // Written line by line, a large matrix would take a system call for each.
    let mut whole = std::io::BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer_pretty(&mut whole, value).map_err(std::io::Error::from)?;
    writeln!(whole)?;
    whole.flush()?;
    Ok(())
}

/// The verdict stands, also where nobody reads the whole of it.
fn answered(status: Status, written: Result<(), Failure>) -> Result<Status, Failure> {
    match written {
        Ok(()) | Err(Failure::Closed) => Ok(status),
        Err(failure) => Err(failure),
    }
}
