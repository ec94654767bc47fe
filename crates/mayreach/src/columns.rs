//! Many flows at once, column by column: what tables, logs and bindings ask.

use std::ops::Range;

use crate::{
    Decision, Flow, Http, Layer, LayerDecision, Peer, Port, Problem, Program, Protocol, Reason,
    Request, Verdict, WorkloadId,
    decision::fast::{Ask, BLOCK, Block, Ends, Found},
    error::ErrorCode,
};

/// Flows between workloads of the manifests, as columns of equal length. The layout is that of
/// Arrow's `UInt32`, `UInt16`, `UInt8` and `Utf8` arrays without nulls.
///
/// ```
/// use mayreach::{AnswerColumns, FlowColumns, Options, Program, Source, Verdict};
///
/// let manifests = r#"
/// {"apiVersion": "v1", "kind": "List", "items": [
///   {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}},
///   {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "shop"}}]}
/// "#;
/// let program = Program::compile(&[Source::new("shop.json", manifests)], &Options::default())?;
/// let web = program.workload("shop", "web").map_or(u32::MAX, |id| id.0);
/// let db = program.workload("shop", "db").map_or(u32::MAX, |id| id.0);
/// let flows = FlowColumns {
///     source: &[web, db],
///     destination: &[db, web],
///     port: &[5432, 80],
///     methods: &["GET"],
///     method: &[0, 0],
///     path_offsets: &[0, 3, 9],
///     paths: b"/v1/orders",
///     ..FlowColumns::default()
/// };
/// let mut verdict = [0; 2];
/// let mut answers = AnswerColumns { verdict: &mut verdict, ..AnswerColumns::default() };
/// assert!(program.decide_columns(&flows, &mut answers).is_ok());
/// assert_eq!(verdict, [Verdict::Allow as u8; 2]);
/// # Ok::<(), mayreach::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowColumns<'a> {
    /// Numbers of workloads ([`WorkloadId`]). One that no workload has makes its row undetermined.
    pub source: &'a [u32],
    /// Numbers of workloads.
    pub destination: &'a [u32],
    /// Ports of the destination; 0 is "not said".
    pub port: &'a [u16],
    /// The methods that `method` numbers.
    pub methods: &'a [&'a str],
    /// Places in `methods`; one past its end is "no request is known of". May be empty: no row has
    /// a request.
    pub method: &'a [u8],
    /// Where each path begins in `paths`, and after the last where it ends: one more than rows. May
    /// be empty: no path is known.
    pub path_offsets: &'a [u32],
    /// All paths, one after the other, UTF-8.
    pub paths: &'a [u8],
}

/// Where the answers go: columns as long as those of the flows, or empty where one is not wanted.
#[derive(Debug, Default)]
pub struct AnswerColumns<'o> {
    /// [`Verdict`] as a number: 0 allow, 1 deny, 2 undetermined.
    pub verdict: &'o mut [u8],
    /// The [`Layer`] that decided as a number, from 0; 255 is none.
    pub decided_by: &'o mut [u8],
    /// Number of the policy that decided ([`crate::PolicyId`]); `u32::MAX` is none.
    pub policy: &'o mut [u32],
    /// Number of its rule; `u32::MAX` is none.
    pub rule: &'o mut [u32],
}

