//! Asking a program.

use std::sync::Arc;

use mayreach_wire::{Asked, Engine, FlowIn, ProblemOut, Problems, flow::Words};
use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, Either, External, Uint8Array},
};
use napi_derive::napi;

use crate::{
    Handle, Question,
    answer::{Said, WRONG, code, either, of_flow, unplaced, verdict},
    guard::{Answered, guard, text},
};

/// A flow in words, or of our own JSON, whose place in that text means nothing to the caller.
fn read(flow: &str) -> Result<FlowIn, ProblemOut> {
    words(flow).map_or_else(|| FlowIn::from_json(flow).map_err(unplaced), |words| words.own())
}

/// The words of the usual flow, as `lib/flow.js` joins them; nothing for JSON.
fn words(flow: &str) -> Option<Words<'_>> {
    if flow.starts_with('{') {
        return None;
    }
    let mut parts = flow.split('\x1f');
    let mut next = || parts.next();
    let (source, destination, port) = (next()?, next()?, next()?.parse().ok()?);
    let (method, path, host) = (next()?, next()?, next()?);
    let host = Some(host).filter(|host| !host.is_empty());
    let words = Words {
        source,
        destination,
        port: Some(port),
        method: Some(method),
        path: Some(path),
        host,
    };
    next().is_none().then_some(words)
}

/// Reads a flow once, to ask it many times.
#[napi]
pub fn prepare(flow: String) -> Either<Question, String> {
    either(guard(|| Ok(External::new(Asked::new(read(&flow)?)?))))
}

/// The verdict of one flow as a code; 255 if it cannot be asked.
#[napi]
pub fn decide(program: &Handle, flow: String) -> u8 {
    guard(|| match words(&flow) {
        Some(words) => Ok(code(&program.judge_words(&words)?)),
        None => Ok(verdict(program, &read(&flow)?)?),
    })
    .unwrap_or(WRONG)
}

/// The verdict of a flow that was read before.
#[napi]
pub fn decide_prepared(program: &Handle, flow: &Question) -> u8 {
    guard(|| Ok(code(&flow.judge(program)?))).unwrap_or(WRONG)
}

/// The whole decision of one flow.
#[napi]
pub fn decision(program: &Handle, flow: String) -> Said {
    guard(|| Ok(text(&program.decide(&read(&flow)?)?))).into()
}

/// The whole walk behind the decision of one flow.
#[napi]
pub fn explain(program: &Handle, flow: String) -> Said {
    guard(|| Ok(text(&program.explain(&read(&flow)?)?))).into()
}

/// Everything that bears on a workload.
#[napi]
pub fn describe(program: &Handle, workload: String) -> Said {
    guard(|| Ok(text(&program.describe(&workload)?))).into()
}

/// What the cluster would accept and then ignore.
#[napi]
pub fn notes(program: &Handle) -> String {
    text(program.notes())
}

/// How many workloads and policies there are.
#[napi]
pub fn sizes(program: &Handle) -> Vec<u32> {
    let program = program.program();
    let workloads = program.workloads().filter(|workload| workload.owner().is_none()).count();
    let sizes = [workloads, program.policies().count()];
    sizes.map(|size| u32::try_from(size).unwrap_or(u32::MAX)).to_vec()
}

/// Decides flows of JSON lines, a code each; `first` is the number of the first in its list.
fn many(engine: &Engine, lines: &str, first: u32) -> Answered<Vec<u8>> {
    guard(|| {
        let codes = lines.lines().zip(u64::from(first)..).map(|(line, number)| {
            let code = read(line).and_then(|flow| verdict(engine, &flow));
            code.map_err(|problem| of_flow(number, problem))
        });
        codes.collect::<Result<Vec<u8>, Problems>>()
    })
}

/// Decides flows of JSON lines, a code each.
#[napi]
pub fn decide_lines(program: &Handle, lines: String, first: u32) -> Either<Uint8Array, String> {
    either(many(program, &lines, first).map(Uint8Array::from))
}

/// Decides many flows away from the event loop.
pub struct Lines {
    engine: Arc<Engine>,
    lines: String,
    first: u32,
}

impl Task for Lines {
    type Output = Answered<Vec<u8>>;
    type JsValue = Either<Uint8Array, String>;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(many(&self.engine, &self.lines, self.first))
    }

    fn resolve(&mut self, _: Env, answered: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(either(answered.map(Uint8Array::from)))
    }
}

/// As [`decide_lines`], away from the event loop.
#[napi]
pub fn decide_lines_async(program: &Handle, lines: String, first: u32) -> AsyncTask<Lines> {
    AsyncTask::new(Lines { engine: Arc::clone(program), lines, first })
}

/// The decision of one flow as lines of text.
#[napi]
pub fn decision_text(program: &Handle, flow: String) -> Said {
    guard(|| Ok(program.decide(&read(&flow)?)?.to_string())).into()
}

/// The decision of one flow and what it hangs on, as lines of text.
#[napi]
pub fn explanation_text(program: &Handle, flow: String) -> Said {
    guard(|| Ok(program.explain(&read(&flow)?)?.to_string())).into()
}
