//! `mayreach isolate`: can any request get from one tenant to another?

use std::{fs, io::Read, io::Write};

use mayreach_report::{Picture, Sheet};
use mayreach_wire::{ProblemOut, isolation::IsolateIn, mayreach::ErrorCode};

use super::{answered, json, progress::Progress, report};
use crate::{
    args::{Isolate, ReportFormat, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn run(isolate: &Isolate, out: &mut dyn Write) -> Result<Status, Failure> {
    let mut stdin = Stdin::default();
    let mut question = match &isolate.tenants {
        Some(file) => tenants(file, &mut stdin)?,
        None => IsolateIn { by: isolate.by.clone(), ..IsolateIn::default() },
    };
    question.outside &= !isolate.no_outside;
    question.new_pods &= !isolate.no_new_pods;
    let engine = isolate.manifests.compile(&mut stdin)?;
    let mut progress = Progress::new("classes");
    let found = engine.isolate(&question, |done, all| progress.tell(done, all));
    progress.end();
    let found = found?;
    let written = match isolate.output.output {
        ReportFormat::Json => json(out, &found),
        ReportFormat::Text => text::isolation::write(out, &found).map_err(Failure::from),
        ReportFormat::Html => {
            let mut progress = Progress::new("workloads");
            let told = |done, all| progress.tell(done, all);
            let picture = Picture::of_isolation(engine.program(), &found, told);
            progress.end();
            report::html(out, &picture)
        }
        other => report::sheet(out, other, &Sheet::of_isolation(&found)),
    };
    answered(Status::of(found.verdict), written)
}

fn tenants(file: &str, stdin: &mut Stdin) -> Result<IsolateIn, Failure> {
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot read `{file}`: {error}");
        ProblemOut::new(ErrorCode::InvalidValue, message).field("--tenants")
    };
    let mut text = Vec::new();
    if file == "-" {
        stdin.take("--tenants")?.read_to_end(&mut text)?;
    } else {
        text = fs::read(file).map_err(unreadable)?;
    }
    Ok(IsolateIn::read(file, text)?)
}
