//! Tables: Arrow record batches of flows in, record batches of decisions out.
//!
//! One row is one flow. Columns are found by name, in any order; what is left out, or null, is not
//! known, as in the JSON of a flow:
//!
//! | column | type | means |
//! |---|---|---|
//! | `id` | any | comes back as it is |
//! | `source` | text | `namespace/workload`, an address, or JSON such as `{"namespace": "shop", "labels": {…}}` |
//! | `destination` | text | the same, or `service:namespace/name` |
//! | `port` | whole number, or text | number or name of the port that is called |
//! | `protocol` | text, or whole number | `TCP` unless said otherwise |
//! | `ip_version` | whole number | 4 or 6: which of their addresses the two ends use |
//! | `source_port` | whole number | the port that the client sends from |
//! | `icmp_type`, `icmp_code` | whole numbers | for ICMP |
//! | `http` | boolean | `false`: the connection is not HTTP; `true`: it is |
//! | `method`, `path`, `host` | text | of the request |
//! | `headers` | text | JSON: every other header line, `[["name", "value"], …]` |
//! | `sni` | text | TLS server name that the client sends |
//! | `token` | text | the bearer token; empty text says that none is sent |
//! | `claims` | text | JSON: the payload of a token that is verified already |
//! | `principal` | text | the identity that the source presents, instead of its own |
//! | `mtls`, `tls_without_certificate` | booleans | how the source connects |
//! | `now` | timestamp, whole number, or text | time of the request |
//! | `ext_authz` | text | JSON: what external authorizers answered, `{"provider": "allow"}` |
//!
//! Text may be `Utf8`, `LargeUtf8`, `Utf8View` or a dictionary of them; whole numbers any integer
//! type or a dictionary of one. A column of another name is an error, for a misspelled `method`
//! would change verdicts, unless [`TableOptions::ignore_extra`] is set.
//!
//! A row of the answer has these columns. Policy, rule and reason are those of the layer that
//! decided; of an allowed flow, those of the last layer in which a policy had a say.
//!
//! | column | type | |
//! |---|---|---|
//! | `id` | as given | if the flows have it |
//! | `verdict` | dictionary of text | `allow`, `deny`, `undetermined`; null where `error` is not |
//! | `decided_by` | dictionary of text | the first layer that denies or, failing that, is undetermined |
//! | `policy_kind`, `policy_namespace`, `policy_name` | dictionaries of text | the policy |
//! | `rule` | `UInt32` | its rule, from 0 |
//! | `reason` | dictionary of text | the code of the reason |
//! | `client_sees` | dictionary of text | `response`, `reset`, `timeout`, `closed` |
//! | `status` | `UInt16` | HTTP status of a response |
//! | `missing` | text | what an undetermined verdict depends on, with commas between |
//! | `error` | text | what is wrong with the row |

mod answer;
mod column;
mod input;
mod json;
mod memo;
mod names;
mod report;
mod requests;
mod row;
#[cfg(test)]
mod tests;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use arrow_array::{Array as _, RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use mayreach::ErrorCode;

use self::{answer::Answers, input::Input, names::Names, row::Asker};
use crate::{Engine, ProblemOut};

/// A thread for fewer rows costs more than it saves.
const ROWS_MIN_A_THREAD: usize = 4096;
/// So that threads that other work holds up do not hold up all.
const PARTS_A_THREAD: usize = 4;
/// What is read and answered of a part stays in a core's caches.
const ROWS_MAX_A_PART: usize = 1 << 17;

/// How tables are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// Columns of other names are passed over.
    pub ignore_extra: bool,
    /// The first bad row is an error of the whole table.
    pub strict: bool,
    /// How many threads decide; 0 is as many as the machine has.
    pub threads: usize,
    /// Batches came through a C interface: offsets and text are looked through before anything
    /// trusts them, each part by the thread that decides it.
    pub foreign: bool,
}

/// A program that decides tables. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Table {
    engine: Engine,
    names: Arc<Names>,
    options: TableOptions,
}

impl Table {
    /// Prepares a program for tables: spells out its names once.
    pub fn new(engine: &Engine, options: TableOptions) -> Self {
        let names = Arc::new(Names::new(engine.program()));
        Self { engine: engine.clone(), names, options }
    }

    /// The columns of the answer to flows of a schema.
    ///
    /// # Errors
    /// A column that no flow has, or of a type that it cannot have.
    pub fn schema(&self, flows: &Schema) -> Result<SchemaRef, ProblemOut> {
        Input::check(flows, self.options)?;
        Ok(self.names.schema(flows))
    }

