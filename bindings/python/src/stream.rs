//! Tables go out: decisions as an Arrow table, whole or batch by batch.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

use arrow_array::{
    Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader,
    cast::AsArray,
    ffi::FFI_ArrowSchema,
    ffi_stream::FFI_ArrowArrayStream,
    types::{Int8Type, Int32Type, UInt16Type, UInt32Type},
};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use mayreach_wire::table::{self, Decisions};
use pyo3::{
    exceptions::{PyKeyError, PyRuntimeError, PyStopIteration},
    prelude::*,
    types::{PyBool, PyCapsule, PyList},
};

use crate::{
    call::outside,
    error::{self, Family},
    json,
    table::{Reader, arrow},
};

fn capsule(
    py: Python<'_>,
    batches: Box<dyn RecordBatchReader + Send>,
) -> PyResult<Bound<'_, PyCapsule>> {
    let batches = FFI_ArrowArrayStream::new(Box::new(Guarded(batches)));
    PyCapsule::new_with_value(py, batches, c"arrow_array_stream")
}

/// Batches that a C consumer pulls: a panic must not cross to it.
struct Guarded(Box<dyn RecordBatchReader + Send>);

impl Iterator for Guarded {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = catch_unwind(AssertUnwindSafe(|| self.0.next()));
        next.unwrap_or_else(|_| Some(Err(ArrowError::ComputeError("a fault of mayreach".into()))))
    }
}

impl RecordBatchReader for Guarded {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }
}

fn schema_capsule<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(arrow)?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

fn names(schema: &Schema) -> Vec<&str> {
    schema.fields().iter().map(|field| field.name().as_str()).collect()
}

/// An Arrow table: decisions, one row a flow, or the rows of a :class:`Report`.
///
/// Columns of decisions: ``id`` (if the flows have it), ``verdict``, ``decided_by``, ``policy_kind``,
/// ``policy_namespace``, ``policy_name``, ``rule``, ``reason``, ``client_sees``, ``status``,
/// ``missing``, ``error``; all but ``rule``, ``status``, ``missing`` and ``error`` are dictionary-encoded.
/// Hand it to anything that reads the Arrow PyCapsule interface, ``pyarrow.table(t)`` or
/// ``polars.DataFrame(t)``: nothing is copied. ``t["verdict"]`` is a column as a list.
#[pyclass(frozen, module = "mayreach")]
pub(crate) struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    /// A table of one batch.
    pub(crate) fn of(batch: RecordBatch) -> Self {
        Self { schema: batch.schema(), batches: vec![batch] }
    }

    fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

#[pymethods]
impl Table {
    /// How many rows there are.
    #[getter]
    fn num_rows(&self) -> usize {
        self.rows()
    }

    /// Names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<&str> {
        names(&self.schema)
    }

    fn __len__(&self) -> usize {
        self.rows()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let index = self.schema.index_of(name).map_err(|_| PyKeyError::new_err(name.to_owned()))?;
        let list = PyList::empty(py);
        for batch in &self.batches {
            let column = batch.column(index);
            for row in 0..column.len() {
                list.append(value(py, column, row)?)?;
            }
        }
        Ok(list)
    }

    /// The rows as a list of dicts.
    fn to_pylist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let columns =
            names(&self.schema).into_iter().map(|name| Ok((name, self.__getitem__(py, name)?)));
        let columns = columns.collect::<PyResult<Vec<_>>>()?;
        json::helper(py, "_values", "rows")?.call1((columns,))
    }

    /// The table for any reader of the Arrow PyCapsule interface.
    #[pyo3(signature = (requested_schema=None))]
    #[expect(unused_variables, reason = "the interface lets a producer pass over it")]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let batches = self.batches.clone().into_iter().map(Ok);
        capsule(py, Box::new(RecordBatchIterator::new(batches, self.schema.clone())))
    }

    /// The schema for any reader of the Arrow PyCapsule interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    fn __repr__(&self) -> String {
        format!("<Table: {} rows, columns {}>", self.rows(), names(&self.schema).join(", "))
    }
}

