//! `mayreach matrix`: who may reach whom.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use mayreach_wire::matrix::group_by;

use mayreach_report::{Picture, Sheet};

use super::{answered, json, report};
use crate::{
    args::{Matrix, ReportFormat, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn run(matrix: &Matrix, out: &mut dyn Write) -> Result<Status, Failure> {
    let by = group_by(&matrix.by).map_err(|problem| problem.field("--by"))?;
    let engine = matrix.manifests.compile(&mut Stdin::default())?;
    let mut progress = Progress::new();
    let format = matrix.output.output;
    if format == ReportFormat::Html {
        let title = format!("Who may reach whom, by {}", matrix.by);
        let summary =
            "Every pair of workloads on every declared port, in all five layers.".to_owned();
        let told = |done, all| progress.tell(done, all);
        let picture = Picture::new(engine.program(), &by, (title, summary), |_| Vec::new(), told);
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

/// A bar on the standard error of a terminal, once something takes longer than a second.
struct Progress {
    since: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    fn new() -> Self {
        Self { since: Instant::now(), bar: None }
    }

    fn tell(&mut self, done: usize, all: usize) {
        if self.bar.is_none() && self.since.elapsed() < Duration::from_secs(1) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("{bar:40} {pos} of {len} workloads, {eta} left");
            let bar = ProgressBar::new(all as u64);
            style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
        });
        bar.set_position(done as u64);
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
