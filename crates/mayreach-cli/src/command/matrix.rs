//! `mayreach matrix`: who may reach whom.

use std::io::Write;

use mayreach_report::{Picture, Sheet};
use mayreach_wire::{
    Engine, ProblemOut,
    matrix::group_by,
    mayreach::{ErrorCode, GroupBy},
};

use super::{answered, json, progress::Progress, report};
use crate::{
    args::{Matrix, ReportFormat, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn run(matrix: &Matrix, out: &mut dyn Write) -> Result<Status, Failure> {
    let by = group_by(&matrix.by).map_err(|problem| problem.field("--by"))?;
    let engine = matrix.manifests.compile(&mut Stdin::default())?;
    let format = matrix.output.output;
    let written = match format {
        _ if matrix.declared => declared(&engine, &by, format, out),
        ReportFormat::Html => page(&engine, matrix, &by, out),
        _ => all(&engine, &by, format, out),
    };
    answered(Status::Allowed, written)
}

fn all(
    engine: &Engine,
    by: &GroupBy,
    format: ReportFormat,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut progress = Progress::new("classes");
    let found = engine.matrix(by, |done, all| progress.tell(done, all));
    progress.end();
    match format {
        ReportFormat::Json => json(out, &found),
        ReportFormat::Text => text::matrix::write(out, &found).map_err(Failure::from),
        other => report::sheet(out, other, &Sheet::of_matrix(&found)),
    }
}

fn page(
    engine: &Engine,
    matrix: &Matrix,
    by: &GroupBy,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let title = format!("Who may reach whom, by {}", matrix.by);
    let summary =
        "Every pair of workloads, on all ports and over all requests, in all five layers, \
                   as each workload's own proxy connects."
            .to_owned();
    let mut progress = Progress::new("steps");
    let told = |done, all| progress.tell(done, all);
    let picture = Picture::new(engine.program(), by, (title, summary), told);
    progress.end();
    report::html(out, &picture)
}

fn declared(
    engine: &Engine,
    by: &GroupBy,
    format: ReportFormat,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if format == ReportFormat::Html {
        let message = "the page shows all ports and requests".to_owned();
        let problem = ProblemOut::new(ErrorCode::InvalidValue, message).field("--declared");
        return Err(problem.help("leave `--declared` out, or choose another format").into());
    }
    let mut progress = Progress::new("workloads");
    let found = engine.declared(by, |done, all| progress.tell(done, all));
    progress.end();
    match format {
        ReportFormat::Json => json(out, &found),
        ReportFormat::Text => text::declared::write(out, &found).map_err(Failure::from),
        other => report::sheet(out, other, &Sheet::of_declared(&found)),
    }
}
