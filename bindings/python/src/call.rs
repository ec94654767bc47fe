//! The one way from Python into the engine: no panic comes back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;

use crate::error;

/// Runs something short.
pub(crate) fn inside<T>(py: Python<'_>, run: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(error::internal(py, &*panic)))
}

/// Runs something that may take long, while other Python threads go on.
pub(crate) fn outside<T: Send>(py: Python<'_>, run: impl FnOnce() -> T + Send) -> PyResult<T> {
    let ran = py.detach(|| catch_unwind(AssertUnwindSafe(run)));
    ran.map_err(|panic| error::internal(py, &*panic))
}
