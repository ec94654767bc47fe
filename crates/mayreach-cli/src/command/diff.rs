//! `mayreach diff` and `change`: what changed in meaning, and whether that is what was meant.

use std::io::Write;

use mayreach_report::Listing;
use mayreach_wire::difference::Intent;

use super::{answered, json, progress::Progress, report};
use crate::{
    args::{Change, Diff, ListFormat, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn diff(diff: &Diff, out: &mut dyn Write) -> Result<Status, Failure> {
    let mut stdin = Stdin::default();
    let old = diff.reading.compile(std::slice::from_ref(&diff.old), &mut stdin)?;
    let new = diff.reading.compile(std::slice::from_ref(&diff.new), &mut stdin)?;
    let mut progress = Progress::new("classes");
    let found = old.difference(&new, |done, all| progress.tell(done, all));
    progress.end();
    let written = match diff.output.output {
        ListFormat::Json => json(out, &found),
        ListFormat::Text => text::difference::write(out, &found).map_err(Failure::from),
        other => report::list(out, other, &Listing::of_difference(&found)),
    };
    let status = match found.verdict {
        _ if !diff.exit_code => Status::Allowed,
        "equivalent" => Status::Allowed,
        "different" => Status::Denied,
        _ => Status::Undetermined,
    };
    answered(status, written)
}

pub(super) fn change(change: &Change, out: &mut dyn Write) -> Result<Status, Failure> {
    let intents: Result<Vec<Intent>, _> = change.intend.iter().map(|t| Intent::parse(t)).collect();
    let intents = intents?;
    let mut stdin = Stdin::default();
    let old = change.reading.compile(&change.from, &mut stdin)?;
    let new = change.reading.compile(&change.to, &mut stdin)?;
    let mut progress = Progress::new("classes");
    let found = old.change(&new, &intents, |done, all| progress.tell(done, all));
    progress.end();
    let found = found?;
    let written = match change.output.output {
        ListFormat::Json => json(out, &found),
        ListFormat::Text => text::difference::change(out, &found).map_err(Failure::from),
        other => report::list(out, other, &Listing::of_change(&found)),
    };
    let status = match found.verdict {
        "ok" => Status::Allowed,
        "wrong" => Status::Denied,
        _ => Status::Undetermined,
    };
    answered(status, written)
}
