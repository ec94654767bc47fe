//! What a Profile means: labels for the host endpoints that name it, and rules that they ask
//! after the last tier.

use super::manifest::ProfileSpec;
use crate::{
    error::{NoteCode, Place, Problem},
    kinds::{
        Draft,
        calico::{
            findings::Findings,
            object::spec,
            rule::{Context, Direction, Rule, rules},
        },
    },
    manifest::{Document, Spanned, names},
    model::{
        inventory::Labels,
        network::{Action, Profile},
    },
    options::CalicoDataPlane,
};

/// A profile that manifests define.
#[derive(Clone, Debug)]
pub(in crate::kinds::calico) struct Written {
    pub(in crate::kinds::calico) labels: Labels,
    /// An index into `Network::profiles`.
    pub(in crate::kinds::calico) rules: u32,
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
    let ebpf = draft.options.calico_data_plane == CalicoDataPlane::Ebpf;
    let context = |direction| Context { namespace: None, direction, ebpf };
    let places = |written: &[Spanned<Rule>]| -> Vec<Place> {
        written.iter().map(|rule| document.at(rule.line)).collect()
    };
    let lines = [places(&ingress), places(&egress)];
    let ingress = rules(ingress, "spec.ingress", context(Direction::Ingress), &mut findings);
    let egress = rules(egress, "spec.egress", context(Direction::Egress), &mut findings);
    let name = document.metadata.name.clone();
    if ["kns.", "ksa."].iter().any(|made| name.starts_with(made)) {
        findings.note(
            NoteCode::Skipped,
            0,
            "Calico makes this profile from the namespace or service account, which is read instead",
        );
        return findings.settle(draft);
    }
    let (Ok(mut ingress), Ok(mut egress)) = (ingress, egress) else {
        // It counts as missing: "replaced by Deny/Deny" (DummyDropRules).
        findings.note(NoteCode::Ignored, 0, "a selector of blanks makes Calico drop the profile");
        return findings.settle(draft);
    };
    findings.settle(draft)?;
    // "Pass in a profile: deny in BPF, try next profile in iptables" (pol_prog_builder.go
    // writeProfile; endpoints.go).
    for rule in ingress.iter_mut().chain(&mut egress).filter(|r| ebpf && r.action == Action::Pass) {
        rule.action = Action::Deny;
    }
    let [ingress_lines, egress_lines] = lines;
    let id = draft.policy("Profile", document, None, ingress_lines, egress_lines);
    let profiles = &mut draft.model.network.profiles;
    let index = u32::try_from(profiles.len()).unwrap_or(u32::MAX);
    profiles.push(Profile { id, ingress, egress });
    draft.calico.profiles.insert(name, Written { labels: labels_to_apply, rules: index });
    Ok(())
}
