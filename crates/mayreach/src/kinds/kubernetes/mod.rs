//! The `kubernetes` family: what flows run between, and the network policy of Kubernetes itself
//! and of its network-policy group.

mod admin_network_policy;
mod baseline_admin_network_policy;
mod checks;
mod cidr;
mod cluster_network_policy;
mod controller;
mod endpoint_slice;
mod endpoints;
mod namespace;
mod network_policy;
mod node;
mod path;
mod pod;
mod rules;
mod selector;
mod service;
mod service_account;
mod settle;
mod sig_network;
mod syntax;
#[cfg(test)]
mod tests;
mod uncertain;

pub(in crate::kinds) use self::{
    checks::Checks,
    path::Path,
    selector::{LabelSelector, Whose},
    settle::asks_at_run_time,
};
use super::{Draft, Lowered};
use crate::{
    error::{ErrorCode, Note, NoteCode, Problem},
    manifest::Document,
};

/// One kind of the family and how it is read.
struct Kind {
    group: &'static str,
    /// The versions that are read; the first is the one to write.
    versions: &'static [&'static str],
    name: &'static str,
    lower: fn(&Document, &mut Draft<'_>) -> Result<(), Vec<Problem>>,
}

const fn kind(
    group: &'static str,
    versions: &'static [&'static str],
    name: &'static str,
    lower: fn(&Document, &mut Draft<'_>) -> Result<(), Vec<Problem>>,
) -> Kind {
    Kind { group, versions, name, lower }
}

const SIG_NETWORK: &str = "policy.networking.k8s.io";

const KINDS: &[Kind] = &[
    kind("", &["v1"], "Namespace", namespace::lower),
    kind("", &["v1"], "Pod", pod::lower),
    kind("", &["v1"], "Service", service::lower),
    kind("", &["v1"], "ServiceAccount", service_account::lower),
    kind("", &["v1"], "Node", node::lower),
    kind("", &["v1"], "Endpoints", endpoints::lower),
    kind("", &["v1"], "ReplicationController", controller::replication_controller),
    kind("discovery.k8s.io", &["v1", "v1beta1"], "EndpointSlice", endpoint_slice::lower),
    kind("apps", &["v1"], "Deployment", controller::deployment),
    kind("apps", &["v1"], "StatefulSet", controller::stateful_set),
    kind("apps", &["v1"], "DaemonSet", controller::daemon_set),
    kind("apps", &["v1"], "ReplicaSet", controller::replica_set),
    kind("batch", &["v1"], "Job", controller::job),
    kind("batch", &["v1"], "CronJob", controller::cron_job),
    kind("argoproj.io", &["v1alpha1"], "Rollout", controller::rollout),
    kind("apps.openshift.io", &["v1"], "DeploymentConfig", controller::deployment_config),
    kind("networking.k8s.io", &["v1"], network_policy::KIND, network_policy::lower),
    kind(SIG_NETWORK, &["v1alpha1"], admin_network_policy::KIND, admin_network_policy::lower),
    kind(
        SIG_NETWORK,
        &["v1alpha1"],
        baseline_admin_network_policy::KIND,
        baseline_admin_network_policy::lower,
    ),
    kind(
        SIG_NETWORK,
        &["v1alpha2", "v1beta1"],
        cluster_network_policy::KIND,
        cluster_network_policy::lower,
    ),
];

const CLUSTER_SCOPED: &[&str] = &[
    "Namespace",
    "Node",
    admin_network_policy::KIND,
    baseline_admin_network_policy::KIND,
    cluster_network_policy::KIND,
];

/// Kinds that once were served in group `extensions` too.
const ONCE_EXTENSIONS: &[&str] = &["Deployment", "DaemonSet", "ReplicaSet", network_policy::KIND];

/// Lowers a document of this family.
pub(crate) fn lower(document: &Document, draft: &mut Draft<'_>) -> Lowered {
    let group = document.group();
    let once = group == "extensions" && ONCE_EXTENSIONS.contains(&document.kind.as_str());
    let kind = KINDS.iter().find(|k| k.name == document.kind && (once || k.group == group))?;
    if once || !kind.versions.contains(&document.version()) {
        return Some(Err(vec![unsupported(document, kind)]));
    }
    if CLUSTER_SCOPED.contains(&kind.name) && document.metadata.namespace.is_some() {
        // EnsureObjectNamespaceMatchesRequestNamespace takes it off.
        let message =
            format!("kind `{}` has no namespace: `metadata.namespace` is dropped", kind.name);
        draft
            .note(Note::new(NoteCode::Ignored, message).about(document.title()).at(document.place));
    }
    Some((kind.lower)(document, draft))
}

/// Settles what needs every document.
pub(crate) fn finish(draft: &mut Draft<'_>) {
    settle::owners(&mut draft.model.inventory);
    settle::namespaces(draft);
    settle::cluster_ips(draft);
    settle::run_time_labels(draft);
    sig_network::settle(draft);
}

/// The namespace of a namespaced object; `default` where it does not say.
fn namespace_of(document: &Document) -> String {
    let written = document.metadata.namespace.as_deref().filter(|name| !name.is_empty());
    written.unwrap_or("default").to_owned()
}

/// A version that no API server serves (any more).
fn unsupported(document: &Document, kind: &Kind) -> Problem {
    let version = kind.versions.first().copied().unwrap_or_default();
    let group = kind.group;
    let right = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let message =
        format!("`{}` of `{}` is not served by Kubernetes", document.kind, document.api_version);
    Problem::new(ErrorCode::UnsupportedVersion, message)
        .at(document.place)
        .field("apiVersion")
        .help(format!("write `apiVersion: {right}`"))
}
