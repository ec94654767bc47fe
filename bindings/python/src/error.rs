//! Problems become exceptions here and nowhere else.

use std::any::Any;

use mayreach_wire::{ProblemOut, Problems};
use pyo3::{exceptions::PyRuntimeError, prelude::*};

use crate::json;

/// What was wrong with what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Family {
    Manifest,
    Option,
    Flow,
    Table,
    Question,
}

impl Family {
    const fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Option => "option",
            Self::Flow => "flow",
            Self::Table => "table",
            Self::Question => "question",
        }
    }
}

/// The exception for one problem.
pub(crate) fn raise(py: Python<'_>, family: Family, problem: &ProblemOut) -> PyErr {
    all(py, family, &Problems(vec![problem.clone()]))
}

/// The exception for all that is wrong.
pub(crate) fn all(py: Python<'_>, family: Family, problems: &Problems) -> PyErr {
    let made = json::text(&problems.0)
        .and_then(|text| json::helper(py, "_errors", "make")?.call1((family.name(), text)));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// What should never happen, as an exception that a caller can catch.
pub(crate) fn internal(py: Python<'_>, panic: &(dyn Any + Send)) -> PyErr {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    let made = json::helper(py, "_errors", "internal").and_then(|make| make.call1((text,)));
    made.map_or_else(|_| PyRuntimeError::new_err("internal error"), PyErr::from_value)
}
