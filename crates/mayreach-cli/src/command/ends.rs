//! `mayreach can`, `callers`, `reaches`: what one workload may do, over all requests.

use std::io::Write;

use mayreach_report::Listing;

use super::{answered, json, progress::Progress, report};
use crate::{
    args::{Can, Reach, Stdin, TableFormat},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn can(can: &Can, out: &mut dyn Write) -> Result<Status, Failure> {
    let [paths @ .., from, to] = can.all.as_slice() else { return Ok(Status::Bad) };
    let engine = can.reading.compile(paths, &mut Stdin::default())?;
    let found = engine.can(from, to)?;
    let written = match can.output.output {
        TableFormat::Json => json(out, &found),
        TableFormat::Text => text::reach::can(out, &found).map_err(Failure::from),
        other => report::table(out, other, &Listing::of_can(&found)),
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
        TableFormat::Json => json(out, &found),
        TableFormat::Text => text::reach::ends(out, &found).map_err(Failure::from),
        other => report::table(out, other, &Listing::of_reach(&found)),
    };
    answered(Status::Allowed, written)
}