    /// Decides a batch: one row of the answer for each row of the flows, in order, in batches of
    /// bounded size.
    ///
    /// # Errors
    /// A column that no flow has, or of a type that it cannot have; with
    /// [`TableOptions::strict`] also a row that is wrong. `done` rows stand before this batch.
    pub fn decide(&self, flows: &RecordBatch, done: usize) -> Result<Vec<RecordBatch>, ProblemOut> {
        let schema = self.schema(flows.schema_ref())?;
        let rows = flows.num_rows();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if self.options.threads == 0 { cores } else { self.options.threads };
        let threads = threads.min(rows / ROWS_MIN_A_THREAD).max(1);
        let size = match threads {
            1 => ROWS_MAX_A_PART,
            _ => rows.div_ceil(threads * PARTS_A_THREAD).clamp(ROWS_MIN_A_THREAD, ROWS_MAX_A_PART),
        };
        let parts = rows.div_ceil(size).max(1);
        let decide = |part: usize| {
            let from = part * size;
            let flows = flows.slice(from, size.min(rows - from));
            self.part(Arc::clone(&schema), &flows, done + from)
        };
        if threads == 1 {
            return (0..parts).map(decide).collect();
        }
        on_threads(threads, parts, &decide).into_iter().collect()
    }

    /// Decides the rows of one part.
    fn part(
        &self,
        schema: SchemaRef,
        flows: &RecordBatch,
        done: usize,
    ) -> Result<RecordBatch, ProblemOut> {
        if self.options.foreign {
            let checked = flows.columns().iter().try_for_each(|c| c.to_data().validate_full());
            checked.map_err(|error| from_arrow(&error))?;
        }
        let input = Input::new(flows)?;
        let rows = flows.num_rows();
        let mut answers = Answers::with_capacity(rows);
        let mut asker = Asker::new(&self.engine, &input);
        (0..rows).for_each(|_| asker.ask(&mut answers));
        answers.spread();
        if let Some((row, problem)) = answers.wrong.first().filter(|_| self.options.strict) {
            let message = format!("row {}: {}", done + row, problem.message);
            return Err(ProblemOut { message, ..problem.clone() });
        }
        self.names.batch(schema, flows, answers).map_err(|error| from_arrow(&error))
    }
}

/// What `decide` makes of every part, in order; each thread takes the next part that is left.
fn on_threads<T: Send>(
    threads: usize,
    parts: usize,
    decide: &(impl Fn(usize) -> T + Sync),
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= parts {
                return done;
            }
            done.push((part, decide(part)));
        }
    };
    // Threads of a pool would be missing after a fork.
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(part, _)| *part);
    all.into_iter().map(|(_, found)| found).collect()
}

/// A stream of decisions that reads a batch of flows when one of answers is wanted.
#[derive(Debug)]
pub struct Decisions<R> {
    table: Table,
    flows: R,
    schema: SchemaRef,
    done: usize,
    /// What is answered of the batch that was read last.
    ready: std::vec::IntoIter<RecordBatch>,
}

impl<R: RecordBatchReader> Decisions<R> {
    /// The answers to a stream of flows.
    ///
    /// # Errors
    /// A column that no flow has, or of a type that it cannot have.
    pub fn new(table: Table, flows: R) -> Result<Self, ProblemOut> {
        let schema = table.schema(&flows.schema())?;
        Ok(Self { table, flows, schema, done: 0, ready: Vec::new().into_iter() })
    }

    /// The next batch; what is wrong as a problem.
    pub fn next_batch(&mut self) -> Option<Result<RecordBatch, ProblemOut>> {
        loop {
            if let Some(batch) = self.ready.next() {
                return Some(Ok(batch));
            }
            let decided = match self.flows.next()? {
                Ok(flows) => {
                    let decided = self.table.decide(&flows, self.done);
                    self.done += flows.num_rows();
                    decided
                }
                Err(error) => Err(from_arrow(&error)),
            };
            match decided {
                Ok(batches) => self.ready = batches.into_iter(),
                Err(problem) => return Some(Err(problem)),
            }
        }
    }
}

impl<R: RecordBatchReader> Iterator for Decisions<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_batch()?;
        Some(next.map_err(|problem| ArrowError::ComputeError(problem.to_string())))
    }
}

impl<R: RecordBatchReader> RecordBatchReader for Decisions<R> {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

fn from_arrow(error: &ArrowError) -> ProblemOut {
    ProblemOut::new(ErrorCode::Unreadable, error.to_string())
}
