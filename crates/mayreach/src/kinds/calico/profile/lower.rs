//! What a Profile means: labels for the endpoints that name it. Its rules are checked and not
//! evaluated: only host endpoints can name it.

use super::manifest::ProfileSpec;
use crate::{
    error::{NoteCode, Problem},
    kinds::{
        Draft,
        calico::{
            findings::Findings,
            object::spec,
            rule::{Context, Direction, rules},
        },
    },
    manifest::{Document, names},
    model::inventory::Labels,
};

/// A profile that manifests define.
#[derive(Clone, Debug)]
pub(in crate::kinds::calico) struct Written {
    pub(in crate::kinds::calico) labels: Labels,
    pub(in crate::kinds::calico) has_rules: bool,
}

pub(in crate::kinds::calico) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let ProfileSpec { ingress, egress, labels_to_apply } = spec(document)?;
    let mut findings = Findings::new(document);
    for (key, value) in &labels_to_apply {
        if !names::is_qualified_name(key) || !names::is_label_value(value) {
            findings.invalid(
                0,
                format!("spec.labelsToApply[{key}]"),
                format!("`{key}: {value}` is not a label"),
                "see Kubernetes' rules for labels",
            );
        }
    }
    let has_rules = !ingress.is_empty() || !egress.is_empty();
    let context = |direction| Context { namespace: None, direction, ebpf: false };
    let ingress = rules(ingress, "spec.ingress", context(Direction::Ingress), &mut findings);
    let egress = rules(egress, "spec.egress", context(Direction::Egress), &mut findings);
    let name = document.metadata.name.clone();
    if ingress.is_err() || egress.is_err() {
        findings.note(NoteCode::Ignored, 0, "a selector of blanks makes Calico drop the profile");
    }
    if ["kns.", "ksa."].iter().any(|made| name.starts_with(made)) {
        findings.note(
            NoteCode::Skipped,
            0,
            "Calico makes this profile from the namespace or service account, which is read instead",
        );
        return findings.settle(draft);
    }
    findings.settle(draft)?;
    draft.calico.profiles.insert(name, Written { labels: labels_to_apply, has_rules });
    Ok(())
}