/// One value of a column that decisions have.
fn value<'py>(py: Python<'py>, column: &ArrayRef, row: usize) -> PyResult<Bound<'py, PyAny>> {
    if column.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    let key = match column.data_type() {
        DataType::Utf8 => {
            return Ok(column.as_string::<i32>().value(row).into_pyobject(py)?.into_any());
        }
        DataType::UInt32 => {
            return Ok(column
                .as_primitive::<UInt32Type>()
                .value(row)
                .into_pyobject(py)?
                .into_any());
        }
        DataType::UInt16 => {
            return Ok(column
                .as_primitive::<UInt16Type>()
                .value(row)
                .into_pyobject(py)?
                .into_any());
        }
        DataType::UInt64 => {
            let values = column.as_primitive::<arrow_array::types::UInt64Type>();
            return Ok(values.value(row).into_pyobject(py)?.into_any());
        }
        DataType::Boolean => {
            return Ok(PyBool::new(py, column.as_boolean().value(row)).to_owned().into_any());
        }
        DataType::Dictionary(key, _) if **key == DataType::Int8 => {
            column.as_dictionary::<Int8Type>().key(row)
        }
        DataType::Dictionary(key, _) if **key == DataType::Int32 => {
            column.as_dictionary::<Int32Type>().key(row)
        }
        DataType::Int64 => {
            let values = column.as_primitive::<arrow_array::types::Int64Type>();
            return Ok(values.value(row).into_pyobject(py)?.into_any());
        }
        // Only `id` can be of another type.
        _ => return foreign(py, column, row),
    };
    let values = column.as_any_dictionary().values();
    key.map_or_else(|| Ok(py.None().into_bound(py)), |key| value(py, values, key))
}

/// A value of whatever type the caller's ids have, read by pyarrow.
fn foreign<'py>(py: Python<'py>, column: &ArrayRef, row: usize) -> PyResult<Bound<'py, PyAny>> {
    let field = arrow_schema::Field::new("id", column.data_type().clone(), true);
    let schema = std::sync::Arc::new(Schema::new(vec![field]));
    let batch = RecordBatch::try_new(schema.clone(), vec![column.slice(row, 1)]).map_err(arrow)?;
    let table = Table { schema, batches: vec![batch] };
    let read = py.import("pyarrow")?.call_method1("table", (table,))?;
    read.call_method1("column", ("id",))?.get_item(0)?.call_method0("as_py")
}

/// Decisions as a stream of Arrow record batches: read by anything that takes the Arrow PyCapsule
/// interface, or by ``for table in stream``. A batch of flows is read when one of answers is wanted.
#[pyclass(frozen, module = "mayreach")]
pub(crate) struct Stream {
    schema: SchemaRef,
    decisions: Mutex<Option<Decisions<Reader>>>,
}

impl Stream {
    pub(crate) fn new(py: Python<'_>, table: table::Table, flows: Reader) -> PyResult<Self> {
        let decisions = Decisions::new(table, flows)
            .map_err(|problem| error::raise(py, Family::Table, &problem))?;
        Ok(Self { schema: decisions.schema(), decisions: Mutex::new(Some(decisions)) })
    }

    fn next_batch(&self, py: Python<'_>) -> PyResult<Option<RecordBatch>> {
        let next = outside(py, || {
            let mut decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
            decisions.as_mut().map(Decisions::next_batch)
        })?;
        let Some(next) = next else {
            return Err(PyRuntimeError::new_err("the stream was handed over already"));
        };
        next.transpose().map_err(|problem| error::raise(py, Family::Table, &problem))
    }

    /// Every batch.
    pub(crate) fn read_all(&self, py: Python<'_>) -> PyResult<Table> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next_batch(py)? {
            batches.push(batch);
        }
        Ok(Table { schema: self.schema.clone(), batches })
    }
}

#[pymethods]
impl Stream {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Table> {
        match self.next_batch(py)? {
            Some(batch) => Ok(Table { schema: self.schema.clone(), batches: vec![batch] }),
            None => Err(PyStopIteration::new_err(())),
        }
    }

    /// The stream for any reader of the Arrow PyCapsule interface; it is handed over once.
    #[pyo3(signature = (requested_schema=None))]
    #[expect(unused_variables, reason = "the interface lets a producer pass over it")]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let taken =
            outside(py, || self.decisions.lock().unwrap_or_else(PoisonError::into_inner).take())?;
        match taken {
            Some(decisions) => capsule(py, Box::new(decisions)),
            None => Err(PyRuntimeError::new_err("the stream was handed over already")),
        }
    }

    /// The schema for any reader of the Arrow PyCapsule interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("rows", &self.rows()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("schema", &self.schema).finish_non_exhaustive()
    }
}
