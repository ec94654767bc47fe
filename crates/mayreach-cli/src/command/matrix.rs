//! `mayreach matrix`: who may reach whom.

use std::io::{self, Write};

use mayreach_report::matrix_page;
use mayreach_wire::{Question, matrix::group_by};

use super::{answered, progress::Progress, report};
use crate::{
    args::{Matrix, ReportFormat, Stdin},
    failure::Failure,
    status::Status,
};

pub(super) fn run(matrix: &Matrix, out: &mut dyn Write) -> Result<Status, Failure> {
    let by = group_by(&matrix.by).map_err(|problem| problem.field("--by"))?;
    let engine = matrix.manifests.compile(&mut Stdin::default())?;
    let format = matrix.output.output;
    if format == ReportFormat::Html && !matrix.declared {
        // The page asks every pair itself.
        let mut progress = Progress::new("steps");
        let page = matrix_page(&engine, &by, |done, all| progress.tell(done, all));
        progress.end();
        let page = page.map_err(io::Error::other)?;
        return answered(Status::Allowed, report::put(out, &page));
    }
    let (question, steps) = if matrix.declared {
        (Question::Declared(by), "workloads")
    } else {
        (Question::Matrix(by), "classes")
    };
    let found = report::ask(&engine, &question, steps)?;
    answered(Status::Allowed, report::write(out, format, &found))
}
