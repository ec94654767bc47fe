//! Answers cross as JSON text; the package's Python part makes values of them.

use pyo3::{exceptions::PyRuntimeError, prelude::*, types::PyString};

/// A function of one of the package's Python modules.
pub(crate) fn helper<'py>(
    py: Python<'py>,
    module: &str,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    py.import(format!("mayreach.{module}"))?.getattr(PyString::intern(py, name))
}

/// A value of the wire as text.
pub(crate) fn text<T: serde::Serialize + ?Sized>(value: &T) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyRuntimeError::new_err(error.to_string()))
}
