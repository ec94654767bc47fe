//! A flow that is made once and asked many times.

use mayreach_wire::{Asked, Engine, FlowIn, ProblemOut, flow, mayreach::Decision};
use pyo3::{exceptions::PyTypeError, prelude::*, types::PyDict};

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
    asked: Asked,
}

impl Flow {
    fn of(py: Python<'_>, flow: FlowIn) -> PyResult<Self> {
        let asked = Asked::new(flow).map_err(|problem| error::raise(py, Family::Flow, &problem))?;
        Ok(Self { asked })
    }

    fn text(&self) -> PyResult<String> {
        json::text(&flow::to_json(self.asked.flow()))
    }
}

/// A question in full: a flow that is kept to be asked again, or one that is asked this once.
#[derive(Debug)]
pub(crate) enum Posed {
    Again(Py<Flow>),
    Once(Box<FlowIn>),
}

impl Posed {
    /// A [`Flow`], or a dict in the form of the JSON.
    ///
    /// # Errors
    /// It is neither, or what is wrong with the dict.
    pub(crate) fn of(flow: &Bound<'_, PyAny>) -> PyResult<Self> {
        match flow.cast::<Flow>() {
            Ok(flow) => Ok(Self::Again(flow.clone().unbind())),
            Err(_) if flow.is_instance_of::<PyDict>() => Ok(Self::Once(asked::json(flow)?.into())),
            Err(_) => {
                let kind = flow.get_type().name()?;
                Err(PyTypeError::new_err(format!("a flow is a Flow or a dict, not {kind}")))
            }
        }
    }

    pub(crate) fn flow(&self) -> &FlowIn {
        match self {
            Self::Again(flow) => flow.get().asked.flow(),
            Self::Once(flow) => flow,
        }
    }

    /// # Errors
    /// As [`Engine::judge`].
    pub(crate) fn judge(&self, engine: &Engine) -> Result<Decision, ProblemOut> {
        match self {
            Self::Again(flow) => flow.get().asked.judge(engine),
            Self::Once(flow) => engine.judge(flow),
        }
    }
}

#[pymethods]
impl Flow {
    #[new]
    #[pyo3(signature = (**keywords))]
    fn new(py: Python<'_>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let none = PyDict::new(py);
        Self::of(py, asked::keywords(keywords.unwrap_or(&none), "Flow")?)
    }

    /// The flow that a dict in the form of the JSON describes.
    #[staticmethod]
    fn from_dict(flow: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::of(flow.py(), asked::json(flow)?)
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
        other.cast::<Self>().is_ok_and(|other| other.get().asked == self.asked)
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
