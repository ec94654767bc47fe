//! Stage 2½: one folder a kind. `manifest.rs` says what is written, `lower.rs` what it means.

mod calico;
mod istio;
mod kubernetes;
mod other;

pub(crate) use self::calico::{chosen, order};

use crate::{
    error::{Note, NoteCode, Place, Problem},
    manifest::Document,
    model::{Model, PolicyId, PolicyMeta, inventory::Inventory},
    options::Options,
};

/// What a kind's `lower` answers: `None` if the document is not of that family.
pub(crate) type Lowered = Option<Result<(), Vec<Problem>>>;

/// The model while it grows.
pub(crate) struct Draft<'a> {
    pub(crate) model: Model,
    pub(crate) options: &'a Options,
    /// A Calico object was seen.
    pub(crate) calico_seen: bool,
    /// What Calico's documents leave for the end.
    pub(crate) calico: calico::Pending,
}

impl<'a> Draft<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            model: Model::default(),
            options,
            calico_seen: false,
            calico: calico::Pending::default(),
        }
    }

    pub(crate) fn note(&mut self, note: Note) {
        self.model.notes.push(note);
    }

    /// Registers the policy that a document holds.
    pub(crate) fn policy(
        &mut self,
        kind: &'static str,
        document: &Document,
        namespace: Option<String>,
        rules: Vec<Place>,
        egress_rules: Vec<Place>,
    ) -> PolicyId {
        self.model.add_policy(PolicyMeta {
            kind,
            namespace,
            name: document.metadata.name.clone(),
            place: document.place,
            rules,
            egress_rules,
        })
    }
}

/// Lowers every document, then settles what needs all of them.
///
/// # Errors
/// Every problem of every document; nothing is half-loaded.
pub(crate) fn lower<'d>(
    documents: impl IntoIterator<Item = &'d Document>,
    options: &Options,
) -> Result<Model, Vec<Problem>> {
    let documents: Vec<&Document> = documents.into_iter().collect();
    let options = &chosen(options, documents.iter().copied());
    let mut draft = Draft::new(options);
    let mut problems = Vec::new();
    for document in documents {
        let outcome = kubernetes::lower(document, &mut draft)
            .or_else(|| calico::lower(document, &mut draft))
            .or_else(|| istio::lower(document, &mut draft))
            .unwrap_or_else(|| other::lower(document, &mut draft));
        if let Err(found) = outcome {
            if options.as_cluster {
                draft.note(absent(document, &found));
            } else {
                problems.extend(found);
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    kubernetes::finish(&mut draft);
    calico::finish(&mut draft);
    istio::finish(&mut draft);
    Ok(draft.model)
}

/// What policies come to in a cluster that is settled. `None` if one is refused, or if what it
/// comes to hangs on more than itself.
pub(crate) fn lower_policies(
    documents: &[Document],
    options: &Options,
    inventory: &Inventory,
) -> Option<Model> {
    let mut draft = Draft::new(options);
    for document in documents {
        kubernetes::lower(document, &mut draft)
            .or_else(|| istio::lower(document, &mut draft))?
            .ok()?;
    }
    let mut model = draft.model;
    if !model.unevaluated.is_empty() || kubernetes::asks_at_run_time(&model.network, inventory) {
        return None;
    }
    model.authz.for_each_mut(|policy| istio::settle_policy(policy, &inventory.mesh));
    Some(model)
}

/// "An invalid object is treated as absent, not as deny" (calico felix/calc/validation_filter.go);
/// an API server never lets it in at all.
fn absent(document: &Document, problems: &[Problem]) -> Note {
    let why = problems.first().map(ToString::to_string).unwrap_or_default();
    Note::new(NoteCode::Absent, format!("counts as absent: {why}"))
        .about(document.title())
        .at(document.place)
}
