//! `mayreach isolate`: can any request get from one tenant to another?

use std::io::Write;

use mayreach_wire::isolation::IsolateIn;

use super::{answered, json, progress::Progress};
use crate::{
    args::{Format, Isolate, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn run(isolate: &Isolate, out: &mut dyn Write) -> Result<Status, Failure> {
    let question = IsolateIn {
        by: Some(isolate.by.clone()),
        outside: !isolate.no_outside,
        new_pods: !isolate.no_new_pods,
        ..IsolateIn::default()
    };
    let engine = isolate.manifests.compile(&mut Stdin::default())?;
    let mut progress = Progress::new("classes");
    let found = engine.isolate(&question, |done, all| progress.tell(done, all));
    progress.end();
    let found = found?;
    let written = match isolate.output.output {
        Format::Json => json(out, &found),
        Format::Text => text::isolation::write(out, &found).map_err(Failure::from),
    };
    answered(Status::of(found.verdict), written)
}
