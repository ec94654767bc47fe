//! The columns of the answer: numbers, and the dictionaries that spell them out.

use std::{collections::HashMap, sync::Arc};

use arrow_array::{
    ArrayRef, DictionaryArray, PrimitiveArray, RecordBatch, StringArray,
    builder::{ArrayBuilder, StringBuilder, UInt16Builder, UInt32Builder},
    types::{ArrowDictionaryKeyType, Int8Type, Int32Type},
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use mayreach::{Layer, Program, Reason, Verdict};

use super::answer::{Answer, Answers, NONE, SEES};

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
    of: Vec<Option<i32>>,
}

impl Spelled {
    fn new<'a>(words: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut places: HashMap<&str, i32> = HashMap::new();
        let mut values: Vec<&str> = Vec::new();
        let of = words.map(|word| {
            let word = word?;
            let next = i32::try_from(values.len()).ok()?;
            Some(*places.entry(word).or_insert_with(|| {
                values.push(word);
                next
            }))
        });
        let of = of.collect();
        Self { values: Arc::new(StringArray::from(values)), of }
    }

    fn column(&self, answers: &[Answer]) -> Result<ArrayRef, ArrowError> {
        let keys = answers.iter().map(|a| self.of.get(a.policy as usize).copied().flatten());
        dictionary::<Int32Type>(keys.collect(), &self.values)
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
        answers: &Answers,
    ) -> Result<RecordBatch, ArrowError> {
        let rows = answers.rows.as_slice();
        let few = |of: fn(&Answer) -> i8, values: &ArrayRef| {
            let keys = rows.iter().map(|a| Some(of(a)).filter(|key| *key >= 0));
            dictionary::<Int8Type>(keys.collect(), values)
        };
        let mut rule = UInt32Builder::with_capacity(rows.len());
        let mut status = UInt16Builder::with_capacity(rows.len());
        let mut missing = StringBuilder::new();
        for answer in rows {
            rule.append_option(Some(answer.rule).filter(|rule| *rule != NONE));
            status.append_option(Some(answer.status).filter(|status| *status != 0));
            let names = || answer.missing.names().collect::<Vec<_>>().join(", ");
            missing.append_option((!answer.missing.is_empty()).then(names));
        }
        let mut columns: Vec<ArrayRef> = flows.column_by_name("id").into_iter().cloned().collect();
        columns.extend([
            few(|a| a.verdict, &self.verdicts)?,
            few(|a| a.decided_by, &self.layers)?,
            self.kinds.column(rows)?,
            self.namespaces.column(rows)?,
            self.policies.column(rows)?,
            Arc::new(rule.finish()),
            few(|a| a.reason, &self.reasons)?,
            few(|a| a.sees, &self.sees)?,
            Arc::new(status.finish()),
            Arc::new(missing.finish()),
            errors(answers),
        ]);
        RecordBatch::try_new(schema, columns)
    }
}

fn dictionary<K: ArrowDictionaryKeyType>(
    keys: PrimitiveArray<K>,
    values: &ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(DictionaryArray::<K>::try_new(keys, Arc::clone(values))?))
}

fn errors(answers: &Answers) -> ArrayRef {
    if answers.wrong.is_empty() {
        return Arc::new(StringArray::new_null(answers.rows.len()));
    }
    let mut errors = StringBuilder::new();
    for (row, problem) in &answers.wrong {
        errors.append_nulls(row - errors.len());
        errors.append_value(problem.to_string());
    }
    errors.append_nulls(answers.rows.len() - errors.len());
    Arc::new(errors.finish())
}
