//! A flow that is made once and asked many times.

use std::sync::Arc;

use mayreach_wire::{FlowIn, flow};
use pyo3::{prelude::*, types::PyDict};

use crate::{
    asked,
    error::{self, Family},
    json,
};

/// One attempted connection or request: the question, made once and asked many times.
///
/// Takes the keywords of :meth:`Program.decide`. A flow never changes; it compares, hashes, pickles
/// and copies by value.
///
/// >>> import mayreach
/// >>> flow = mayreach.Flow(source="shop/web", destination="shop/db", port=5432)
/// >>> flow.to_dict()
/// {'source': {'workload': 'shop/web'}, 'destination': {'workload': 'shop/db'}, 'port': 5432}
/// >>> flow == mayreach.Flow.from_dict(flow.to_dict())
/// True
#[pyclass(frozen, module = "mayreach")]
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) flow: Arc<FlowIn>,
}

impl Flow {
    fn text(&self) -> PyResult<String> {
        json::text(&flow::to_json(&self.flow))
    }
}

#[pymethods]
impl Flow {
    #[new]
    #[pyo3(signature = (**keywords))]
    fn new(py: Python<'_>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let none = PyDict::new(py);
        let flow = asked::keywords(keywords.unwrap_or(&none), "Flow")?;
        flow.with_flow(|_| ()).map_err(|problem| error::raise(py, Family::Flow, &problem))?;
        Ok(Self { flow: Arc::new(flow) })
    }

    /// The flow that a dict in the form of the JSON describes.
    #[staticmethod]
    fn from_dict(flow: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = flow.py();
        let flow = asked::json(flow)?;
        flow.with_flow(|_| ()).map_err(|problem| error::raise(py, Family::Flow, &problem))?;
        Ok(Self { flow: Arc::new(flow) })
    }

    /// The flow in the form of the JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::helper(py, "_values", "loads")?.call1((self.text()?,))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = self.to_dict(py)?.repr()?.to_string();
        Ok(format!("Flow.from_dict({shown})"))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| *other.get().flow == *self.flow)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        pyo3::types::PyString::new(py, &self.text()?).hash()
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyAny>,))> {
        let made = slf.get_type().getattr("from_dict")?;
        Ok((made, (slf.get().to_dict(slf.py())?,)))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }
}
