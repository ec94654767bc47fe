//! Policies that real systems read differently: evaluated one way, reported as not sure.

use crate::{
    error::{Note, NoteCode},
    kinds::Draft,
    manifest::Document,
    model::{LayerSet, PolicyId, Proxies, Scope, Unevaluated},
    options::AssumedPlugin,
};

/// A part of a policy whose meaning depends on who reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    /// A selector asks for a label that Calico's flat form reads as something else.
    Shadowed(String),
    /// A CIDR is written with leading zeros: k8s.io/utils/net reads decimal, Go's net refuses, so
    /// that Calico's converter matches every address.
    LeadingZeros(String),
}

impl Doubt {
    fn message(&self) -> String {
        match self {
            Self::Shadowed(key) => format!(
                "label key `{key}` is one that Calico reads as its own, and other network plugins \
                 as the label of that name; flows that this policy governs are undetermined"
            ),
            Self::LeadingZeros(cidr) => format!(
                "network plugins disagree on the leading zeros of `{cidr}`; flows that this policy \
                 governs are undetermined"
            ),
        }
    }
}

/// Marks a policy with doubts as one whose verdict nobody can be sure of.
pub(super) fn note(
    document: &Document,
    draft: &mut Draft<'_>,
    policy: PolicyId,
    namespace: Option<&str>,
    (ingress, egress): (bool, bool),
    mut doubts: Vec<Doubt>,
) {
    // The flat form is Calico's own.
    let calico = draft.options.plugin == AssumedPlugin::Calico;
    doubts.retain(|doubt| !(calico && matches!(doubt, Doubt::Shadowed(_))));
    doubts.sort();
    doubts.dedup();
    if doubts.is_empty() {
        return;
    }
    let layers = LayerSet { egress, ingress, ..LayerSet::default() };
    let scope = match namespace {
        Some(namespace) => Scope::Namespace(namespace.to_owned(), Vec::new()),
        None => Scope::Cluster,
    };
    draft.model.unevaluated.push(Unevaluated { policy, layers, scope, proxies: Proxies::Any });
    for doubt in doubts {
        let note = Note::new(NoteCode::NotEvaluated, doubt.message());
        draft.note(note.about(document.title()).at(document.place));
    }
}
