//! Which directions a policy governs.

use super::Policy;
use crate::{
    error::NoteCode,
    kinds::calico::findings::Findings,
    manifest::Document,
    options::{CalicoDefaulting, Options},
};

/// Ingress, egress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Directions {
    pub(super) ingress: bool,
    pub(super) egress: bool,
}

/// Reads `types`. "Only types decides direction; rules in a direction not in types are inert."
pub(super) fn directions(
    policy: &Policy,
    options: &Options,
    findings: &mut Findings<'_>,
) -> Directions {
    let types = policy.types.as_deref().unwrap_or_default();
    if types.is_empty() {
        let how = defaulting(findings.document(), options);
        if how == CalicoDefaulting::Raw {
            findings.note(
                NoteCode::Suspicious,
                0,
                "without `types` a policy that is written past Calico's API governs both \
                 directions, whatever rules it has",
            );
        }
        return defaulted(policy, how);
    }
    let mut found = Directions { ingress: false, egress: false };
    for (index, written) in types.iter().enumerate() {
        let (line, field) = (written.line, format!("spec.types[{index}]"));
        let direction = match written.value.as_str() {
            "Ingress" => &mut found.ingress,
            "Egress" => &mut found.egress,
            other => {
                let message = format!("`{other}` is not a type of policy");
                findings.invalid(line, field, message, "`Ingress` or `Egress`");
                continue;
            }
        };
        if std::mem::replace(direction, true) {
            let message = format!("type `{}` is specified more than once", written.value);
            findings.invalid(line, field, message, "name each type once");
        }
    }
    remark_inert(policy, found, findings);
    found
}

fn remark_inert(policy: &Policy, directions: Directions, findings: &mut Findings<'_>) {
    let Directions { ingress, egress } = directions;
    for (governs, rules, list, missing) in [
        (ingress, &policy.ingress, "ingress", "Ingress"),
        (egress, &policy.egress, "egress", "Egress"),
    ] {
        if let Some(first) = rules.iter().flatten().next().filter(|_| !governs) {
            let text =
                format!("the {list} rules have no effect: `types` does not have `{missing}`");
            findings.note(NoteCode::Ignored, first.line, text);
        }
    }
}

fn defaulting(document: &Document, options: &Options) -> CalicoDefaulting {
    match options.calico_defaulting {
        CalicoDefaulting::ByVersion if document.group().starts_with("crd.") => {
            CalicoDefaulting::Raw
        }
        CalicoDefaulting::ByVersion => CalicoDefaulting::ApiServer,
        chosen => chosen,
    }
}

/// "Four different answers for an absent `types`", of which three concern these kinds.
fn defaulted(policy: &Policy, how: CalicoDefaulting) -> Directions {
    let (ingress, egress) = match how {
        // api/pkg/defaults/networkpolicy.go counts rules.
        CalicoDefaulting::ByVersion | CalicoDefaulting::ApiServer => (
            policy.ingress.as_ref().is_some_and(|rules| !rules.is_empty()),
            policy.egress.as_ref().is_some_and(|rules| !rules.is_empty()),
        ),
        // The MutatingAdmissionPolicy asks `has()`: an empty list counts.
        CalicoDefaulting::Admission => (policy.ingress.is_some(), policy.egress.is_some()),
        // Nothing defaults, and Felix takes no types for both (ExtractPolicyMetadata).
        CalicoDefaulting::Raw => (true, true),
    };
    Directions { ingress: ingress || !egress, egress }
}
