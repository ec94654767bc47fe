//! Python names for `mayreach-wire`. Nothing is decided here.
#![allow(clippy::doc_link_with_quotes, reason = "docstrings are Python's")]

mod asked;
mod call;
mod decision;
mod error;
mod flow;
mod json;
mod lists;
mod program;
mod report;
mod stream;
mod table;

use pyo3::prelude::*;

/// The part of the package that is compiled.
#[pymodule(gil_used = false)]
mod _mayreach {
    #[pymodule_export]
    use super::{
        decision::Decision,
        flow::Flow,
        program::Program,
        report::Report,
        stream::{Stream, Table},
    };
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
