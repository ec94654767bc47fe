//! What a Namespace means; of its fields, only the metadata bears on verdicts.

use super::manifest::FIELDS;
use crate::{
    error::{Note, NoteCode, Problem},
    kinds::{Draft, kubernetes::Checks},
    manifest::Document,
    model::inventory::{Labels, Namespace},
};

/// Set on every namespace by the API server, whatever the manifest says (`SetDefaults_Namespace`).
pub(in crate::kinds::kubernetes) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Lowers one Namespace.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.name_is_dns_label();
    checks.only(FIELDS);
    checks.done()?;
    let name = document.metadata.name.clone();
    let mut labels = document.metadata.labels.clone();
    let written = labels.insert(NAME_LABEL.into(), name.clone());
    if let Some(other) = written.filter(|written| *written != name) {
        let message = format!("label `{NAME_LABEL}` is `{other}` here and `{name}` in the cluster");
        let note = Note::new(NoteCode::Ignored, message);
        draft.note(note.about(document.title()).at(document.place));
    }
    let annotations = document.metadata.annotations.clone();
    let namespace =
        Namespace { name: name.clone(), labels, annotations, defined: true, place: document.place };
    draft.model.inventory.namespaces.insert(name, namespace);
    Ok(())
}

/// A namespace that manifests name and none defines: it has the label that all have.
pub(in crate::kinds::kubernetes) fn implied(name: &str, defined: bool) -> Namespace {
    Namespace {
        name: name.to_owned(),
        labels: Labels::from([(NAME_LABEL.to_owned(), name.to_owned())]),
        defined,
        ..Namespace::default()
    }
}
