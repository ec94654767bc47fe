//! How a client may connect: as its proxy would, or past it.

use super::witness::{Client, Witness};
use crate::{
    Program,
    model::{WorkloadId, inventory::Workload},
};

/// One way to connect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Mode {
    mtls: Option<bool>,
    tls_without_certificate: bool,
    principal: Option<String>,
}

impl Mode {
    /// As the mesh has it.
    pub(crate) fn is_own(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn put(&self, witness: &mut Witness) {
        witness.mtls = self.mtls;
        witness.tls_without_certificate = self.tls_without_certificate;
        witness.principal.clone_from(&self.principal);
    }

    /// Every way in which a client can connect, whoever runs it: a pod's owner may keep its proxy
    /// out, and may fetch a certificate for its service account without one.
    /// `foreign`: identities of other trust domains that the destination can tell apart.
    pub(crate) fn all(
        program: &Program,
        client: Option<WorkloadId>,
        meshed: bool,
        foreign: &[String],
    ) -> Vec<Self> {
        let inventory = &program.inner.model.inventory;
        let mut out = vec![Self::default()];
        let workload = client.and_then(|id| inventory.workload(id));
        let in_mesh = workload.is_some_and(|w| w.mesh.in_mesh());
        if in_mesh {
            out.push(Self { mtls: Some(false), ..Self::default() });
        }
        if !meshed {
            return out;
        }
        out.push(Self { tls_without_certificate: true, ..Self::default() });
        // In a migration a pod's certificate may be of an alias of the trust domain.
        for alias in &inventory.mesh.trust_domain_aliases {
            out.extend(workload.map(|w| Self { principal: Some(of(alias, w)), ..Self::default() }));
        }
        match workload {
            Some(w) if w.mesh.in_mesh() => {
                out.push(Self { mtls: Some(true), ..Self::default() });
            }
            Some(w) => out.push(Self { principal: Some(own(program, w)), ..Self::default() }),
            None => {}
        }
        let others = foreign.iter().cloned();
        out.extend(others.map(|id| Self { principal: Some(id), ..Self::default() }));
        out
    }
}

fn own(program: &Program, workload: &Workload) -> String {
    of(&program.inner.model.inventory.mesh.trust_domain, workload)
}

fn of(domain: &str, workload: &Workload) -> String {
    format!("{domain}/ns/{}/sa/{}", workload.namespace, workload.service_account)
}

/// Whether a flow presents an identity that stands for all of another trust domain.
pub(crate) fn is_foreign(program: &Program, witness: &Witness) -> bool {
    let Some(principal) = &witness.principal else { return false };
    let domain = principal.split('/').next().unwrap_or_default();
    program.inner.model.inventory.mesh.ca_trust_domains.iter().any(|other| other == domain)
}

impl Client {
    /// The workload, if it is one.
    pub fn workload(&self) -> Option<WorkloadId> {
        match self {
            Self::Workload(id) => Some(*id),
            Self::Pod(_) | Self::Address(_) => None,
        }
    }
}