impl AnswerColumns<'_> {
    fn set(&mut self, row: usize, decision: &Decision) {
        self.set_outcome(row, outcome(decision));
        let (policy, rule) = decider(decision);
        if let Some(place) = self.policy.get_mut(row) {
            *place = policy;
        }
        if let Some(place) = self.rule.get_mut(row) {
            *place = rule;
        }
    }

    fn set_outcome(&mut self, row: usize, [verdict, decided_by]: [u8; 2]) {
        if let Some(place) = self.verdict.get_mut(row) {
            *place = verdict;
        }
        if let Some(place) = self.decided_by.get_mut(row) {
            *place = decided_by;
        }
    }

    fn set_layer(&mut self, row: usize, layer: &LayerDecision) {
        if let Some(place) = self.verdict.get_mut(row) {
            *place = layer.verdict as u8;
        }
        if let Some(place) = self.decided_by.get_mut(row) {
            *place = layer.layer as u8;
        }
        if let Some(place) = self.policy.get_mut(row) {
            *place = layer.reason.policy().map_or(u32::MAX, |id| id.0);
        }
        if let Some(place) = self.rule.get_mut(row) {
            *place = layer.reason.rule().unwrap_or(u32::MAX);
        }
    }

    fn fits(&self, rows: usize) -> bool {
        let all = [self.verdict.len(), self.decided_by.len(), self.policy.len(), self.rule.len()];
        all.iter().all(|len| *len == 0 || *len == rows)
    }
}

/// The verdict and the layer that decided, as columns have them.
fn outcome(decision: &Decision) -> [u8; 2] {
    [decision.verdict as u8, decision.decided_by.map_or(u8::MAX, |layer| layer as u8)]
}

/// Policy and rule of the layer that decided; of an allowed flow those of the last that a rule did.
fn decider(decision: &Decision) -> (u32, u32) {
    let by_rule = |reason: &Reason| reason.policy().is_some();
    let layer = match decision.decided_by {
        Some(by) => decision.layers.iter().find(|one| one.layer == by),
        None => decision.layers.iter().rev().find(|one| by_rule(&one.reason)),
    };
    let reason = layer.map(|one| one.reason);
    let policy = reason.and_then(|r| r.policy()).map_or(u32::MAX, |id| id.0);
    (policy, reason.and_then(|r| r.rule()).unwrap_or(u32::MAX))
}

/// Columns that are checked, row by row.
struct Rows<'a> {
    flows: FlowColumns<'a>,
    /// The paths of these rows, and where they begin among all.
    paths: &'a str,
    first: usize,
    /// Numbers of the methods, as rules have them.
    methods: [u8; 256],
}

impl<'a> Rows<'a> {
    fn new(flows: &FlowColumns<'a>, answers: &AnswerColumns<'_>) -> Result<Self, Problem> {
        let rows = flows.source.len();
        let wrong = |field: &str, what: String| {
            Problem::new(ErrorCode::InvalidFlow, what).field(field.to_owned())
        };
        let columns = [
            ("destination", flows.destination.len(), rows, false),
            ("port", flows.port.len(), rows, false),
            ("method", flows.method.len(), rows, true),
            ("path_offsets", flows.path_offsets.len(), rows + 1, true),
        ];
        for (field, len, wanted, may_lack) in columns {
            if len != wanted && !(may_lack && len == 0) {
                return Err(wrong(field, format!("has {len} items, and must have {wanted}")));
            }
        }
        if !answers.fits(rows) {
            return Err(wrong("answers", format!("has columns of other than {rows} items")));
        }
        // A part of a table has the offsets of its rows and the bytes of all.
        let ends = [flows.path_offsets.first(), flows.path_offsets.last()];
        let [first, last] = ends.map(|offset| offset.map_or(0, |offset| *offset as usize));
        let uneven = || wrong("path_offsets", "does not ascend within `paths`".to_owned());
        let bytes = flows.paths.get(first..last).ok_or_else(uneven)?;
        let paths = std::str::from_utf8(bytes)
            .map_err(|error| wrong("paths", format!("is not UTF-8: {error}")))?;
        let letter = |offset: &u32| paths.is_char_boundary(*offset as usize - first);
        let offsets = flows.path_offsets;
        if !(offsets.is_sorted() && (paths.is_ascii() || offsets.iter().all(letter))) {
            return Err(uneven());
        }
        let mut methods = [u8::MAX; 256];
        for (place, name) in methods.iter_mut().zip(flows.methods) {
            *place = Ask::method(name);
        }
        Ok(Self { flows: *flows, paths, first, methods })
    }

