//! `mayreach matrix`: who may reach whom.

use std::io::Write;

use mayreach_wire::matrix::group_by;

use mayreach_report::{Picture, Sheet};

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
    let mut progress = Progress::new("workloads");
    let format = matrix.output.output;
    if format == ReportFormat::Html {
        let title = format!("Who may reach whom, by {}", matrix.by);
        let summary =
            "Every pair of workloads on every declared port, in all five layers.".to_owned();
        let told = |done, all| progress.tell(done, all);
        let picture = Picture::new(engine.program(), &by, (title, summary), told);
        progress.end();
        return answered(Status::Allowed, report::html(out, &picture));
    }
    let found = engine.matrix(&by, |done, all| progress.tell(done, all));
    progress.end();
    let written = match format {
        ReportFormat::Json => json(out, &found),
        ReportFormat::Text => text::matrix::write(out, &found).map_err(Failure::from),
        other => report::sheet(out, other, &Sheet::of_matrix(&found)),
    };
    answered(Status::Allowed, written)
}
