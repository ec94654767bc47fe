//! Columns as Python lists, made into Arrow's.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Int64Array, NullArray, RecordBatch, RecordBatchOptions, StringArray,
    TimestampSecondArray,
};
use arrow_schema::{Field, Schema};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyBool, PyDict, PyInt, PyList, PyString},
};

use crate::table::arrow;

/// A batch of columns as lists.
pub(crate) fn batch(columns: &Bound<'_, PyDict>) -> PyResult<RecordBatch> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    let mut rows: Option<usize> = None;
    for (name, values) in columns {
        let name: String = name.extract()?;
        let values: Vec<Bound<'_, PyAny>> = values.try_iter()?.collect::<PyResult<_>>()?;
        if rows.is_some_and(|rows| rows != values.len()) {
            let message =
                format!("column {name:?} has {} rows, others have another number", values.len());
            return Err(PyValueError::new_err(message));
        }
        rows = Some(values.len());
        let array = column(&name, &values)?;
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(rows);
    let schema = Arc::new(Schema::new(fields));
    RecordBatch::try_new_with_options(schema, arrays, &options).map_err(arrow)
}

/// One column: all its values are of one kind, or `None`.
fn column(name: &str, values: &[Bound<'_, PyAny>]) -> PyResult<ArrayRef> {
    let Some(first) = values.iter().find(|value| !value.is_none()) else {
        return Ok(Arc::new(NullArray::new(values.len())));
    };
    if first.is_instance_of::<PyBool>() {
        let read = |value: &Bound<'_, PyAny>| Ok(value.cast::<PyBool>()?.is_true());
        return Ok(Arc::new(each(name, values, read)?.into_iter().collect::<BooleanArray>()));
    }
    if first.is_instance_of::<PyInt>() {
        let read = |value: &Bound<'_, PyAny>| {
            if value.is_instance_of::<PyBool>() {
                return Err(PyTypeError::new_err("a bool among numbers"));
            }
            value.cast::<PyInt>()?.extract::<i64>()
        };
        return Ok(Arc::new(each(name, values, read)?.into_iter().collect::<Int64Array>()));
    }
    if first.hasattr("timestamp")? {
        return Ok(Arc::new(
            each(name, values, seconds)?.into_iter().collect::<TimestampSecondArray>(),
        ));
    }
    Ok(Arc::new(each(name, values, text)?.into_iter().collect::<StringArray>()))
}

fn each<'py, T>(
    name: &str,
    values: &[Bound<'py, PyAny>],
    read: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<Option<T>>> {
    let one = |(row, value): (usize, &Bound<'py, PyAny>)| {
        if value.is_none() {
            return Ok(None);
        }
        read(value).map(Some).map_err(|error| {
            let why = error.value(value.py());
            PyTypeError::new_err(format!("column {name:?}, row {row}: {why}"))
        })
    };
    values.iter().enumerate().map(one).collect()
}

/// Text as it is; dicts and lists as their JSON.
fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.extract();
    }
    if value.is_instance_of::<PyDict>() || value.is_instance_of::<PyList>() {
        return value.py().import("json")?.call_method1("dumps", (value,))?.extract();
    }
    Err(PyTypeError::new_err(format!("text is wanted, not {}", value.get_type().name()?)))
}

fn seconds(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if value.getattr("tzinfo")?.is_none() {
        return Err(PyTypeError::new_err("a time without a time zone"));
    }
    let seconds: f64 = value.call_method0("timestamp")?.extract()?;
    value.py().import("math")?.call_method1("floor", (seconds,))?.extract()
}
