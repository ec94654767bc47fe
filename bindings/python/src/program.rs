//! A compiled program under Python's names.

use std::{io, sync::Arc};

use mayreach_wire::{
    Engine, OptionsIn, Problems, Question, load,
    mayreach::{Changes, ObjectRef, Options, Source},
    table::TableOptions,
};
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{IntoPyDict as _, PyDict, PyList, PyTuple},
};

use crate::{
    asked::{self, Common},
    call::{inside, outside},
    decision::{Asked, Decision},
    error::{self, Family},
    flow::{Flow, Posed},
    json, report,
    stream::{Stream, Table},
    table,
};

/// One manifest: its name and its text.
type Text = (String, Vec<u8>);

/// An object: kind, namespace, name.
type Object = (String, Option<String>, String);

/// What was set and what was removed.
type Change = (Vec<Text>, Vec<Object>);

/// Policies and inventory, compiled once; immutable, shared by threads, sent to processes.
///
/// Made by :func:`load`. Pickling keeps the manifests' text and compiles it again.
#[pyclass(frozen, module = "mayreach", weakref)]
#[derive(Debug)]
pub(crate) struct Program {
    engine: Engine,
    recipe: Recipe,
}

/// What a program is made of.
#[derive(Debug)]
struct Recipe {
    sources: Arc<Vec<Text>>,
    /// JSON.
    options: String,
    changes: Vec<Arc<Change>>,
}

fn sources(texts: &[Text]) -> Vec<Source> {
    texts.iter().map(|(name, text)| Source::new(name.clone(), text.clone())).collect()
}

fn changes((set, remove): &Change) -> Changes {
    let object =
        |(kind, namespace, name): &Object| ObjectRef::new(kind, namespace.as_deref(), name);
    Changes { set: sources(set), remove: remove.iter().map(object).collect() }
}

fn build(recipe: &Recipe, options: &Options) -> Result<Engine, Problems> {
    let mut engine = Engine::compile(&sources(&recipe.sources), options)?;
    for change in &recipe.changes {
        engine = engine.update(&changes(change))?;
    }
    Ok(engine)
}

impl Program {
    fn with(py: Python<'_>, recipe: Recipe) -> PyResult<Self> {
        let options = serde_json::from_str(&recipe.options)
            .map_err(|error| PyTypeError::new_err(error.to_string()))
            .and_then(|options: OptionsIn| {
                options.build().map_err(|problem| error::raise(py, Family::Option, &problem))
            })?;
        let engine = outside(py, || build(&recipe, &options))?
            .map_err(|problems| error::all(py, Family::Manifest, &problems))?;
        Ok(Self { engine, recipe })
    }

    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    fn judge(slf: &Bound<'_, Self>, posed: Posed) -> PyResult<Decision> {
        let py = slf.py();
        inside(py, || {
            let decision = posed.judge(&slf.get().engine);
            let decision = decision.map_err(|problem| error::raise(py, Family::Flow, &problem))?;
            Ok(Decision::new(slf, Asked::Whole(posed), decision))
        })
    }

    fn flow(
        py: Python<'_>,
        flow: Option<&Bound<'_, PyAny>>,
        keywords: Option<&Bound<'_, PyDict>>,
        caller: &str,
    ) -> PyResult<Posed> {
        match (flow, keywords) {
            (None, keywords) => {
                let none = PyDict::new(py);
                let flow = asked::keywords(keywords.unwrap_or(&none), caller)?;
                Ok(Posed::Once(flow.into()))
            }
            (Some(_), Some(keywords)) if !keywords.is_empty() => {
                let message = format!("{caller}() takes a flow or keywords, not both");
                Err(PyTypeError::new_err(message))
            }
            (Some(flow), _) => Posed::of(flow),
        }
    }
}

#[pymethods]
impl Program {
    /// Compiles what `load` gathered: paths to read, texts by name, options as JSON.
    #[staticmethod]
    fn _compile(
        py: Python<'_>,
        paths: Vec<String>,
        texts: Vec<Text>,
        options: String,
    ) -> PyResult<Self> {
        let mut sources = read(py, paths)?;
        sources.extend(texts);
        Self::with(py, Recipe { sources: Arc::new(sources), options, changes: Vec::new() })
    }

    #[staticmethod]
    fn _rebuild(
        py: Python<'_>,
        sources: Vec<Text>,
        options: String,
        changes: Vec<Change>,
    ) -> PyResult<Self> {
        let changes = changes.into_iter().map(Arc::new).collect();
        Self::with(py, Recipe { sources: Arc::new(sources), options, changes })
    }

