//! `mayreach diff` and `change`: what changed in meaning, and whether that is what was meant.

use std::io::Write;

use mayreach_wire::{Question, difference::Intent};

use super::{answered, report};
use crate::{
    args::{Change, Diff, Stdin},
    failure::Failure,
    status::Status,
};

pub(super) fn diff(diff: &Diff, out: &mut dyn Write) -> Result<Status, Failure> {
    let mut stdin = Stdin::default();
    let old = diff.reading.compile(std::slice::from_ref(&diff.old), &mut stdin)?;
    let new = diff.reading.compile(std::slice::from_ref(&diff.new), &mut stdin)?;
    let found = report::ask(&old, &Question::Diff(new), "classes")?;
    let status = if diff.exit_code { report::status(&found) } else { Status::Allowed };
    answered(status, report::write(out, diff.output.output, &found))
}

pub(super) fn change(change: &Change, out: &mut dyn Write) -> Result<Status, Failure> {
    let intents: Result<Vec<Intent>, _> = change.intend.iter().map(|t| Intent::parse(t)).collect();
    let intents = intents?;
    let mut stdin = Stdin::default();
    let old = change.reading.compile(&change.from, &mut stdin)?;
    let new = change.reading.compile(&change.to, &mut stdin)?;
    let found = report::ask(&old, &Question::Change(new, intents), "classes")?;
    let status = report::status(&found);
    answered(status, report::write(out, change.output.output, &found))
}
