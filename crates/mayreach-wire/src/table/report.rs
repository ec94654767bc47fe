//! Answers about all requests as tables: a row a pair, a caller, a way, a change or a step.
//!
//! Where a layer decides, its columns are `layer`, `policy_kind`, `policy_namespace`, `policy_name`,
//! `rule`, `reason` and `at`. What is not proved has a row of its own, never none.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, RecordBatch, RecordBatchOptions, StringArray,
    UInt32Array, UInt64Array, types::Int32Type,
};
use arrow_schema::{ArrowError, Field, Schema};

use crate::{
    Analysis, IsolationOut, MatrixOut, ProblemOut,
    decision::{LayerOut, PolicyOut},
    declared::DeclaredOut,
    difference::{ChangeOut, DifferenceOut, IntentOut},
    isolation::{HoleOut, UnprovedOut},
    matrix::{CellOut, MayOut, PairsOut},
    reach::{ButOut, CanOut, ReachOut, WayOut},
};

impl Analysis {
    /// The answer as one batch of rows.
    ///
    /// # Errors
    /// None that memory does not make.
    pub fn rows(&self) -> Result<RecordBatch, ProblemOut> {
        let columns = match self {
            Self::Matrix(found) => matrix(found),
            Self::Declared(found) => declared(found),
            Self::Isolation(found) => isolation(found),
            Self::Can(found) => can(found),
            Self::Reach(found) => reach(found),
            Self::Difference(found) => difference(found),
            Self::Change(found) => change(found),
        };
        columns.batch().map_err(|error| super::from_arrow(&error))
    }
}

/// Columns under their names.
#[derive(Default)]
struct Columns(Vec<(String, ArrayRef)>);

impl Columns {
    fn add(mut self, name: &str, column: ArrayRef) -> Self {
        self.0.push((name.to_owned(), column));
        self
    }

    /// Few different values, each stored once.
    fn words<'a>(self, name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Self {
        self.add(name, Arc::new(values.collect::<DictionaryArray<Int32Type>>()))
    }

    fn texts<T: AsRef<str>>(self, name: &str, values: impl Iterator<Item = Option<T>>) -> Self {
        self.add(name, Arc::new(values.collect::<StringArray>()))
    }

    fn counts(self, name: &str, values: impl Iterator<Item = u64>) -> Self {
        self.add(name, Arc::new(values.collect::<UInt64Array>()))
    }

    fn flags(self, name: &str, values: impl Iterator<Item = Option<bool>>) -> Self {
        self.add(name, Arc::new(values.collect::<BooleanArray>()))
    }

    /// What decides in a layer.
    fn layers(self, prefix: &str, layers: &[Option<&LayerOut>]) -> Self {
        self.deciders(prefix, &layers.iter().map(|l| Some(Decider::of((*l)?))).collect::<Vec<_>>())
    }

    fn deciders(self, prefix: &str, all: &[Option<Decider<'_>>]) -> Self {
        let name = |name: &str| format!("{prefix}{name}");
        let all = || all.iter().map(Option::as_ref);
        let of = || all().map(|d| d?.policy);
        let rules: UInt32Array = all().map(|d| d?.rule).collect();
        self.words(&name("layer"), all().map(|d| Some(d?.layer)))
            .words(&name("policy_kind"), of().map(|p| Some(p?.kind.as_str())))
            .words(&name("policy_namespace"), of().map(|p| p?.namespace.as_deref()))
            .words(&name("policy_name"), of().map(|p| Some(p?.name.as_str())))
            .add(&name("rule"), Arc::new(rules))
            .words(&name("reason"), all().map(|d| d?.reason))
            .texts(&name("at"), all().map(|d| d?.at))
    }

    fn batch(self) -> Result<RecordBatch, ArrowError> {
        let rows = self.0.first().map(|(_, column)| column.len());
        let field = |(name, column): &(String, ArrayRef)| {
            Field::new(name, column.data_type().clone(), true)
        };
        let schema = Schema::new(self.0.iter().map(field).collect::<Vec<_>>());
        let columns = self.0.into_iter().map(|(_, column)| column).collect();
        let options = RecordBatchOptions::new().with_row_count(rows);
        RecordBatch::try_new_with_options(Arc::new(schema), columns, &options)
    }
}

/// What decides, of which the columns tell.
struct Decider<'r> {
    layer: &'static str,
    policy: Option<&'r PolicyOut>,
    rule: Option<u32>,
    reason: Option<&'static str>,
    at: Option<&'r str>,
}

impl<'r> Decider<'r> {
    fn of(layer: &'r LayerOut) -> Self {
        let reason = &layer.reason;
        Self {
            layer: layer.layer,
            policy: reason.policy.as_ref(),
            rule: reason.rule,
            reason: Some(reason.code),
            at: reason.at.as_deref(),
        }
    }

