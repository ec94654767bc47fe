//! Policies that real systems read differently: evaluated one way, reported as not sure.

use crate::{
    error::{Note, NoteCode},
    kinds::Draft,
    manifest::Document,
    model::{LayerSet, PolicyId, Scope, Unevaluated},
};

/// A selector asks for a label that Calico's flat form reads as something else.
pub(super) fn shadowed_key(key: &str) -> String {
    format!(
        "label key `{key}` is one that Calico reads as its own, and other network plugins as the \
         label of that name; flows that this policy governs are undetermined"
    )
}

/// A CIDR is written with leading zeros (k8s.io/utils/net reads decimal, Go's net refuses, so
/// that Calico's converter matches every address).
pub(super) fn leading_zeros(cidrs: &[(u32, String)]) -> String {
    let written: Vec<&str> = cidrs.iter().map(|(_, text)| text.as_str()).collect();
    format!(
        "network plugins disagree on the leading zeros of {}; flows that this policy governs are \
         undetermined",
        written.join(", ")
    )
}

/// Marks a policy of a namespace as one whose verdict nobody can be sure of.
pub(super) fn note(
    document: &Document,
    draft: &mut Draft<'_>,
    policy: PolicyId,
    namespace: &str,
    (egress, ingress): (bool, bool),
    why: String,
) {
    let layers = LayerSet { egress, ingress, ..LayerSet::default() };
    let scope = Scope::Namespace(namespace.to_owned(), Vec::new());
    draft.model.unevaluated.push(Unevaluated { policy, layers, scope });
    let note = Note::new(NoteCode::NotEvaluated, why);
    draft.note(note.about(document.title()).at(document.place));
}
