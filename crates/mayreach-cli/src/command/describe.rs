//! `mayreach describe`: what selects a workload, and who may reach it.

use std::io::Write;

use super::{answered, json};
use crate::{
    args::{Describe, Format, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn run(describe: &Describe, out: &mut dyn Write) -> Result<Status, Failure> {
    let engine = describe.manifests.compile(&mut Stdin::default())?;
    let found = engine.describe(&describe.workload)?;
    let written = match describe.output.output {
        Format::Json => json(out, &found),
        Format::Text => text::describe::write(out, &found).map_err(Failure::from),
    };
    answered(Status::Allowed, written)
}
