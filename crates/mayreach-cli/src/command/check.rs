//! `mayreach check`: one flow, or many as JSON lines.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
};

use mayreach_wire::{ProblemOut, mayreach::ErrorCode, stream};

use super::{answered, json};
use crate::{
    args::{Check, Format, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn run(check: &Check, out: &mut dyn Write) -> Result<Status, Failure> {
    match &check.flows {
        Some(file) => many(check, file, out),
        None => one(check, out),
    }
}

fn one(check: &Check, out: &mut dyn Write) -> Result<Status, Failure> {
    let mut stdin = Stdin::default();
    let flow = check.flow.read(&mut stdin)?;
    let engine = check.manifests.compile(&mut stdin)?;
    let explanation = engine.explain(&flow)?;
    let written = match check.output.output {
        Format::Json => json(out, &explanation.decision),
        Format::Text => text::answer::write(out, &flow, &explanation).map_err(Failure::from),
    };
    answered(Status::of(explanation.decision.verdict), written)
}

fn many(check: &Check, file: &str, out: &mut dyn Write) -> Result<Status, Failure> {
    let mut stdin = Stdin::default();
    let flows: Box<dyn Read> =
        if file == "-" { Box::new(stdin.take("--flows")?) } else { Box::new(open(file)?) };
    let mut flows = BufReader::with_capacity(1 << 16, flows);
    let engine = check.manifests.compile(&mut stdin)?;
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let tally = stream(&engine, file, &mut flows, &mut out)?;
    out.flush()?;
    Ok(Status::of_all(tally))
}

fn open(file: &str) -> Result<File, ProblemOut> {
    File::open(file).map_err(|error| {
        ProblemOut::new(ErrorCode::InvalidValue, format!("cannot read `{file}`: {error}"))
            .field("--flows")
    })
}