    /// A rule that takes away from what others let in.
    fn against(but: &'r ButOut) -> Self {
        Self {
            layer: "authorization",
            policy: Some(&but.policy),
            rule: Some(but.rule),
            reason: Some("rule"),
            at: but.at.as_deref(),
        }
    }
}

/// Joined, or nothing where there is nothing.
fn joined<T: AsRef<str>>(parts: &[T]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn reasons(unproved: &[UnprovedOut]) -> Option<String> {
    joined(&unproved.iter().map(|one| one.why.as_str()).collect::<Vec<_>>())
}

/// The pairs of a cell; a cell between workloads is one.
fn pairs(cell: &CellOut) -> PairsOut {
    let one = |verdict| u64::from(cell.verdict == verdict);
    cell.pairs.unwrap_or_else(|| PairsOut {
        allow: one("allow"),
        some: one("some"),
        deny: one("deny"),
        not_proved: one("not_proved"),
    })
}

fn matrix(found: &MatrixOut) -> Columns {
    let lines: Vec<Vec<String>> = found.findings.iter().map(MayOut::lines).collect();
    let said = |cell: &CellOut| {
        let mut all: Vec<&str> = Vec::new();
        let own = cell.findings.iter().filter_map(|f| lines.get(f.finding as usize)).flatten();
        for line in own {
            if !all.contains(&line.as_str()) {
                all.push(line);
            }
        }
        (!all.is_empty()).then(|| all.join("; "))
    };
    let cells = || found.cells.iter();
    let counts = || cells().map(pairs);
    // What lets in the plainest request of the first answer.
    let first = |cell: &CellOut| found.findings.get(cell.findings.first()?.finding as usize);
    let layers: Vec<Option<&LayerOut>> =
        cells().map(|c| Some(&first(c)?.ways.first()?.let_in_by)).collect();
    Columns::default()
        .words("from", cells().map(|c| Some(c.from.as_str())))
        .words("to", cells().map(|c| Some(c.to.as_str())))
        .words("verdict", cells().map(|c| Some(c.verdict)))
        .counts("allow", counts().map(|p| p.allow))
        .counts("some", counts().map(|p| p.some))
        .counts("deny", counts().map(|p| p.deny))
        .counts("not_proved", counts().map(|p| p.not_proved))
        .texts("what", cells().map(said))
        .layers("", &layers)
}

fn declared(found: &DeclaredOut) -> Columns {
    let cells = || found.cells.iter();
    Columns::default()
        .words("from", cells().map(|c| Some(c.from.as_str())))
        .words("to", cells().map(|c| Some(c.to.as_str())))
        .words("verdict", cells().map(|c| Some(c.verdict)))
        .counts("allow", cells().map(|c| c.allow))
        .counts("deny", cells().map(|c| c.deny))
        .counts("depends", cells().map(|c| c.depends))
        .texts("depends_on", cells().map(|c| joined(&c.depends_on)))
}

fn isolation(found: &IsolationOut) -> Columns {
    let pairs = || found.pairs.iter().map(|p| (p, found.findings.get(p.finding as usize)));
    let hole = |n: usize| found.findings.get(n).and_then(|f| f.holes.first());
    let holes = || found.pairs.iter().map(|p| hole(p.finding as usize));
    // Of an open pair what let it in, of a proved one the first that holds it.
    let layers: Vec<Option<&LayerOut>> = pairs()
        .map(|(_, f)| f?.holes.first().map(|h| &h.let_in_by).or_else(|| f?.held_by.first()))
        .collect();
    Columns::default()
        .words("from", pairs().map(|(p, _)| Some(p.from.as_str())))
        .words("to", pairs().map(|(p, _)| Some(p.to.as_str())))
        .words("verdict", pairs().map(|(p, _)| Some(p.verdict)))
        .texts("alone", pairs().map(|(_, f)| joined(&f?.alone)))
        .flags("network_alone", pairs().map(|(_, f)| Some(f?.network_alone)))
        .flags("mesh_alone", pairs().map(|(_, f)| Some(f?.mesh_alone)))
        .texts("request", holes().map(|h| Some(&h?.request)))
        .texts("needs", holes().map(|h| joined(&h?.needs)))
        .layers("", &layers)
        .texts("not_proved", pairs().map(|(_, f)| reasons(&f?.not_proved)))
}

fn reach(found: &ReachOut) -> Columns {
    type Row<'r> = (&'r str, &'static str, Option<&'r HoleOut>, &'r [UnprovedOut]);
    let may = found.may.iter().flat_map(|m| {
        m.ways.iter().map(|way| -> Row<'_> { (&m.workload, "allow", Some(way), &[]) })
    });
    let open = found.not_proved.iter();
    let open = open.map(|n| -> Row<'_> { (&n.workload, "not_proved", None, &n.why) });
    let not = found.may_not.iter().map(|name| -> Row<'_> { (name, "deny", None, &[]) });
    let rows: Vec<Row<'_>> = may.chain(open).chain(not).collect();
    let ways = || rows.iter().map(|row| row.2);
    let layers: Vec<_> = ways().map(|way| Some(&way?.let_in_by)).collect();
    Columns::default()
        .words("workload", rows.iter().map(|row| Some(row.0)))
        .words("verdict", rows.iter().map(|row| Some(row.1)))
        .texts("request", ways().map(|way| Some(&way?.request)))
        .texts("needs", ways().map(|way| joined(&way?.needs)))
        .layers("", &layers)
        .texts("not_proved", rows.iter().map(|row| reasons(row.3)))
}

fn can(found: &CanOut) -> Columns {
    type Row<'r> = (&'static str, Option<&'r WayOut>, Option<&'r ButOut>, Option<&'r str>);
    let ways = found.ways.iter().map(|way| -> Row<'_> { ("allow", Some(way), None, None) });
    let but = found.but.iter().map(|but| -> Row<'_> { ("deny", None, Some(but), None) });
    let open = found.not_proved.iter();
    let open = open.map(|one| -> Row<'_> { ("not_proved", None, None, Some(&one.why)) });
    let rows: Vec<Row<'_>> = ways.chain(but).chain(open).collect();
    let ways = || rows.iter().map(|row| row.1);
    let what = |(_, way, but, _): &Row<'_>| match (way, but) {
        (Some(way), _) => Some(way.wants()).filter(|wants| !wants.is_empty()),
        (None, but) => but.map(ButOut::words),
    };
    let deciders: Vec<Option<Decider<'_>>> = rows
        .iter()
        .map(|row| match row.1 {
            Some(way) => Some(Decider::of(&way.let_in_by)),
            None => row.2.map(Decider::against),
        })
        .collect();
    Columns::default()
        .words("verdict", rows.iter().map(|row| Some(row.0)))
        .words("protocol", ways().map(|way| Some(way?.protocol.as_str())))
        .texts(
            "ports",
            ways().map(|w| joined(&w?.ports.iter().copied().map(range).collect::<Vec<_>>())),
        )
        .texts("on", ways().map(|way| Some(way?.on())))
        .texts("what", rows.iter().map(what))
        .flags("raw", ways().map(|way| Some(way?.raw)))
        .texts("methods", ways().map(|way| joined(&way?.methods)))
        .texts("paths", ways().map(|way| joined(&way?.paths)))
        .texts("needs", ways().map(|way| joined(&way?.needs)))
        .texts("request", ways().map(|way| Some(&way?.request)))
        .deciders("", &deciders)
        .texts("not_proved", rows.iter().map(|row| row.3))
}

fn range((low, high): (u16, u16)) -> String {
    if low == high { low.to_string() } else { format!("{low}-{high}") }
}

fn difference(found: &DifferenceOut) -> Columns {
    type Row<'r> = (&'static str, Option<&'r ChangeOut>, Option<&'r str>, Option<&'r str>);
    let changes = found.changes.iter().map(|c| -> Row<'_> { (c.kind, Some(c), None, None) });
    let added = found.added.iter().map(|name| -> Row<'_> { ("added", None, Some(name), None) });
    let removed = found.removed.iter();
    let removed = removed.map(|name| -> Row<'_> { ("removed", None, Some(name), None) });
    let open = found.not_proved.iter();
    let open = open.map(|one| -> Row<'_> { ("not_proved", None, None, Some(&one.why)) });
    let rows: Vec<Row<'_>> = changes.chain(added).chain(removed).chain(open).collect();
    let all = || rows.iter().map(|row| row.1);
    let before: Vec<_> = all().map(|change| Some(&change?.before)).collect();
    let after: Vec<_> = all().map(|change| Some(&change?.after)).collect();
    Columns::default()
        .words("kind", rows.iter().map(|row| Some(row.0)))
        .flags("intended", all().map(|change| Some(change?.intended)))
        .counts("pairs", all().map(|change| change.map_or(0, |change| change.pairs)))
        .texts("from", all().map(|change| joined(&change?.from)))
        .texts("to", all().map(|change| joined(&change?.to)))
        .texts("workload", rows.iter().map(|row| row.2))
        .texts("request", all().map(|change| Some(&change?.request)))
        .layers("before_", &before)
        .layers("after_", &after)
        .texts("not_proved", rows.iter().map(|row| row.3))
}

fn change(found: &IntentOut) -> Columns {
    let steps = || found.steps.iter();
    let against = || steps().map(|step| step.counterexample.as_ref());
    let layers: Vec<_> = against().map(|against| Some(&against?.decided_by)).collect();
    Columns::default()
        .texts("what", steps().map(|step| Some(&step.what)))
        .words("verdict", steps().map(|step| Some(step.verdict)))
        .texts("request", against().map(|against| Some(&against?.request)))
        .layers("", &layers)
        .texts("not_proved", steps().map(|step| reasons(&step.not_proved)))
}
