//! Keyword arguments and dicts to flows.

use mayreach_wire::{
    FlowIn, ProblemOut,
    flow::{PeerIn, Words},
};
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBool, PyDict, PyInt, PyList, PyString},
};

use crate::{
    error::{self, Family},
    json,
};

/// The keywords that most flows need, as they come.
#[derive(Debug)]
pub(crate) struct Common<'a, 'py> {
    pub(crate) source: Option<&'a Bound<'py, PyAny>>,
    pub(crate) destination: Option<&'a Bound<'py, PyAny>>,
    pub(crate) port: Option<&'a Bound<'py, PyAny>>,
    pub(crate) method: Option<&'a Bound<'py, PyAny>>,
    pub(crate) path: Option<&'a Bound<'py, PyAny>>,
    pub(crate) host: Option<&'a Bound<'py, PyAny>>,
}

impl<'a, 'py> Common<'a, 'py> {
    /// The flow in words, where every value is of the usual type.
    pub(crate) fn quick(&self) -> Option<Words<'a>> {
        let port = match self.port {
            None => None,
            Some(port) if port.is_exact_instance_of::<PyInt>() => {
                Some(port.extract::<u16>().ok().filter(|port| *port > 0)?)
            }
            Some(_) => return None,
        };
        let optional = |value: Option<&'a Bound<'py, PyAny>>| match value {
            None => Some(None),
            value => words(value).map(Some),
        };
        Some(Words {
            source: words(self.source)?,
            destination: words(self.destination)?,
            port,
            method: optional(self.method)?,
            path: optional(self.path)?,
            host: optional(self.host)?,
        })
    }

    /// The same values, to be read again: none of them ever changes.
    pub(crate) fn keep(&self, port: Option<u16>) -> Kept {
        let texts = [self.source, self.destination, self.method, self.path, self.host];
        let keep = |value: Option<&Bound<'_, PyAny>>| value.map(|value| value.clone().unbind());
        Kept { texts: texts.map(keep), port }
    }

    /// Everything as a dict of keywords.
    pub(crate) fn into_dict(
        self,
        py: Python<'py>,
        rest: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let all = rest.map_or_else(|| Ok(PyDict::new(py)), PyDictMethods::copy)?;
        let given = [
            ("source", self.source),
            ("destination", self.destination),
            ("port", self.port),
            ("method", self.method),
            ("path", self.path),
            ("host", self.host),
        ];
        for (name, value) in given {
            value.map(|value| all.set_item(name, value)).transpose()?;
        }
        Ok(all)
    }
}

/// The values of the usual flow, as Python holds them.
#[derive(Debug)]
pub(crate) struct Kept {
    texts: [Option<Py<PyAny>>; 5],
    port: Option<u16>,
}

impl Kept {
    /// The flow with text of its own.
    ///
    /// # Errors
    /// What is wrong with an end.
    pub(crate) fn own(&self, py: Python<'_>) -> Result<FlowIn, ProblemOut> {
        let texts = self.texts.each_ref().map(|text| text.as_ref().map(|text| text.bind(py)));
        let [source, destination, method, path, host] = texts.map(words);
        let (source, destination) = (source.unwrap_or(""), destination.unwrap_or(""));
        Words { source, destination, port: self.port, method, path, host }.own()
    }
}

fn words<'a>(value: Option<&'a Bound<'_, PyAny>>) -> Option<&'a str> {
    value?.cast::<PyString>().ok()?.to_str().ok()
}

fn named(py: Python<'_>, text: &str, field: &str) -> PyResult<PeerIn> {
    PeerIn::parse(text).map_err(|help| {
        let problem = ProblemOut::invalid(field, format!("`{text}` names nobody")).help(help);
        error::raise(py, Family::Flow, &problem)
    })
}

/// Every keyword of a flow, and where the JSON has it.
const KEYWORDS: [(&str, &[&str]); 21] = [
    ("id", &["id"]),
    ("source", &["source"]),
    ("destination", &["destination"]),
    ("port", &["port"]),
    ("protocol", &["protocol"]),
    ("ip_version", &["ip_version"]),
    ("icmp", &["icmp"]),
    ("source_port", &["source_port"]),
    ("http", &["http"]),
    ("method", &["http", "method"]),
    ("path", &["http", "path"]),
    ("host", &["http", "host"]),
    ("headers", &["http", "headers"]),
    ("sni", &["tls", "sni"]),
    ("token", &["token"]),
    ("claims", &["claims"]),
    ("principal", &["source", "principal"]),
    ("mtls", &["source", "mtls"]),
    ("tls_without_certificate", &["source", "tls_without_certificate"]),
    ("now", &["now"]),
    ("ext_authz", &["ext_authz"]),
];

