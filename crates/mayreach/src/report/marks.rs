//! What marks a flow without deciding it: AUDIT, dry-run and staged policies.

use crate::{
    Marked, Program,
    decision::{reference, resolve::Scratch},
    model::{Flow, authz::AuthzAction},
};

/// Policies that match a flow and do not decide it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// AUDIT policies that matched.
    pub audited_by: Vec<Marked>,
    /// Dry-run and staged policies that would have decided.
    pub dry_run: Vec<Marked>,
}

impl Program {
    /// Which AUDIT, dry-run and staged policies a flow matches.
    pub fn marks(&self, flow: &Flow<'_>) -> Marks {
        let mut marks = Marks::default();
        if !self.can_mark() {
            return marks;
        }
        let scratch = Scratch::new(flow, &self.inner.model);
        for asked in self.resolver().resolve(flow, &scratch).unwrap_or_default() {
            let walk = reference::decide(&self.inner.model, &asked);
            add(&mut marks.audited_by, walk.audited_by);
            add(&mut marks.dry_run, walk.dry_run);
        }
        marks
    }

    /// Whether any policy marks at all: most sets have none, and then nothing is walked.
    fn can_mark(&self) -> bool {
        let model = &self.inner.model;
        model.authz.iter().any(|p| p.dry_run || p.action == AuthzAction::Audit)
            || model.network.policies.iter().any(|p| p.staged)
    }
}

/// Backends of a Service may share a policy: each mark once.
fn add(marks: &mut Vec<Marked>, more: Vec<Marked>) {
    for mark in more {
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
}
