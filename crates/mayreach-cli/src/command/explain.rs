//! `mayreach explain`: the whole walk behind one answer.

use std::io::Write;

use super::{answered, json};
use crate::{
    args::{Explain, Format, Stdin},
    failure::Failure,
    status::Status,
    text,
};

pub(super) fn run(explain: &Explain, out: &mut dyn Write) -> Result<Status, Failure> {
    let mut stdin = Stdin::default();
    let flow = explain.flow.read(&mut stdin)?;
    let engine = explain.manifests.compile(&mut stdin)?;
    let explanation = engine.explain(&flow)?;
    let written = match explain.output.output {
        Format::Json => json(out, &explanation),
        Format::Text => text::walk::write(out, &flow, &explanation).map_err(Failure::from),
    };
    answered(Status::of(explanation.decision.verdict), written)
}
