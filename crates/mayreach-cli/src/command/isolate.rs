//! `mayreach isolate`: can any request get from one tenant to another?

use std::{fs, io::Read, io::Write};

use mayreach_wire::{ProblemOut, Question, isolation::IsolateIn, mayreach::ErrorCode};

use super::{answered, report};
use crate::{
    args::{Isolate, Stdin},
    failure::Failure,
    status::Status,
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
    let found = report::ask(&engine, &Question::Isolate(question), "classes")?;
    let status = report::status(&found);
    answered(status, report::write(out, isolate.output.output, &found))
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
