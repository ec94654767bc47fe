//! What a `StagedKubernetesNetworkPolicy` means: the NetworkPolicy of Kubernetes that it
//! proposes, taking no part.

use super::manifest::Proposal;
use crate::{
    error::Problem,
    kinds::{
        Draft,
        calico::{
            findings::Findings,
            object::{namespace, spec},
            policy::StagedAction,
            staged,
        },
        kubernetes,
    },
    manifest::{Document, Value},
    model::network::NetworkPolicy,
    options::{CalicoDefaulting, CalicoVersion},
};

const KIND: &str = "StagedKubernetesNetworkPolicy";
const ACTION: &str = "stagedAction";

pub(in crate::kinds::calico) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let Proposal { staged_action } = spec(document)?;
    if staged::action(staged_action.as_ref(), document)? == StagedAction::Delete {
        return check_empty(document, draft);
    }
    let (policies, notes) = (draft.model.network.policies.len(), draft.model.notes.len());
    kubernetes::lower(&proposed(document), draft).unwrap_or(Ok(()))?;
    for note in draft.model.notes.iter_mut().skip(notes) {
        note.subject = Some(document.title());
    }
    let version = draft.options.calico;
    let egress = draft.options.calico_defaulting == CalicoDefaulting::Admission
        && has(document, "egress")
        && !has(document, "policyTypes");
    let model = &mut draft.model;
    for policy in model.network.policies.iter_mut().skip(policies) {
        stage(policy, document, version);
        // The admission policy asks whether `egress` is there, not whether it holds rules.
        policy.governs_egress |= egress;
        let index = usize::try_from(policy.id.0).unwrap_or(usize::MAX);
        if let Some(meta) = model.policies.get_mut(index) {
            meta.kind = KIND;
        }
    }
    Ok(())
}

/// The NetworkPolicy of Kubernetes that is proposed, at the same lines.
fn proposed(document: &Document) -> Document {
    let mut twin = document.clone();
    "networking.k8s.io/v1".clone_into(&mut twin.api_version);
    "NetworkPolicy".clone_into(&mut twin.kind);
    if let Value::Map(fields) = &mut twin.root.value {
        for field in fields.iter_mut().filter(|field| field.key == "spec") {
            if let Value::Map(entries) = &mut field.value.value {
                entries.retain(|entry| entry.key != ACTION);
            }
        }
    }
    twin
}

fn stage(policy: &mut NetworkPolicy, document: &Document, version: CalicoVersion) {
    let (name, namespace) = (document.metadata.name.as_str(), namespace(document));
    policy.staged = true;
    policy.tie = match version {
        CalicoVersion::Auto | CalicoVersion::V3_32 => format!("{name}/{namespace}/{KIND}"),
        CalicoVersion::V3_31 => format!("{namespace}/staged:knp.default.{name}"),
    };
}

fn has(document: &Document, field: &str) -> bool {
    let spec = document.root.get("spec");
    let found = spec.and_then(|spec| spec.get(field));
    found.is_some_and(|found| found.value != Value::Null)
}

/// "Spec fields should all be zero-value if stagedAction is Delete".
fn check_empty(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut findings = Findings::new(document);
    if let Some(Value::Map(entries)) = document.root.get("spec").map(|spec| &spec.value) {
        for entry in entries.iter().filter(|entry| entry.key != ACTION) {
            let empty = match &entry.value.value {
                Value::Null => true,
                Value::List(items) => items.is_empty(),
                Value::Map(entries) => entries.is_empty(),
                _ => false,
            };
            if !empty {
                findings.conflict(
                    entry.line,
                    format!("spec.{}", entry.key),
                    format!("`{}` cannot be set if `stagedAction` is `Delete`", entry.key),
                    "remove it",
                );
            }
        }
    }
    findings.settle(draft)
}
