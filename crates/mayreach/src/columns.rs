//! Many flows at once, column by column: what tables, logs and bindings ask.

use crate::{
    Decision, Flow, Http, Layer, Peer, Port, Problem, Program, Reason, Request, Verdict,
    WorkloadId, error::ErrorCode,
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
        if let Some(place) = self.verdict.get_mut(row) {
            *place = decision.verdict as u8;
        }
        if let Some(place) = self.decided_by.get_mut(row) {
            *place = decision.decided_by.map_or(u8::MAX, |layer| layer as u8);
        }
        if self.policy.is_empty() && self.rule.is_empty() {
            return;
        }
        let (policy, rule) = decider(decision);
        if let Some(place) = self.policy.get_mut(row) {
            *place = policy;
        }
        if let Some(place) = self.rule.get_mut(row) {
            *place = rule;
        }
    }

    fn fits(&self, rows: usize) -> bool {
        let all = [self.verdict.len(), self.decided_by.len(), self.policy.len(), self.rule.len()];
        all.iter().all(|len| *len == 0 || *len == rows)
    }
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
#[derive(Clone, Copy)]
struct Rows<'a> {
    flows: FlowColumns<'a>,
    paths: &'a str,
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
        let paths = std::str::from_utf8(flows.paths)
            .map_err(|error| wrong("paths", format!("is not UTF-8: {error}")))?;
        let whole = |pair: &[u32]| matches!(pair, [from, to] if paths.get(*from as usize..*to as usize).is_some());
        if !flows.path_offsets.windows(2).all(whole) {
            return Err(wrong("path_offsets", "does not ascend within `paths`".to_owned()));
        }
        Ok(Self { flows: *flows, paths })
    }

    fn path(&self, row: usize) -> Option<&'a str> {
        let from = *self.flows.path_offsets.get(row)?;
        let to = *self.flows.path_offsets.get(row + 1)?;
        self.paths.get(from as usize..to as usize)
    }

    fn flow(&self, row: usize) -> Flow<'a> {
        let flows = &self.flows;
        let peer =
            |column: &[u32]| Peer::Id(WorkloadId(column.get(row).copied().unwrap_or(u32::MAX)));
        let port = match flows.port.get(row) {
            None | Some(0) => Port::Unknown,
            Some(port) => Port::Number(*port),
        };
        let number = flows.method.get(row).copied();
        let method = number.and_then(|n| flows.methods.get(usize::from(n))).copied();
        let mut flow = Flow::new(peer(flows.source), peer(flows.destination), port);
        if method.is_some() {
            let path = self.path(row);
            flow.http = Http::Request(Request { method, path, host: None, headers: None });
        }
        flow
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
        for row in 0..flows.source.len() {
            answers.set(row, &self.decide(&rows.flow(row)));
        }
        Ok(())
    }
}

const _: () = {
    assert!(Verdict::Allow as u8 == 0 && Verdict::Undetermined as u8 == 2);
    assert!(Layer::Egress as u8 == 0 && Layer::Authorization as u8 == 4);
};
