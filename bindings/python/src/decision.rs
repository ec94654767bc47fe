//! A decision: small until somebody looks into it.

use std::{fmt, sync::OnceLock};

use mayreach_wire::mayreach;
use pyo3::{
    exceptions::PyTypeError,
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyString, PyTuple},
};

use crate::{
    asked::Kept,
    error::{self, Family},
    flow::Posed,
    json,
    program::Program,
};

/// The answer to one flow: a verdict for each layer and overall, and what decided each.
///
/// A decision has no truth value, because there are three verdicts: ask ``.allowed``. It never
/// changes; it compares, hashes, pickles and copies by value.
///
/// >>> import mayreach
/// >>> program = mayreach.load({"apiVersion": "v1", "kind": "List", "items": [
/// ...     {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": n, "namespace": "shop"}}
/// ...     for n in ("web", "db")]})
/// >>> decision = program.decide(source="shop/web", destination="shop/db", port=5432)
/// >>> decision.verdict, decision.allowed, decision.reason.code
/// ('allow', True, 'default_allow')
/// >>> bool(decision)
/// Traceback (most recent call last):
///     ...
/// TypeError: a decision is neither true nor false: ask `.allowed` (or `.verdict`)
#[pyclass(frozen, module = "mayreach")]
pub(crate) struct Decision {
    made: Made,
    text: OnceLock<String>,
    view: PyOnceLock<Py<PyAny>>,
}

#[derive(Debug)]
enum Made {
    /// By a program of this process.
    Here { program: Py<Program>, asked: Asked, decision: mayreach::Decision },
    /// Elsewhere: what was told of it.
    Told,
}

/// The question: what it says is spelled out when somebody looks.
#[derive(Debug)]
pub(crate) enum Asked {
    Whole(Posed),
    Kept(Kept),
}

impl Decision {
    pub(crate) fn new(
        program: &Bound<'_, Program>,
        asked: Asked,
        decision: mayreach::Decision,
    ) -> Self {
        let made = Made::Here { program: program.clone().unbind(), asked, decision };
        Self { made, text: OnceLock::new(), view: PyOnceLock::new() }
    }

    fn text(&self, py: Python<'_>) -> PyResult<&str> {
        if let Some(text) = self.text.get() {
            return Ok(text);
        }
        let Made::Here { program, asked, decision } = &self.made else { return Ok("") };
        let engine = program.get().engine();
        let told = match asked {
            Asked::Whole(posed) => engine.tell(posed.flow(), decision),
            Asked::Kept(kept) => kept.own(py).and_then(|flow| engine.tell(&flow, decision)),
        };
        let told = told.map_err(|problem| error::raise(py, Family::Flow, &problem))?;
        let told = json::text(&told)?;
        Ok(self.text.get_or_init(|| told))
    }

    fn view<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let make = || {
            let view = json::helper(py, "_values", "view")?.call1((self.text(py)?,))?;
            Ok::<_, PyErr>(view.unbind())
        };
        self.view.get_or_try_init(py, make).map(|view| view.bind(py))
    }

    fn part<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.view(py)?.getattr(PyString::intern(py, name))
    }
}

#[pymethods]
impl Decision {
    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["verdict", "decided_by", "reason"])
    }

    /// The decision that a dict in the form of the JSON tells.
    #[staticmethod]
    fn from_dict(decision: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = decision.py();
        let text: String = json::helper(py, "_values", "told")?.call1((decision,))?.extract()?;
        Ok(Self { made: Made::Told, text: text.into(), view: PyOnceLock::new() })
    }

    /// ``"allow"``, ``"deny"`` or ``"undetermined"``.
    #[getter]
    fn verdict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.made {
            Made::Here { decision, .. } => Ok(match decision.verdict {
                mayreach::Verdict::Allow => intern!(py, "allow"),
                mayreach::Verdict::Deny => intern!(py, "deny"),
                mayreach::Verdict::Undetermined => intern!(py, "undetermined"),
            }
            .clone()
            .into_any()),
            Made::Told => self.part(py, "verdict"),
        }
    }

    /// Whether the verdict is ``"allow"``.
    #[getter]
    fn allowed(&self, py: Python<'_>) -> PyResult<bool> {
        match &self.made {
            Made::Here { decision, .. } => Ok(decision.verdict == mayreach::Verdict::Allow),
            Made::Told => self.part(py, "verdict")?.eq("allow"),
        }
    }

    /// Whether the verdict is ``"deny"``.
    #[getter]
    fn denied(&self, py: Python<'_>) -> PyResult<bool> {
        match &self.made {
            Made::Here { decision, .. } => Ok(decision.verdict == mayreach::Verdict::Deny),
            Made::Told => self.part(py, "verdict")?.eq("deny"),
        }
    }

    /// The name of the first layer that denies or, failing that, is undetermined; ``None`` if all
    /// allow.
    #[getter]
    fn decided_by<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.made {
            Made::Here { decision, .. } => {
                let name = decision.decided_by.map(|layer| PyString::intern(py, layer.as_str()));
                Ok(name.into_pyobject(py)?.into_any())
            }
            Made::Told => self.part(py, "decided_by"),
        }
    }

    /// Every layer's :class:`LayerDecision`, in the order that a packet meets them.
    #[getter]
    fn layers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "layers")
    }

    /// The :class:`Reason` of the layer that decided; if all allow, that of the last in which a
    /// policy had a say.
    #[getter]
    fn reason<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "reason")
    }

    /// What the client sees of a denial, as :class:`ClientSees`, or ``None``.
    #[getter]
    fn client_sees<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "client_sees")
    }

    /// The workload that answers: of a Service, the backend that this is about.
    #[getter]
    fn destination<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "destination")
    }

    /// The port that the network layers see.
    #[getter]
    fn port<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "port")
    }

    /// AUDIT policies that matched, as :class:`Mark`.
    #[getter]
    fn audited_by<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "audited_by")
    }

    /// Dry-run and staged policies that would have decided, as :class:`Mark`.
    #[getter]
    fn dry_run<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "dry_run")
    }

    /// Notes on the policies and namespaces that this decision names.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "notes")
    }

    /// The asker's name for the flow, or ``None``.
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.part(py, "id")
    }

    /// One layer by its name: ``"egress"``, ``"ingress"``, ``"mtls"``, ``"jwt"`` or
    /// ``"authorization"``.
    fn layer<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.view(py)?.call_method1("layer", (name,))
    }

    /// The decision in the form of the JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::helper(py, "_values", "loads")?.call1((self.text(py)?,))
    }

    #[expect(clippy::unused_self, reason = "Python calls it on a decision")]
    fn __bool__(&self) -> PyResult<bool> {
        let message = "a decision is neither true nor false: ask `.allowed` (or `.verdict`)";
        Err(PyTypeError::new_err(message))
    }

    fn __str__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::helper(py, "_text", "decision")?.call1((self.view(py)?,))
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::helper(py, "_text", "shown")?.call1((self.view(py)?,))
    }

    fn _repr_html_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::helper(py, "_text", "html")?.call1((self.view(py)?,))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = other.py();
        match other.cast::<Self>() {
            Ok(other) => Ok(self.text(py)? == other.get().text(py)?),
            Err(_) => Ok(false),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        PyString::new(py, self.text(py)?).hash()
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

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision").field("made", &self.made).finish_non_exhaustive()
    }
}