    fn path(&self, row: usize) -> Option<&'a str> {
        let [from, to] = *self.flows.path_offsets.get(row..)?.first_chunk()?;
        self.paths
            .get((from as usize).checked_sub(self.first)?..(to as usize).checked_sub(self.first)?)
    }

    fn workload(column: &[u32], row: usize) -> WorkloadId {
        WorkloadId(column.get(row).copied().unwrap_or(u32::MAX))
    }

    fn ends(&self, row: usize) -> Option<Ends> {
        let port = self.flows.port.get(row).copied().filter(|port| *port != 0)?;
        let from = Self::workload(self.flows.source, row);
        Some(Ends { from, to: Self::workload(self.flows.destination, row), port })
    }

    fn request(&self, row: usize) -> Request<'a> {
        let number = self.flows.method.get(row).copied();
        let method = number.and_then(|n| self.flows.methods.get(usize::from(n))).copied();
        Request { method, path: self.path(row), ..Request::default() }
    }

    /// Its request, if nothing about it is odd.
    #[inline]
    fn ask(&self, row: usize) -> Option<Ask<'a>> {
        let number = usize::from(*self.flows.method.get(row)?);
        Ask::of(*self.methods.get(number)?, self.path(row)?)
    }

    /// The flow of one row as anybody would ask it.
    fn flow(&self, row: usize) -> Flow<'a> {
        let port = match self.flows.port.get(row) {
            None | Some(0) => Port::Unknown,
            Some(port) => Port::Number(*port),
        };
        let peer = |column| Peer::Id(Self::workload(column, row));
        let flow = Flow::new(peer(self.flows.source), peer(self.flows.destination), port);
        let request = self.request(row);
        let asked = request.method.is_some();
        Flow { http: if asked { Http::Request(request) } else { Http::Unknown }, ..flow }
    }
}

impl Program {
    /// Decides many flows, as [`Program::decide`] does each of them.
    ///
    /// # Errors
    /// Columns of different lengths, or paths that are no UTF-8.
    pub fn decide_columns(
        &self,
        flows: &FlowColumns<'_>,
        answers: &mut AnswerColumns<'_>,
    ) -> Result<(), Problem> {
        let rows = Rows::new(flows, answers)?;
        self.decide_rows(&rows, 0..flows.source.len(), answers);
        Ok(())
    }

    /// The authorization layer of many flows, as [`Program::authorize`] asks each of them.
    ///
    /// # Errors
    /// Columns of different lengths, or paths that are no UTF-8.
    pub fn authorize_columns(
        &self,
        flows: &FlowColumns<'_>,
        answers: &mut AnswerColumns<'_>,
    ) -> Result<(), Problem> {
        let rows = Rows::new(flows, answers)?;
        self.authorize_rows(&rows, 0..flows.source.len(), answers);
        Ok(())
    }

    /// [`Program::decide_columns`] on all threads of rayon's pool.
    ///
    /// # Errors
    /// Columns of different lengths, or paths that are no UTF-8.
    #[cfg(feature = "rayon")]
    pub fn decide_columns_in_parallel(
        &self,
        flows: &FlowColumns<'_>,
        answers: &mut AnswerColumns<'_>,
    ) -> Result<(), Problem> {
        let rows = Rows::new(flows, answers)?;
        split(0..flows.source.len(), answers.part(), &|range, answers| {
            self.decide_rows(&rows, range, answers);
        });
        Ok(())
    }

    /// [`Program::authorize_columns`] on all threads of rayon's pool.
    ///
    /// # Errors
    /// Columns of different lengths, or paths that are no UTF-8.
    #[cfg(feature = "rayon")]
    pub fn authorize_columns_in_parallel(
        &self,
        flows: &FlowColumns<'_>,
        answers: &mut AnswerColumns<'_>,
    ) -> Result<(), Problem> {
        let rows = Rows::new(flows, answers)?;
        split(0..flows.source.len(), answers.part(), &|range, answers| {
            self.authorize_rows(&rows, range, answers);
        });
        Ok(())
    }

