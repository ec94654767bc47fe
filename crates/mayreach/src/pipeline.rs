//! The only file that sees every stage.

use std::sync::Arc;

use crate::{
    Error, Options, Program, Source,
    compiled::{Authz, Index, Net},
    decision::fast::Seats,
    kinds, manifest,
    program::Inner,
};

impl Program {
    /// Reads manifests, lowers every kind, compiles what they say.
    ///
    /// # Errors
    /// Every problem of every document, with file, line, field and the likely fix. Nothing is
    /// half-loaded.
    pub fn compile(sources: &[Source], options: &Options) -> Result<Self, Error> {
        let names: Vec<String> = sources.iter().map(|s| s.name().to_owned()).collect();
        let fail = |problems: Vec<crate::Problem>| {
            Error::new(problems.into_iter().map(|p| p.named(&names)).collect())
        };
        let documents = manifest::read(sources, &options.limits).map_err(fail)?;
        let model = kinds::lower(&documents, options).map_err(fail)?;
        let index = Index::new(&model.inventory);
        // Calico's IPPools say where pods live; the options only guess.
        let pools = &model.inventory.pod_networks;
        let pod_networks = if pools.is_empty() { &options.pod_networks } else { pools }.clone();
        let net = Net::new(&model);
        let authz = Authz::new(&model);
        let seats = Seats::new(&model, &index, &authz);
        let without = options.without;
        let inner =
            Inner { model, index, net, authz, seats, without, sources: names, pod_networks };
        Ok(Self { inner: Arc::new(inner) })
    }
}
