//! The columns of the answer: numbers, and the dictionaries that spell them out.

use std::{collections::HashMap, sync::Arc};

use arrow_array::{
    ArrayRef, DictionaryArray, PrimitiveArray, RecordBatch, StringArray, UInt16Array, UInt32Array,
    builder::{ArrayBuilder, StringBuilder},
    types::{ArrowDictionaryKeyType, Int8Type, Int32Type},
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use mayreach::{Layer, Program, Reason, Verdict};

use super::answer::{Answers, NONE, SEES};

/// The names of a program, once for all its tables.
#[derive(Debug)]
pub(super) struct Names {
    verdicts: ArrayRef,
    layers: ArrayRef,
    reasons: ArrayRef,
    sees: ArrayRef,
    kinds: Spelled,
    namespaces: Spelled,
    policies: Spelled,
}

/// Each policy's place in a dictionary.
#[derive(Debug)]
struct Spelled {
    values: ArrayRef,
    /// -1 is none.
    of: Vec<i32>,
}

impl Spelled {
    fn new<'a>(words: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut places: HashMap<&str, i32> = HashMap::new();
        let mut values: Vec<&str> = Vec::new();
        let of = words.map(|word| {
            let Some((word, next)) = word.zip(i32::try_from(values.len()).ok()) else { return -1 };
            *places.entry(word).or_insert_with(|| {
                values.push(word);
                next
            })
        });
        let of = of.collect();
        Self { values: Arc::new(StringArray::from(values)), of }
    }

    fn column(&self, policies: &[u32]) -> Result<ArrayRef, ArrowError> {
        let keys = policies.iter().map(|id| self.of.get(*id as usize).copied().unwrap_or(-1));
        let keys: Vec<i32> = keys.collect();
        let nulls = nulls(&keys, |key| key >= 0);
        dictionary(PrimitiveArray::<Int32Type>::new(keys.into(), nulls), &self.values)
    }
}

impl Names {
    pub(super) fn new(program: &Program) -> Self {
        let fixed = |words: &[&str]| -> ArrayRef { Arc::new(StringArray::from(words.to_vec())) };
        let verdicts = [Verdict::Allow, Verdict::Deny, Verdict::Undetermined];
        let policies = || program.policies().map(|(_, info)| info);
        Self {
            verdicts: fixed(&verdicts.map(Verdict::as_str)),
            layers: fixed(&Layer::ALL.map(Layer::as_str)),
            reasons: fixed(Reason::CODES),
            sees: fixed(&SEES),
            kinds: Spelled::new(policies().map(|info| Some(info.kind()))),
            namespaces: Spelled::new(policies().map(|info| info.namespace())),
            policies: Spelled::new(policies().map(|info| Some(info.name()))),
        }
    }

    /// The columns of the answer.
    pub(super) fn schema(&self, flows: &Schema) -> SchemaRef {
        let words = |key: DataType| DataType::Dictionary(Box::new(key), Box::new(DataType::Utf8));
        let (few, many) = (words(DataType::Int8), words(DataType::Int32));
        let columns = [
            ("verdict", &few),
            ("decided_by", &few),
            ("policy_kind", &many),
            ("policy_namespace", &many),
            ("policy_name", &many),
            ("rule", &DataType::UInt32),
            ("reason", &few),
            ("client_sees", &few),
            ("status", &DataType::UInt16),
            ("missing", &DataType::Utf8),
            ("error", &DataType::Utf8),
        ];
        let columns = columns.map(|(name, kind)| Arc::new(Field::new(name, kind.clone(), true)));
        let id = flows.fields().iter().filter(|field| field.name() == "id").cloned();
        Arc::new(Schema::new(id.chain(columns).collect::<Vec<_>>()))
    }

    /// The answer to a batch.
    pub(super) fn batch(
        &self,
        schema: SchemaRef,
        flows: &RecordBatch,
        answers: Answers,
    ) -> Result<RecordBatch, ArrowError> {
        let Answers { verdict, decided_by, reason, sees, status, policy, rule, .. } = answers;
        let rows = verdict.len();
        let few = |keys: Vec<i8>, values: &ArrayRef| {
            let nulls = nulls(&keys, |key| key >= 0);
            dictionary(PrimitiveArray::<Int8Type>::new(keys.into(), nulls), values)
        };
        let (no_rule, no_status) = (nulls(&rule, |n| n != NONE), nulls(&status, |n| n != 0));
        let mut columns: Vec<ArrayRef> = flows.column_by_name("id").into_iter().cloned().collect();
        columns.extend([
            few(verdict, &self.verdicts)?,
            few(decided_by, &self.layers)?,
            self.kinds.column(&policy)?,
            self.namespaces.column(&policy)?,
            self.policies.column(&policy)?,
            Arc::new(UInt32Array::new(rule.into(), no_rule)),
            few(reason, &self.reasons)?,
            few(sees, &self.sees)?,
            Arc::new(UInt16Array::new(status.into(), no_status)),
            texts(rows, &answers.missing, |missing| missing.names().collect::<Vec<_>>().join(", ")),
            texts(rows, &answers.wrong, ToString::to_string),
        ]);
        RecordBatch::try_new(schema, columns)
    }
}

/// Which values are there; nothing if all are.
fn nulls<T: Copy>(values: &[T], is: impl Fn(T) -> bool) -> Option<NullBuffer> {
    if values.iter().all(|value| is(*value)) {
        return None;
    }
    let there = |row| values.get(row).is_some_and(|value| is(*value));
    Some(NullBuffer::new(BooleanBuffer::collect_bool(values.len(), there)))
}

fn dictionary<K: ArrowDictionaryKeyType>(
    keys: PrimitiveArray<K>,
    values: &ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(DictionaryArray::<K>::try_new(keys, Arc::clone(values))?))
}

/// A column in which few rows have a text.
fn texts<T>(rows: usize, few: &[(usize, T)], said: impl Fn(&T) -> String) -> ArrayRef {
    if few.is_empty() {
        return Arc::new(StringArray::new_null(rows));
    }
    let mut column = StringBuilder::new();
    for (row, value) in few {
        column.append_nulls(row - column.len());
        column.append_value(said(value));
    }
    column.append_nulls(rows - column.len());
    Arc::new(column.finish())
}
