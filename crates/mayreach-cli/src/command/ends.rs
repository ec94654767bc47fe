//! `mayreach can`, `callers`, `reaches`: what one workload may do, over all requests.

use std::io::Write;

use super::{answered, json, progress::Progress};
use crate::{
    args::{Can, Format, Reach, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn can(can: &Can, out: &mut dyn Write) -> Result<Status, Failure> {
    let [paths @ .., from, to] = can.all.as_slice() else { return Ok(Status::Bad) };
    let engine = can.reading.compile(paths, &mut Stdin::default())?;
    let found = engine.can(from, to)?;
    let written = match can.output.output {
        Format::Json => json(out, &found),
        Format::Text => text::reach::can(out, &found).map_err(Failure::from),
    };
    answered(Status::of(found.verdict), written)
}

pub(super) fn reach(reach: &Reach, callers: bool, out: &mut dyn Write) -> Result<Status, Failure> {
    let engine = reach.manifests.compile(&mut Stdin::default())?;
    let mut progress = Progress::new("classes");
    let found = engine.reach(&reach.workload, callers, |done, all| progress.tell(done, all));
    progress.end();
    let found = found?;
    let written = match reach.output.output {
        Format::Json => json(out, &found),
        Format::Text => text::reach::ends(out, &found).map_err(Failure::from),
    };
    answered(Status::Allowed, written)
}
