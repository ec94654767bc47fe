//! Kinds that no family reads: harmless ones are skipped in silence, unknown ones with a note,
//! and those that bear on reachability loudly.

use super::Draft;
use crate::{
    error::{Note, NoteCode, Problem},
    manifest::Document,
    model::{LayerSet, Proxies, Scope, Unevaluated},
};

/// Groups whose kinds never bear on reachability.
const HARMLESS_GROUPS: &[&str] = &[
    "rbac.authorization.k8s.io",
    "autoscaling",
    "storage.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "certificates.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "admissionregistration.k8s.io",
    "events.k8s.io",
    "metrics.k8s.io",
    "monitoring.coreos.com",
    "cert-manager.io",
    "kustomize.config.k8s.io",
    "external-secrets.io",
    "argoproj.io",
];

/// Core and apps kinds that never bear on reachability.
const HARMLESS_KINDS: &[&str] = &[
    "ConfigMap",
    "Secret",
    "Event",
    "LimitRange",
    "ResourceQuota",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PodTemplate",
    "ControllerRevision",
    "PodDisruptionBudget",
    "ComponentStatus",
    "Ingress",
    "IngressClass",
];

/// Kinds of other network plugins: they decide reachability and are not evaluated.
const OTHER_PLUGINS: &[(&str, &str)] = &[
    ("cilium.io", "CiliumNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("crd.antrea.io", "NetworkPolicy"),
    ("crd.antrea.io", "ClusterNetworkPolicy"),
    ("k8s.ovn.org", "EgressFirewall"),
    ("policy.linkerd.io", "AuthorizationPolicy"),
    ("policy.linkerd.io", "Server"),
    ("policy.linkerd.io", "ServerAuthorization"),
];

#[allow(clippy::unnecessary_wraps, reason = "the same shape as every family's `lower`")]
pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let group = document.group();
    let kind = document.kind.as_str();
    if let Some((_, name)) = OTHER_PLUGINS.iter().find(|(g, k)| *g == group && *k == kind) {
        let namespace = document.metadata.namespace.clone();
        let policy = draft.policy(name, document, namespace.clone(), Vec::new(), Vec::new());
        let scope = namespace.map_or(Scope::Cluster, |n| Scope::Namespace(n, Vec::new()));
        let layers = LayerSet { egress: true, ingress: true, ..LayerSet::default() };
        draft.model.unevaluated.push(Unevaluated { policy, layers, scope, proxies: Proxies::Any });
        draft.note(
            Note::new(
                NoteCode::NotEvaluated,
                format!(
                    "`{kind}` of `{group}` is not evaluated; flows it may touch are undetermined"
                ),
            )
            .about(document.title())
            .at(document.place),
        );
        return Ok(());
    }
    let core = matches!(group, "" | "apps" | "batch" | "policy" | "networking.k8s.io");
    if HARMLESS_GROUPS.contains(&group) || (core && HARMLESS_KINDS.contains(&kind)) {
        return Ok(());
    }
    draft.note(
        Note::new(
            NoteCode::Skipped,
            format!(
                "kind `{kind}` of `{}` is not known here and was not read",
                document.api_version
            ),
        )
        .about(document.title())
        .at(document.place),
    );
    Ok(())
}
