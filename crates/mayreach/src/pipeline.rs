//! The only file that sees every stage.

mod edits;

pub(crate) use self::edits::Slots;

use std::sync::{Arc, OnceLock};

use ipnet::IpNet;

use crate::{
    Changes, Error, Options, Program, Source,
    compiled::{Authz, Index, Net, People, Rows, rows::Seat},
    decision::fast::Seats,
    kinds,
    manifest::Documents,
    model::{Model, WorkloadId, inventory::Workload},
    program::Inner,
};

impl Program {
    /// Reads manifests, lowers every kind, compiles what they say.
    ///
    /// # Errors
    /// Every problem of every document, with file, line, field and the likely fix. Nothing is
    /// half-loaded.
    pub fn compile(sources: &[Source], options: &Options) -> Result<Self, Error> {
        let documents = Documents::read(sources, &options.limits).map_err(Error::new)?;
        build(documents, Arc::new(options.clone()))
    }

    /// The program after a change: the same answers as a compile of all manifests as they are then.
    /// Only what is set is read again; who holds this program goes on with it.
    ///
    /// ```
    /// use mayreach::{Changes, ObjectRef, Options, Program, Source};
    ///
    /// let pod = "{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop}}";
    /// let program = Program::compile(&[Source::new("db.yaml", pod)], &Options::default())?;
    /// let closed = r#"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy,
    ///     metadata: {name: closed, namespace: shop}, spec: {podSelector: {}}}"#;
    /// let set = vec![Source::new("closed.yaml", closed)];
    /// let next = program.update(&Changes { set, ..Changes::default() })?;
    /// assert_eq!(next.policies().count(), 1);
    ///
    /// let remove = vec![ObjectRef::new("NetworkPolicy", Some("shop"), "closed")];
    /// let open = next.update(&Changes { remove, ..Changes::default() })?;
    /// assert_eq!(open.policies().count(), 0);
    /// # Ok::<(), mayreach::Error>(())
    /// ```
    ///
    /// # Errors
    /// Every problem of the change, and of what it makes of the rest; nothing is changed then.
    pub fn update(&self, changes: &Changes) -> Result<Self, Error> {
        if let Some(next) = self.edit(changes) {
            return Ok(next);
        }
        let options = self.inner.options.clone();
        let documents =
            self.inner.documents.change(changes, &options.limits).map_err(Error::new)?;
        build(documents, options)
    }

    /// Everything that is compiled of the checked model, once more: what the benchmarks time and
    /// weigh.
    #[doc(hidden)]
    pub fn compiled_again(&self) -> impl Sized + use<> {
        compiled(&self.inner.model, &self.inner.options, &self.inner.pod_networks)
    }
}

fn compiled(
    model: &Model,
    options: &Options,
    pod_networks: &[IpNet],
) -> (Index, Net, Authz, Rows, Seats) {
    let index = Index::new(&model.inventory);
    let net = Net::new(model);
    let authz = Authz::new(model, Arc::new(People::new(model)));
    let (rows, network) = rows(&net, model, &index, (options, pod_networks));
    let seats = Seats::new(model, &index, &authz, &network, !options.without.any());
    (index, net, authz, rows, seats)
}

/// Rows of cells, and what they go by of each workload.
fn rows(
    net: &Net,
    model: &Model,
    index: &Index,
    (options, pod_networks): (&Options, &[IpNet]),
) -> (Rows, Vec<Seat>) {
    let shared = |n: u32| {
        model.inventory.workload(WorkloadId(n)).is_none_or(|workload| index.is_shared(workload))
    };
    // Host endpoints are asked rule by rule.
    let by_rule = options.without.rows || !model.inventory.host_endpoints.is_empty();
    let rows = if by_rule { None } else { Rows::new(net, &model.inventory, pod_networks, &shared) };
    rows.unwrap_or_default()
}

fn build(documents: Documents, options: Arc<Options>) -> Result<Program, Error> {
    let mut problems = documents.duplicates();
    let lowered = kinds::lower(documents.all.iter(), &options);
    let model = match lowered {
        Ok(model) if problems.is_empty() => model,
        other => {
            problems.extend(other.err().unwrap_or_default());
            let named = problems.into_iter().map(|p| p.named(&documents.names));
            return Err(Error::new(named.collect()));
        }
    };
    Ok(assemble(model, documents, options))
}

fn assemble(model: Model, documents: Documents, options: Arc<Options>) -> Program {
    // Calico's IPPools say where pods live; the options only guess.
    let pools = &model.inventory.pod_networks;
    let pod_networks = if pools.is_empty() { &options.pod_networks } else { pools };
    let mut pod_networks = pod_networks.clone();
    // A flow may say which family it is about (`Resolver::somewhere`).
    pod_networks.sort_by_key(|net| net.addr().is_ipv6());
    let (index, net, authz, rows, seats) = compiled(&model, &options, &pod_networks);
    let pod_networks = pod_networks.into();
    let inner = Inner {
        model,
        index: Arc::new(index),
        net: Arc::new(net),
        authz,
        rows: Arc::new(rows),
        seats: Arc::new(seats),
        documents,
        options,
        pod_networks,
        slots: OnceLock::new(),
    };
    Program { inner: Arc::new(inner) }
}

impl Program {
    /// The same program with more pods: for analyses, whose answers are asked again of this one.
    pub(crate) fn with_pods(&self, pods: Vec<Workload>) -> Self {
        let mut model = self.inner.model.clone();
        model.inventory.workloads.extend(pods);
        assemble(model, self.inner.documents.clone(), self.inner.options.clone())
    }
}