    /// Applies what `update` gathered.
    fn _change(
        &self,
        py: Python<'_>,
        paths: Vec<String>,
        texts: Vec<Text>,
        remove: Vec<Object>,
    ) -> PyResult<Self> {
        let mut set = read(py, paths)?;
        set.extend(texts);
        let change: Change = (set, remove);
        let engine = outside(py, || self.engine.update(&changes(&change)))?
            .map_err(|problems| error::all(py, Family::Manifest, &problems))?;
        let Recipe { sources, options, changes } = &self.recipe;
        let changes = changes.iter().cloned().chain([Arc::new(change)]).collect();
        let (sources, options) = (Arc::clone(sources), options.clone());
        Ok(Self { engine, recipe: Recipe { sources, options, changes } })
    }

    /// The program after a change: the same answers as a compile of all manifests as they are then.
    ///
    /// `sources` are as for :func:`load`; an object replaces the one of its group, kind, namespace and
    /// name. `remove` names objects that are gone, ``"NetworkPolicy shop/db"``. This program stays as
    /// it is.
    ///
    /// >>> import mayreach
    /// >>> program = mayreach.load({"apiVersion": "v1", "kind": "Pod",
    /// ...     "metadata": {"name": "web", "namespace": "shop"}})
    /// >>> closed = program.update({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
    /// ...     "metadata": {"name": "closed", "namespace": "shop"}, "spec": {"podSelector": {}}})
    /// >>> closed.decide(source="203.0.113.7", destination="shop/web", port=80).verdict
    /// 'deny'
    /// >>> open_again = closed.update(remove=["NetworkPolicy shop/closed"])
    /// >>> open_again.decide(source="203.0.113.7", destination="shop/web", port=80).verdict
    /// 'allow'
    #[pyo3(signature = (*sources, remove=None))]
    fn update<'py>(
        slf: &Bound<'py, Self>,
        sources: &Bound<'py, PyTuple>,
        remove: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let remove = remove.unwrap_or_else(|| PyTuple::empty(py).into_any());
        json::helper(py, "_load", "update")?.call1((slf, sources, remove))
    }

    /// Decides one flow: a :class:`Flow`, a dict in the form of the JSON, or keywords.
    ///
    /// `source` and `destination` are ``"namespace/workload"``, an address or, to a Service,
    /// ``"service:namespace/name"``; or a dict that describes a pod which no manifest holds. What is
    /// left out is not known: where it matters the verdict is ``"undetermined"`` and names it.
    /// ``http=False`` says that the connection is not HTTP, ``token=False`` that none is sent.
    ///
    /// >>> import mayreach
    /// >>> program = mayreach.load({"apiVersion": "v1", "kind": "Pod",
    /// ...     "metadata": {"name": "web", "namespace": "shop"}})
    /// >>> program.decide(source="203.0.113.7", destination="shop/web", port=80).verdict
    /// 'allow'
    /// >>> program.decide(source="203.0.113.7", destination="shop/wbe", port=80)
    /// Traceback (most recent call last):
    ///     ...
    /// mayreach.FlowError: destination.workload: no manifest holds a workload `shop/wbe` (`shop` has web)
    #[pyo3(signature = (flow=None, /, *, source=None, destination=None, port=None, method=None, path=None, host=None, **others))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a flow")]
    fn decide<'py>(
        slf: &Bound<'py, Self>,
        flow: Option<&Bound<'py, PyAny>>,
        source: Option<&Bound<'py, PyAny>>,
        destination: Option<&Bound<'py, PyAny>>,
        port: Option<&Bound<'py, PyAny>>,
        method: Option<&Bound<'py, PyAny>>,
        path: Option<&Bound<'py, PyAny>>,
        host: Option<&Bound<'py, PyAny>>,
        others: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Decision> {
        if let Some(flow) = flow
            && let Ok(flow) = flow.cast::<Flow>()
            && source.is_none()
            && destination.is_none()
        {
            let none = [port, method, path, host].iter().all(Option::is_none) && others.is_none();
            if none {
                return Self::judge(slf, Posed::Again(flow.clone().unbind()));
            }
        }
        let (py, engine) = (slf.py(), &slf.get().engine);
        let common = Common { source, destination, port, method, path, host };
        if flow.is_none()
            && others.is_none()
            && let Some(words) = common.quick()
        {
            return inside(py, || {
                let decision = engine
                    .judge_words(&words)
                    .map_err(|problem| error::raise(py, Family::Flow, &problem))?;
                Ok(Decision::new(slf, Asked::Kept(common.keep(words.port)), decision))
            });
        }
        let keywords = common.into_dict(py, others)?;
        Self::judge(slf, Self::flow(py, flow, Some(&keywords), "decide")?)
    }

    /// Decides many flows, each a :class:`Flow` or a dict in the form of the JSON, and gives a list
    /// of decisions. Other threads go on meanwhile.
    fn decide_each(slf: &Bound<'_, Self>, flows: &Bound<'_, PyAny>) -> PyResult<Vec<Decision>> {
        let (py, engine) = (slf.py(), &slf.get().engine);
        let asked =
            flows.try_iter()?.map(|flow| Posed::of(&flow?)).collect::<PyResult<Vec<_>>>()?;
        let decided =
            outside(py, || asked.iter().map(|flow| flow.judge(engine)).collect::<Vec<_>>())?;
        let decided = asked.into_iter().zip(decided).enumerate();
        decided
            .map(|(row, (flow, decision))| match decision {
                Ok(decision) => Ok(Decision::new(slf, Asked::Whole(flow), decision)),
                Err(problem) => {
                    let message = format!("flow {row}: {}", problem.message);
                    let problem = mayreach_wire::ProblemOut { message, ..problem };
                    Err(error::raise(py, Family::Flow, &problem))
                }
            })
            .collect()
    }

    /// Decides a table of flows: anything with the Arrow PyCapsule interface (pyarrow, polars,
    /// pandas, DuckDB), or a dict of columns as lists. Gives a :class:`Table` with one row a flow.
    ///
    /// A bad row says so in its column ``error``; with ``errors="raise"`` the first is raised.
    /// Columns that no flow has are an error unless ``extra="ignore"``. ``threads=0`` uses every
    /// core. See :class:`Table` for the columns.
    ///
    /// >>> import mayreach
    /// >>> program = mayreach.load({"apiVersion": "v1", "kind": "Pod",
    /// ...     "metadata": {"name": "web", "namespace": "shop"}})
    /// >>> table = program.decide_many(
    /// ...     {"source": ["203.0.113.7", "nobody"], "destination": ["shop/web"] * 2, "port": [80, 80]})
    /// >>> table["verdict"]
    /// ['allow', None]
    #[pyo3(signature = (flows, /, *, errors="row", extra="raise", threads=0))]
    fn decide_many(
        &self,
        py: Python<'_>,
        flows: &Bound<'_, PyAny>,
        errors: &str,
        extra: &str,
        threads: usize,
    ) -> PyResult<Table> {
        self.decide_stream(py, flows, errors, extra, threads)?.read_all(py)
    }

    /// As :meth:`decide_many`, batch by batch: a :class:`Stream` reads a batch of flows when one of
    /// answers is wanted, so memory stays bounded.
    #[pyo3(signature = (flows, /, *, errors="row", extra="raise", threads=0))]
    fn decide_stream(
        &self,
        py: Python<'_>,
        flows: &Bound<'_, PyAny>,
        errors: &str,
        extra: &str,
        threads: usize,
    ) -> PyResult<Stream> {
        let options = TableOptions {
            strict: choice("errors", errors, "row", "raise")?,
            ignore_extra: choice("extra", extra, "raise", "ignore")?,
            threads,
            foreign: true,
        };
        let flows = table::read(flows)?;
        let table = mayreach_wire::table::Table::new(&self.engine, options);
        Stream::new(py, table, flows)
    }

    /// The whole walk behind a decision: every layer, tier, policy, rule and condition asked. Takes
    /// what :meth:`decide` takes; printed, it reads as the command's ``explain``.
    #[pyo3(signature = (flow=None, /, **keywords))]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        flow: Option<&Bound<'py, PyAny>>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let flow = Self::flow(py, flow, keywords, "explain")?;
        let told = outside(py, || self.engine.explain(flow.flow()))?
            .map_err(|problem| error::raise(py, Family::Flow, &problem))?;
        json::helper(py, "_values", "explanation")?.call1((json::text(&told)?,))
    }

    /// Everything that bears on the workload ``namespace/name``: policies that select it, its mTLS
    /// for each port, who may reach it.
    fn describe<'py>(&self, py: Python<'py>, workload: &str) -> PyResult<Bound<'py, PyAny>> {
        let told = outside(py, || self.engine.describe(workload))?
            .map_err(|problem| error::raise(py, Family::Flow, &problem))?;
        json::helper(py, "_values", "description")?.call1((json::text(&told)?,))
    }

    /// Who may reach whom, on all ports and over all requests, rolled up by ``"workload"``, ``"namespace"`` or ``"label:KEY"``, a label of
    /// the pod or its namespace. Gives a :class:`Matrix`.
    ///
    /// >>> import mayreach
    /// >>> program = mayreach.load({"apiVersion": "v1", "kind": "List", "items": [
    /// ...     {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": n, "namespace": "shop"}}
    /// ...     for n in ("web", "db")]})
    /// >>> program.matrix().cell("shop/web", "shop/db").verdict
    /// 'allow'
    ///
    /// With `declared` it asks of declared ports alone, and of no request, and gives a
    /// :class:`Declared`: quicker to read, and "depends" where a request decides.
    #[pyo3(signature = (by="workload", *, declared=false))]
    fn matrix<'py>(
        slf: &Bound<'py, Self>,
        by: &str,
        declared: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let name = if declared { "Declared" } else { "Matrix" };
        let keywords = [("declared", declared)].into_py_dict(slf.py())?;
        report::ask(slf, Question::matrix(by, declared), name, ("matrix", (by,), Some(keywords)))
    }

    /// Can any request at all get from one tenant to another? Proved for every ordered pair, or a
    /// request that gets through. Gives an :class:`Isolation`.
    ///
    /// Tenants are told `by` ``"label:KEY"``, ``"namespace"`` (the default) or ``"workload"``, or by name:
    /// ``tenants={"acme": {"namespaces": ["acme-*"]}}``. `exceptions` are what is meant to pass:
    /// ``[{"to": "shared/dns", "ports": [53]}]``. `question` says the same as a dict or as the path of a
    /// YAML file. Addresses `outside` the cluster and `new_pods`, which do not exist yet, are clients
    /// too unless said otherwise.
    ///
    /// >>> import mayreach
    /// >>> program = mayreach.load({"apiVersion": "v1", "kind": "List", "items": [
    /// ...     {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api", "namespace": n}}
    /// ...     for n in ("acme", "globex")]})
    /// >>> found = program.isolate(by="namespace")
    /// >>> found.verdict, found.pair("acme", "globex").holes[0].decision.allowed
    /// ('open', True)
    #[pyo3(signature = (question=None, /, *, by=None, tenants=None, exceptions=None, outside=None, new_pods=None))]
    fn isolate<'py>(
        slf: &Bound<'py, Self>,
        question: Option<&Bound<'py, PyAny>>,
        by: Option<&Bound<'py, PyAny>>,
        tenants: Option<&Bound<'py, PyAny>>,
        exceptions: Option<&Bound<'py, PyAny>>,
        outside: Option<&Bound<'py, PyAny>>,
        new_pods: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let fields = [
            ("by", by),
            ("tenants", tenants),
            ("exceptions", exceptions),
            ("outside", outside),
            ("new_pods", new_pods),
        ];
        let (py, asked) = (slf.py(), report::isolate(slf.py(), question, fields)?);
        let again = ("isolate", (question,), Some(report::said(py, fields)?));
        report::ask(slf, Ok(asked), "Isolation", again)
    }

    /// What may one workload do to another, over all requests? Both are ``"namespace/workload"``.
    /// Gives a :class:`Can`.
    fn can<'py>(
        slf: &Bound<'py, Self>,
        source: String,
        destination: String,
    ) -> PyResult<Bound<'py, PyAny>> {
        let again = ("can", (&source, &destination).into_pyobject(slf.py())?, None);
        let question = Question::Can { from: source, to: destination };
        report::ask(slf, Ok(question), "Can", again)
    }

    /// Who may reach a workload, over all requests, from every workload and from outside? Gives a
    /// :class:`Reach`.
    fn callers<'py>(slf: &Bound<'py, Self>, workload: String) -> PyResult<Bound<'py, PyAny>> {
        let again = ("callers", (&workload,).into_pyobject(slf.py())?, None);
        report::ask(slf, Ok(Question::Callers(workload)), "Reach", again)
    }

    /// Whom may a workload reach, over all requests? Gives a :class:`Reach`.
    fn reaches<'py>(slf: &Bound<'py, Self>, workload: String) -> PyResult<Bound<'py, PyAny>> {
        let again = ("reaches", (&workload,).into_pyobject(slf.py())?, None);
        report::ask(slf, Ok(Question::Reaches(workload)), "Reach", again)
    }

    /// What changed in meaning from this program to another? Gives a :class:`Difference`: each change
    /// with a request that shows it, or the proof that there is none.
    ///
    /// >>> import mayreach
    /// >>> old = mayreach.load({"apiVersion": "v1", "kind": "Pod",
    /// ...     "metadata": {"name": "web", "namespace": "shop"}})
    /// >>> new = old.update({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
    /// ...     "metadata": {"name": "closed", "namespace": "shop"}, "spec": {"podSelector": {}}})
    /// >>> old.diff(new).changes[0].kind, old.diff(old).verdict
    /// ('closed', 'equivalent')
    fn diff<'py>(slf: &Bound<'py, Self>, new: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let question = Question::Diff(new.get().engine.clone());
        report::ask(slf, Ok(question), "Difference", ("diff", (new,), None))
    }

    /// Does the change from this program to `new` allow what it is meant to, and nothing else?
    /// `intend` is ``"shop/web -> shop/api:8080 GET /v1/*"`` (port, method and path may be left out),
    /// or several of those. Gives an :class:`Intended`.
    fn change<'py>(
        slf: &Bound<'py, Self>,
        new: &Bound<'py, Self>,
        intend: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let intents: Vec<String> = match intend.extract::<String>() {
            Ok(one) => vec![one],
            Err(_) => intend.try_iter()?.map(|one| one?.extract()).collect::<PyResult<_>>()?,
        };
        let question = Question::change(new.get().engine.clone(), &intents);
        report::ask(slf, question, "Intended", ("change", (new, intents), None))
    }

    /// Every other workload, and whether any of certain requests gets through, as JSON text.
    fn _callers_within(
        &self,
        py: Python<'_>,
        workload: &str,
        ports: Vec<u16>,
        methods: Vec<String>,
        paths: Vec<String>,
    ) -> PyResult<String> {
        let found = outside(py, || self.engine.callers_within(workload, &ports, &methods, &paths))?;
        json::text(&found.map_err(|problem| error::raise(py, Family::Flow, &problem))?)
    }

    /// What a cluster would accept and then ignore, and what is not evaluated.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::helper(py, "_values", "notes")?.call1((json::text(self.engine.notes())?,))
    }

    /// Every workload, as ``namespace/name``: controllers, and pods that none of them owns.
    #[getter]
    fn workloads<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let program = self.engine.program();
        let names = program.workloads().filter(|w| w.owner().is_none()).map(|w| w.to_string());
        PyTuple::new(py, names.collect::<Vec<_>>())
    }

    /// Namespaces with their labels, from what the manifests say.
    #[getter]
    fn namespaces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.engine.program().namespaces().collect::<Vec<_>>())
    }

    /// The value of a label of a workload or, failing that, of its namespace.
    fn _label(&self, workload: &str, key: &str) -> Option<String> {
        let (namespace, name) = workload.split_once('/')?;
        let program = self.engine.program();
        let id = program.workload(namespace, name)?;
        program.workload_info(id)?.label_or_namespace_label(key).map(str::to_owned)
    }

    fn __repr__(&self) -> String {
        let program = self.engine.program();
        let workloads = program.workloads().filter(|w| w.owner().is_none()).count();
        let (policies, notes) = (program.policies().count(), self.engine.notes().len());
        format!("<Program: {workloads} workloads, {policies} policies, {notes} notes>")
    }

    #[expect(clippy::type_complexity, reason = "what pickle wants")]
    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyList>, String, Vec<PyChange<'py>>))> {
        let py = slf.py();
        let recipe = &slf.get().recipe;
        let texts = |all: &[Text]| {
            let bytes = |(name, text): &Text| (name.clone(), pyo3::types::PyBytes::new(py, text));
            PyList::new(py, all.iter().map(bytes).collect::<Vec<_>>())
        };
        let changes = recipe
            .changes
            .iter()
            .map(|change| Ok((texts(&change.0)?, change.1.clone())))
            .collect::<PyResult<Vec<_>>>()?;
        let made = slf.get_type().getattr("_rebuild")?;
        Ok((made, (texts(&recipe.sources)?, recipe.options.clone(), changes)))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }
}

type PyChange<'py> = (Bound<'py, PyList>, Vec<Object>);

/// Reads files, folders and patterns.
fn read(py: Python<'_>, paths: Vec<String>) -> PyResult<Vec<Text>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let read = outside(py, || load(&paths, &mut io::stdin()))?;
    let sources = read.map_err(|problems| error::all(py, Family::Manifest, &problems))?;
    Ok(sources
        .into_iter()
        .map(|source| (source.name().to_owned(), source.bytes().to_vec()))
        .collect())
}

fn choice(name: &str, said: &str, no: &str, yes: &str) -> PyResult<bool> {
    match said {
        _ if said == no => Ok(false),
        _ if said == yes => Ok(true),
        _ => Err(PyTypeError::new_err(format!("{name} is '{no}' or '{yes}', not '{said}'"))),
    }
}