    fn decide_rows(&self, rows: &Rows<'_>, range: Range<usize>, answers: &mut AnswerColumns<'_>) {
        let fast = self.fast();
        // Then reasons need not be put together.
        let brief = answers.policy.is_empty() && answers.rule.is_empty();
        let mut held = Block::new();
        for block in blocks(&range) {
            held.fill(fast, block.clone().map(|row| rows.ends(row)));
            for (row, held) in block.zip(held.flows()) {
                let quick = || {
                    let (ends, held) = held?;
                    let (network, ask) = (fast.cells(ends, Protocol::Tcp)?, rows.ask(row));
                    let authorization = fast.ask(held, ask.as_ref(), || rows.request(row))?;
                    Some(Found { held: *held, network, authorization, ask }.whole())
                };
                let long = || self.decide(&rows.flow(row));
                let place = row - range.start;
                if brief {
                    let quick = quick().map(|decision| outcome(&decision));
                    answers.set_outcome(place, quick.unwrap_or_else(|| outcome(&long())));
                } else {
                    answers.set(place, &quick().unwrap_or_else(long));
                }
            }
        }
    }

    fn authorize_rows(
        &self,
        rows: &Rows<'_>,
        range: Range<usize>,
        answers: &mut AnswerColumns<'_>,
    ) {
        let fast = self.fast();
        let mut held = Block::new();
        for block in blocks(&range) {
            held.fill(fast, block.clone().map(|row| rows.ends(row)));
            for (row, held) in block.zip(held.flows()) {
                let ask = rows.ask(row);
                let quick =
                    held.and_then(|(_, held)| fast.ask(held, ask.as_ref(), || rows.request(row)));
                let found = quick.unwrap_or_else(|| self.authorize(&rows.flow(row)));
                answers.set_layer(row - range.start, &found);
            }
        }
    }
}

/// Rows that are looked up together.
fn blocks(range: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.clone().step_by(BLOCK).map(move |begin| begin..end.min(begin + BLOCK))
}

/// So many rows are one task.
#[cfg(feature = "rayon")]
const TASK: usize = 4096;

#[cfg(feature = "rayon")]
fn split(
    range: Range<usize>,
    mut answers: AnswerColumns<'_>,
    run: &(impl Fn(Range<usize>, &mut AnswerColumns<'_>) + Sync),
) {
    if range.len() <= TASK {
        return run(range, &mut answers);
    }
    let half = range.len() / 2;
    let middle = range.start + half;
    let (first, second) = answers.halves(half);
    rayon::join(
        || split(range.start..middle, first, run),
        || split(middle..range.end, second, run),
    );
}

#[cfg(feature = "rayon")]
impl<'o> AnswerColumns<'o> {
    /// The same columns, lent.
    fn part(&mut self) -> AnswerColumns<'_> {
        AnswerColumns {
            verdict: &mut *self.verdict,
            decided_by: &mut *self.decided_by,
            policy: &mut *self.policy,
            rule: &mut *self.rule,
        }
    }

    /// Two parts, the first of so many rows.
    fn halves(self, rows: usize) -> (AnswerColumns<'o>, AnswerColumns<'o>) {
        fn cut<T>(column: &mut [T], rows: usize) -> (&mut [T], &mut [T]) {
            let rows = rows.min(column.len());
            column.split_at_mut(rows)
        }
        let (verdict, verdicts) = cut(self.verdict, rows);
        let (decided_by, all_decided_by) = cut(self.decided_by, rows);
        let (policy, policies) = cut(self.policy, rows);
        let (rule, rules) = cut(self.rule, rows);
        let first = AnswerColumns { verdict, decided_by, policy, rule };
        let rest = AnswerColumns {
            verdict: verdicts,
            decided_by: all_decided_by,
            policy: policies,
            rule: rules,
        };
        (first, rest)
    }
}

const _: () = {
    assert!(Verdict::Allow as u8 == 0 && Verdict::Undetermined as u8 == 2);
    assert!(Layer::Egress as u8 == 0 && Layer::Authorization as u8 == 4);
};
