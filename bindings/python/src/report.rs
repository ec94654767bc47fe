//! Answers about all requests, as Python's part of the package takes them.

use std::sync::OnceLock;

use mayreach_report::Format;
use mayreach_wire::{IsolateIn, ProblemOut, Question};
use pyo3::{prelude::*, types::PyDict};

use crate::{
    call::outside,
    error::{self, Family},
    json,
    program::Program,
    stream::Table,
};

/// An answer and the program that gave it: text, tables and pages are made when they are wanted.
#[pyclass(frozen, module = "mayreach._mayreach", name = "_Report")]
#[derive(Debug)]
pub(crate) struct Report {
    report: mayreach_report::Report,
    json: OnceLock<String>,
}

#[pymethods]
impl Report {
    /// The answer as JSON text.
    fn json(&self, py: Python<'_>) -> PyResult<&str> {
        if let Some(text) = self.json.get() {
            return Ok(text);
        }
        let text = outside(py, || json::text(self.report.found()))??;
        Ok(self.json.get_or_init(|| text))
    }

    /// The answer as rows.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = outside(py, || self.report.found().rows())?;
        Ok(Table::of(rows.map_err(|problem| raise(py, &problem))?))
    }

    /// The answer in a format of the command's.
    fn render(&self, py: Python<'_>, format: &str) -> PyResult<String> {
        let format = Format::parse(format).map_err(|problem| raise(py, &problem))?;
        outside(py, || self.report.render(format, |_, _| ()))?
            .map_err(|problem| raise(py, &problem))
    }
}

fn raise(py: Python<'_>, problem: &ProblemOut) -> PyErr {
    error::raise(py, Family::Question, problem)
}

/// Asks while other threads go on, and gives the answer as the class `name` of the package. `again`
/// is the method and its arguments, for who unpickles the answer and asks again.
///
/// # Errors
/// A question that cannot be asked.
pub(crate) fn ask<'py>(
    program: &Bound<'py, Program>,
    question: Result<Question, ProblemOut>,
    name: &str,
    (method, args, keywords): (&str, impl IntoPyObject<'py>, Option<Bound<'py, PyDict>>),
) -> PyResult<Bound<'py, PyAny>> {
    let (py, engine) = (program.py(), program.get().engine());
    let question = question.map_err(|problem| raise(py, &problem))?;
    let found = outside(py, || mayreach_report::Report::ask(engine, &question, |_, _| ()))?;
    let report = found.map_err(|problem| raise(py, &problem))?;
    let made = Py::new(py, Report { report, json: OnceLock::new() })?;
    let keywords = keywords.unwrap_or_else(|| PyDict::new(py));
    let again = (program, method, args, keywords).into_pyobject(py)?;
    json::helper(py, "_reports", name)?.call1((made, again))
}

/// The keywords that were given.
pub(crate) fn said<'py>(
    py: Python<'py>,
    fields: [(&str, Option<&Bound<'py, PyAny>>); 5],
) -> PyResult<Bound<'py, PyDict>> {
    let given = PyDict::new(py);
    for (name, value) in fields {
        value.map(|value| given.set_item(name, value)).transpose()?;
    }
    Ok(given)
}

/// The question of an isolation: a file or a dict, and what keywords say beside it.
///
/// # Errors
/// A file that cannot be read, a field that is said twice, or what is wrong with the question.
pub(crate) fn isolate<'py>(
    py: Python<'py>,
    question: Option<&Bound<'py, PyAny>>,
    fields: [(&str, Option<&Bound<'py, PyAny>>); 5],
) -> PyResult<Question> {
    let given = said(py, fields)?;
    let told = json::helper(py, "_reports", "question")?.call1((question, given))?;
    let (name, text): (Option<String>, Vec<u8>) = told.extract()?;
    let read = match name {
        Some(name) => IsolateIn::read(&name, text).and_then(|mut asked| {
            // As the command's flags beside a file.
            for (name, value) in fields {
                match (name, value.map(PyAnyMethods::extract::<bool>)) {
                    ("outside", Some(Ok(said))) => asked.outside = said,
                    ("new_pods", Some(Ok(said))) => asked.new_pods = said,
                    (name, Some(_)) => {
                        return Err(ProblemOut::invalid(name, "true or false is wanted").into());
                    }
                    (_, None) => {}
                }
            }
            Ok(asked)
        }),
        None => IsolateIn::from_json(&String::from_utf8_lossy(&text))
            .map_err(|problem| ProblemOut { line: None, column: None, ..problem }.into()),
    };
    read.map(Question::Isolate).map_err(|problems| error::all(py, Family::Question, &problems))
}