/// The flow of keyword arguments; `caller` is what a wrong one was given to.
///
/// # Errors
/// A keyword that no flow has, or a value that it cannot have.
pub(crate) fn keywords(given: &Bound<'_, PyDict>, caller: &str) -> PyResult<FlowIn> {
    let py = given.py();
    for name in given.keys() {
        let name: String = name.extract()?;
        if !KEYWORDS.iter().any(|(known, _)| *known == name) {
            let near = json::helper(py, "_errors", "near")?;
            let help: String =
                near.call1((&name, KEYWORDS.map(|(known, _)| known).to_vec()))?.extract()?;
            let message = format!("{caller}() got an unexpected keyword argument '{name}'{help}");
            return Err(PyTypeError::new_err(message));
        }
    }
    for end in ["source", "destination"] {
        if !given.contains(end)? {
            let message = format!("{caller}() missing the keyword argument '{end}'");
            return Err(PyTypeError::new_err(message));
        }
    }
    let flow = PyDict::new(py);
    for (name, place) in KEYWORDS {
        if let Some(value) = given.get_item(name)?
            && !value.is_none()
        {
            put(&flow, name, place, &value)?;
        }
    }
    json(flow.as_any())
}

/// Puts one keyword where the JSON has it.
fn put(
    flow: &Bound<'_, PyDict>,
    name: &str,
    place: &[&str],
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let py = flow.py();
    let wrong = |field: &str, message: &str| {
        Err(error::raise(py, Family::Flow, &ProblemOut::invalid(field, message)))
    };
    match (name, place) {
        ("source" | "destination", _) => flow.set_item(name, end(name, value)?),
        // Said to be none, as `null` says it in JSON.
        ("http" | "token", _) if is(value, false) => flow.set_item(name, py.None()),
        ("http", _) if is(value, true) => flow.set_item(name, PyDict::new(py)),
        ("headers", _) if value.is_instance_of::<PyDict>() => {
            let lines = value.call_method0("items")?;
            let lines = lines.try_iter()?.collect::<PyResult<Vec<_>>>()?;
            put(flow, name, place, PyList::new(py, lines)?.as_any())
        }
        ("now", [key]) if value.hasattr("timestamp")? => {
            if value.getattr("tzinfo")?.is_none() {
                return wrong("now", "a time without a time zone");
            }
            let seconds: f64 = value.call_method0("timestamp")?.extract()?;
            flow.set_item(*key, py.import("math")?.call_method1("floor", (seconds,))?)
        }
        (_, [key]) => flow.set_item(*key, value),
        (_, [parent, key]) => {
            let inner = match flow.get_item(*parent)? {
                Some(inner) => inner,
                None => {
                    let inner = PyDict::new(py);
                    flow.set_item(*parent, &inner)?;
                    inner.into_any()
                }
            };
            match inner.cast::<PyDict>() {
                Ok(inner) if inner.contains(*key)? => {
                    wrong(name, "said twice: here and in its own object")
                }
                Ok(inner) => inner.set_item(*key, value),
                Err(_) => wrong("http", "the connection is not HTTP, and a request is described"),
            }
        }
        _ => Ok(()),
    }
}

fn is(value: &Bound<'_, PyAny>, wanted: bool) -> bool {
    value.cast::<PyBool>().is_ok_and(|value| value.is_true() == wanted)
}

/// An end by its word, or by its own dict.
fn end<'py>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let Ok(text) = value.cast::<PyString>() else {
        // What is added for this flow is not written into the caller's dict.
        return match value.cast::<PyDict>() {
            Ok(fields) => Ok(fields.copy()?.into_any()),
            Err(_) => Ok(value.clone()),
        };
    };
    let peer = named(py, text.to_str()?, name)?;
    let fields = PyDict::new(py);
    for (field, value) in [("workload", peer.workload), ("service", peer.service), ("ip", peer.ip)]
    {
        value.map(|value| fields.set_item(field, value)).transpose()?;
    }
    Ok(fields.into_any())
}

/// The flow of a dict in the form of the JSON.
///
/// # Errors
/// What is wrong with it, with the field.
pub(crate) fn json(flow: &Bound<'_, PyAny>) -> PyResult<FlowIn> {
    let mut reader = pythonize::Depythonizer::from_object(flow);
    FlowIn::from_value(&mut reader).map_err(|problem| {
        let problem = as_of_text(flow).unwrap_or(problem);
        error::raise(flow.py(), Family::Flow, &problem)
    })
}

/// The same problem in the words that JSON text gets, which say types as users know them.
fn as_of_text(flow: &Bound<'_, PyAny>) -> Option<ProblemOut> {
    let dumps = flow.py().import("json").ok()?.getattr("dumps").ok()?;
    let text: String = dumps.call1((flow,)).ok()?.extract().ok()?;
    let problem = FlowIn::from_json(&text).err()?;
    Some(ProblemOut { line: None, column: None, ..problem })
}
