//! Tables come in: the Arrow PyCapsule interface, or columns as lists.
#![expect(unsafe_code, reason = "the C interface hands over pointers")]

use arrow_array::{
    RecordBatch, RecordBatchIterator, RecordBatchReader, StructArray,
    ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi},
    ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader},
};
use arrow_schema::ArrowError;
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyCapsule, PyDict, PyTuple},
};

use crate::lists;

/// A table of flows, batch by batch.
pub(crate) type Reader = Box<dyn RecordBatchReader + Send>;

/// The batches of anything that holds a table. What they hold is not looked through yet:
/// [`mayreach_wire::table::TableOptions::foreign`] is for them.
///
/// # Errors
/// It holds none.
pub(crate) fn read(flows: &Bound<'_, PyAny>) -> PyResult<Reader> {
    if flows.hasattr("__arrow_c_stream__")? {
        let capsule = flows.call_method0("__arrow_c_stream__")?;
        return Ok(Box::new(stream(capsule.cast::<PyCapsule>()?)?));
    }
    if flows.hasattr("__arrow_c_array__")? {
        let pair = flows.call_method0("__arrow_c_array__")?;
        let batch = batch(pair.cast::<PyTuple>()?)?;
        let schema = batch.schema();
        return Ok(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
    }
    if let Ok(columns) = flows.cast::<PyDict>() {
        let batch = lists::batch(columns)?;
        let schema = batch.schema();
        return Ok(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
    }
    let kind = flows.get_type().name()?;
    let message = format!(
        "a table is an object with `__arrow_c_stream__` (pyarrow, polars, pandas, DuckDB) or a dict \
         of lists, not {kind}; for a list of flows there is decide_each()"
    );
    Err(PyTypeError::new_err(message))
}

pub(crate) fn arrow(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn stream(capsule: &Bound<'_, PyCapsule>) -> PyResult<RecordBatchStreamReader> {
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds an `ArrowArrayStream` (the PyCapsule interface); it is
    // moved out, and what stays behind is marked as released.
    let moved = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    RecordBatchStreamReader::try_new(moved).map_err(arrow)
}

fn batch(pair: &Bound<'_, PyTuple>) -> PyResult<RecordBatch> {
    let pointer = |at: usize, name| {
        let capsule = pair.get_item(at)?;
        capsule.cast::<PyCapsule>()?.pointer_checked(Some(name))
    };
    let (schema, array) = (pointer(0, c"arrow_schema")?, pointer(1, c"arrow_array")?);
    // SAFETY: capsules of these names hold an `ArrowSchema` and an `ArrowArray`, which are moved out.
    let (schema, array) = unsafe {
        let schema = FFI_ArrowSchema::from_raw(schema.cast().as_ptr());
        (schema, FFI_ArrowArray::from_raw(array.cast().as_ptr()))
    };
    // SAFETY: both are valid, as the capsules' names promise, and describe the same array.
    let data = unsafe { from_ffi(array, &schema) }.map_err(arrow)?;
    match data.data_type() {
        arrow_schema::DataType::Struct(_) => Ok(RecordBatch::from(StructArray::from(data))),
        other => Err(PyTypeError::new_err(format!("a table is wanted, not an array of {other}"))),
    }
}
