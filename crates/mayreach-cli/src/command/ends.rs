//! `mayreach can`, `callers`, `reaches`: what one workload may do, over all requests.

use std::io::Write;

use mayreach_wire::Question;

use super::{answered, report};
use crate::{
    args::{Can, Reach, Stdin},
    failure::Failure,
    status::Status,
};

pub(super) fn can(can: &Can, out: &mut dyn Write) -> Result<Status, Failure> {
    let [paths @ .., from, to] = can.all.as_slice() else { return Ok(Status::Bad) };
    let engine = can.reading.compile(paths, &mut Stdin::default())?;
    let question = Question::Can { from: from.clone(), to: to.clone() };
    let found = report::ask(&engine, &question, "classes")?;
    let status = report::status(&found);
    answered(status, report::write(out, can.output.output, &found))
}

pub(super) fn reach(reach: &Reach, callers: bool, out: &mut dyn Write) -> Result<Status, Failure> {
    let engine = reach.manifests.compile(&mut Stdin::default())?;
    let workload = reach.workload.clone();
    let question = if callers { Question::Callers(workload) } else { Question::Reaches(workload) };
    let found = report::ask(&engine, &question, "classes")?;
    answered(Status::Allowed, report::write(out, reach.output.output, &found))
}
