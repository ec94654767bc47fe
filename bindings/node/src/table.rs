//! Tables: an Arrow IPC stream or file of flows to an Arrow IPC stream of decisions.

use std::{
    io::Cursor,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use arrow_array::RecordBatchReader;
use arrow_ipc::{
    reader::{FileReader, StreamReader},
    writer::StreamWriter,
};
use arrow_schema::ArrowError;
use mayreach_wire::{
    Engine, ProblemOut, Problems,
    mayreach::ErrorCode,
    table::{Decisions, Table, TableOptions},
};
use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, Either, External, Uint8Array},
};
use napi_derive::napi;

use crate::{
    Handle,
    answer::either,
    guard::{Answered, guard},
};

/// What tells work on another thread that nobody waits for it any more.
type Stop = External<Arc<AtomicBool>>;

/// How an Arrow file begins, and no stream does.
const FILE: &[u8] = b"ARROW1";

/// A new flag for one piece of work.
#[napi]
pub fn stopper() -> Stop {
    External::new(Arc::new(AtomicBool::new(false)))
}

/// Ends the work that holds the flag.
#[napi]
pub fn stop(stopper: &Stop) {
    stopper.store(true, Ordering::Relaxed);
}

/// The bytes of the answer; whole, because the answer is one value in JavaScript.
fn decided(engine: &Engine, flows: &[u8], strict: bool, stop: &AtomicBool) -> Answered<Vec<u8>> {
    guard(|| {
        let table = Table::new(engine, TableOptions { strict, ..TableOptions::default() });
        if flows.starts_with(FILE) {
            let reader = FileReader::try_new(Cursor::new(flows), None);
            written(table, reader.map_err(|error| bad(&error))?, stop)
        } else {
            let reader = StreamReader::try_new(Cursor::new(flows), None);
            written(table, reader.map_err(|error| bad(&error))?, stop)
        }
    })
}

fn written<R: RecordBatchReader>(
    table: Table,
    flows: R,
    stop: &AtomicBool,
) -> Result<Vec<u8>, Problems> {
    let mut decisions = Decisions::new(table, flows)?;
    let schema = decisions.schema();
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).map_err(|error| bad(&error))?;
    while let Some(batch) = decisions.next_batch() {
        writer.write(&batch?).map_err(|error| bad(&error))?;
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(writer.into_inner().map_err(|error| bad(&error))?)
}

fn bad(error: &ArrowError) -> ProblemOut {
    ProblemOut::new(ErrorCode::Unreadable, format!("not an Arrow IPC stream or file: {error}"))
        .field("flows")
}

/// Decides a table of flows; with `strict` a wrong row is an error of the whole.
#[napi]
pub fn decide_table(
    program: &Handle,
    flows: Uint8Array,
    strict: bool,
) -> Either<Uint8Array, String> {
    let stop = AtomicBool::new(false);
    either(decided(program, &flows, strict, &stop).map(Uint8Array::from))
}

/// Decides a table away from the event loop.
pub struct Tabled {
    engine: Arc<Engine>,
    flows: Vec<u8>,
    strict: bool,
    stop: Arc<AtomicBool>,
}

impl Task for Tabled {
    type Output = Answered<Vec<u8>>;
    type JsValue = Either<Uint8Array, String>;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(decided(&self.engine, &self.flows, self.strict, &self.stop))
    }

    fn resolve(&mut self, _: Env, answered: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(either(answered.map(Uint8Array::from)))
    }
}

/// As [`decide_table`], away from the event loop. The bytes are copied: JavaScript may write to
/// its own at any time.
#[napi]
pub fn decide_table_async(
    program: &Handle,
    flows: Uint8Array,
    strict: bool,
    stopper: &Stop,
) -> AsyncTask<Tabled> {
    let (engine, stop) = (Arc::clone(program), Arc::clone(stopper));
    AsyncTask::new(Tabled { engine, flows: flows.to_vec(), strict, stop })
}
