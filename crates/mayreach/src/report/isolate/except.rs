//! What is meant to pass between tenants: who, to whom, on which ports, which methods and paths.

use crate::{
    model::{Attributes, Protocol, Tri, WorkloadId, authz::TextMatch},
    report::space::{Content, Target, Witness},
};

/// Flows that are expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// Which rows, by name; empty: every one.
    pub from: Vec<String>,
    /// Which workloads.
    pub to: Vec<WorkloadId>,
    /// TCP and UDP ports of the workload; empty: every one.
    pub ports: Vec<u16>,
    /// HTTP methods; empty: every one.
    pub methods: Vec<String>,
    /// HTTP paths; empty: every one.
    pub paths: Vec<TextPattern>,
}

/// A text, `x*`, `*x` or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPattern(pub(crate) TextMatch);

impl TextPattern {
    /// Reads one.
    pub fn new(text: &str) -> Self {
        Self(TextMatch::plain(text))
    }
}

impl Exception {
    /// Whether a set of flows from a row is expected.
    pub(in crate::report) fn covers(&self, row: &str, to: WorkloadId, witness: &Witness) -> Tri {
        if self.is_for(row) { self.covers_ends(to, witness) } else { Tri::No }
    }

    /// Whether it is for a row.
    pub(in crate::report) fn is_for(&self, row: &str) -> bool {
        self.from.is_empty() || self.from.iter().any(|f| f == row)
    }

    /// The same for anybody whom it is for.
    pub(in crate::report) fn covers_ends(&self, to: WorkloadId, witness: &Witness) -> Tri {
        let port = self.ports.is_empty() || witness.port.is_some_and(|p| self.ports.contains(&p));
        let here = match witness.target {
            Target::Workload(id) => self.to.contains(&id) || self.to.contains(&to),
            Target::Service(_) => self.to.contains(&to),
        };
        if !(port && here) {
            return Tri::No;
        }
        if self.methods.is_empty() && self.paths.is_empty() {
            return Tri::Yes;
        }
        match &witness.content {
            // Requests come over TCP.
            _ if witness.protocol != Protocol::Tcp => Tri::No,
            Content::Any => Tri::Unknown(Attributes::HTTP),
            Content::Raw => Tri::No,
            Content::Http(request) => {
                let method = match &request.method {
                    _ if self.methods.is_empty() => Tri::Yes,
                    Some(method) => Tri::of(self.methods.contains(method)),
                    None => Tri::Unknown(Attributes::METHOD),
                };
                let path = match &request.path {
                    _ if self.paths.is_empty() => Tri::Yes,
                    Some(path) => {
                        let bare = path.split(['?', '#']).next().unwrap_or_default();
                        Tri::of(self.paths.iter().any(|p| p.0.matches(bare)))
                    }
                    // It has no path.
                    None if request.method.as_deref() == Some("CONNECT") => Tri::No,
                    None => Tri::Unknown(Attributes::PATH),
                };
                method.and(path)
            }
        }
    }
}
