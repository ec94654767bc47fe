//! `selector`, `targetRef` and `targetRefs`: what a policy attaches to.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::text::words;
use crate::{
    kinds::kubernetes::{Checks, Path},
    manifest::Spanned,
    model::authz::{Attach, Target, TargetKind},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Selector {
    pub(super) match_labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetRef {
    pub(super) group: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
}

/// The three fields of a policy that say where it applies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Where<'a> {
    pub(super) selector: Option<&'a Spanned<Selector>>,
    pub(super) target_ref: Option<&'a Spanned<TargetRef>>,
    pub(super) target_refs: Option<&'a Vec<Spanned<TargetRef>>>,
}

/// Labels of a selector; the webhook refuses empty keys and stars (validation.go).
pub(super) fn labels(
    selector: &Spanned<Selector>,
    checks: &mut Checks<'_>,
    path: &Path<'_>,
) -> Vec<(String, String)> {
    let Selector { match_labels } = &selector.value;
    let pairs = match_labels.iter().flatten();
    let path = path.field("matchLabels");
    pairs
        .map(|(key, value)| {
            if key.is_empty() {
                checks.invalid(&path, selector.line, "a label key is empty");
            }
            if key.contains('*') || value.contains('*') {
                checks.invalid_help(
                    &path.key(key),
                    selector.line,
                    "a selector knows no wildcard",
                    "write the label out, or leave the selector away to select all",
                );
            }
            if value.len() > 63 {
                checks.invalid(&path.key(key), selector.line, "a label has at most 63 characters");
            }
            (key.clone(), value.clone())
        })
        .collect()
}

/// What the policy attaches to.
pub(super) fn attach(given: Where<'_>, checks: &mut Checks<'_>, path: &Path<'_>) -> Attach {
    let Where { selector, target_ref, target_refs } = given;
    let refs: Vec<&Spanned<TargetRef>> = target_refs.into_iter().flatten().collect();
    // `has(self.targetRefs)` in the CRD's rule: an empty list counts.
    let several = [selector.is_some(), target_ref.is_some(), target_refs.is_some()];
    if several.iter().filter(|g| **g).count() > 1 {
        let line = selector.map_or(0, |s| s.line);
        checks.conflict(
            path,
            line,
            "only one of `selector`, `targetRef` and `targetRefs` can be set",
        );
    }
    if refs.len() > 16 {
        checks.invalid(&path.field("targetRefs"), 0, "at most 16 targets are accepted");
    }
    let targets: Vec<Target> = if refs.is_empty() {
        let field = path.field("targetRef");
        target_ref.into_iter().filter_map(|t| target(t, checks, &field)).collect()
    } else {
        let field = path.field("targetRefs");
        let numbered = refs.iter().enumerate();
        numbered.filter_map(|(n, t)| target(t, checks, &field.item(n))).collect()
    };
    if !targets.is_empty() {
        return Attach::Targets(targets);
    }
    match selector {
        Some(selector) => Attach::Labels(labels(selector, checks, &path.field("selector"))),
        None => Attach::Namespace,
    }
}

fn target(given: &Spanned<TargetRef>, checks: &mut Checks<'_>, path: &Path<'_>) -> Option<Target> {
    let TargetRef { group, kind, name, namespace } = &given.value;
    let line = given.line;
    let name = name.clone().unwrap_or_default();
    if name.is_empty() {
        checks.missing(&path.field("name"), line, "a target needs a name");
    }
    if namespace.as_ref().is_some_and(|n| !n.is_empty()) {
        checks.invalid(
            &path.field("namespace"),
            line,
            "a target in another namespace is not supported",
        );
    }
    let (group, kind) = (group.as_deref().unwrap_or_default(), kind.as_deref().unwrap_or_default());
    let kind = match (group, kind) {
        ("" | "core", "Service") => TargetKind::Service,
        ("networking.istio.io", "ServiceEntry") => TargetKind::ServiceEntry,
        ("gateway.networking.k8s.io", "Gateway") => TargetKind::Gateway,
        ("gateway.networking.k8s.io", "GatewayClass") => TargetKind::GatewayClass,
        _ => {
            let known = words(&[
                "Service of the core group",
                "ServiceEntry of networking.istio.io",
                "Gateway or GatewayClass of gateway.networking.k8s.io",
            ]);
            let message = format!("a policy cannot target kind `{kind}` of group `{group}`");
            checks.invalid_help(path, line, message, &format!("a target is a {known}"));
            return None;
        }
    };
    Some(Target { kind, name })
}
