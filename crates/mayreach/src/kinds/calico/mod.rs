//! The `calico` family: `projectcalico.org/v3`, and the same objects as `crd.projectcalico.org/v1`.

mod expression;
mod felix_configuration;
mod findings;
mod flatten;
mod global_network_policy;
mod host_endpoint;
mod ip_pool;
mod names;
mod network_policy;
mod network_set;
mod object;
mod policy;
mod profile;
mod rule;
mod selectors;
mod settle;
mod staged;
mod staged_kubernetes_network_policy;
mod tier;

#[cfg(test)]
mod tests;

pub(crate) use self::settle::order;
use std::collections::BTreeMap;

use super::{Draft, Lowered};
use crate::{
    error::{ErrorCode, Note, NoteCode, Place, Problem},
    manifest::Document,
    options::{CalicoDataPlane, CalicoVersion, Options},
};

/// What documents of this family leave for [`finish`].
#[derive(Debug, Default)]
pub(crate) struct Pending {
    tiers: Vec<tier::Declared>,
    profiles: BTreeMap<String, profile::Written>,
    nodes: Nodes,
    /// Where it is said what nodes are.
    nodes_place: Place,
}

/// Whether Calico makes host endpoints of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Nodes {
    #[default]
    Plain,
    /// One for each node, as it always makes them.
    HostEndpoints,
    /// By templates that are not read.
    Hidden,
}

/// Kinds that say nothing about reachability.
const HARMLESS: &[&str] = &[
    "BGPConfiguration",
    "BGPFilter",
    "BGPPeer",
    "BlockAffinity",
    "CalicoNodeStatus",
    "ClusterInformation",
    "IPAMBlock",
    "IPAMConfig",
    "IPAMConfiguration",
    "IPAMHandle",
    "IPReservation",
    "LiveMigration",
    "Node",
];

/// The options, with what the manifests say of the release and the data plane where they leave it
/// open.
pub(crate) fn chosen<'d>(
    options: &Options,
    documents: impl Iterator<Item = &'d Document>,
) -> Options {
    let mut chosen = options.clone();
    let ours = |document: &&Document| document.group().ends_with("projectcalico.org");
    for document in documents.filter(ours) {
        match document.kind.as_str() {
            "ClusterInformation" if chosen.calico == CalicoVersion::Auto => {
                chosen.calico = felix_configuration::version(document);
            }
            "FelixConfiguration" if chosen.calico_data_plane == CalicoDataPlane::Auto => {
                chosen.calico_data_plane = felix_configuration::data_plane(document);
            }
            _ => {}
        }
    }
    chosen
}

/// Lowers a document of this family.
pub(crate) fn lower(document: &Document, draft: &mut Draft<'_>) -> Lowered {
    let served = match document.group() {
        "projectcalico.org" => "v3",
        "crd.projectcalico.org" => "v1",
        _ => return None,
    };
    draft.calico_seen = true;
    if document.version() != served {
        return Some(Err(vec![version(document, served)]));
    }
    Some(match document.kind.as_str() {
        "NetworkPolicy" => network_policy::lower(document, "NetworkPolicy", draft),
        "StagedNetworkPolicy" => network_policy::lower(document, "StagedNetworkPolicy", draft),
        "GlobalNetworkPolicy" => {
            global_network_policy::lower(document, "GlobalNetworkPolicy", draft)
        }
        "StagedGlobalNetworkPolicy" => {
            global_network_policy::lower(document, "StagedGlobalNetworkPolicy", draft)
        }
        "StagedKubernetesNetworkPolicy" => staged_kubernetes_network_policy::lower(document, draft),
        "Tier" => tier::lower(document, draft),
        "NetworkSet" => network_set::lower(document, Some(object::namespace(document)), draft),
        "GlobalNetworkSet" => network_set::lower(document, None, draft),
        "HostEndpoint" => host_endpoint::lower(document, draft),
        "Profile" => profile::lower(document, draft),
        "IPPool" => ip_pool::lower(document, draft),
        "FelixConfiguration" => felix_configuration::lower(document, draft),
        "KubeControllersConfiguration" => felix_configuration::lower_controllers(document, draft),
        kind if HARMLESS.contains(&kind) => Ok(()),
        kind => {
            let message = format!("kind `{kind}` of Calico is not known here and was not read");
            draft.note(
                Note::new(NoteCode::Skipped, message).about(document.title()).at(document.place),
            );
            Ok(())
        }
    })
}

fn version(document: &Document, served: &str) -> Problem {
    Problem::new(
        ErrorCode::UnsupportedVersion,
        format!("`{}` has no version `{}` that is read", document.group(), document.version()),
    )
    .at(document.place)
    .field("apiVersion")
    .help(format!("write `{}/{served}`", document.group()))
}

/// Settles what needs every document: the order of tiers and policies, and remarks about
/// selectors that miss.
pub(crate) fn finish(draft: &mut Draft<'_>) {
    settle::finish(draft);
}
