//! What a `BaselineAdminNetworkPolicy` means: rules of the baseline tier.

use super::{KIND, manifest::BaselineAdminNetworkPolicySpec};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{
            Checks, Path,
            sig_network::{self, Head, Limits, Reading, Tier},
        },
    },
    manifest::Document,
    model::network::Action,
};

/// "No Pass: nothing comes after."
const ACTIONS: &[(&str, Action)] = &[("Allow", Action::Allow), ("Deny", Action::Deny)];

/// There is one, so that its place among others does not matter (Calico gives it this).
const PRIORITY: i64 = 1000;

/// Lowers the `BaselineAdminNetworkPolicy`.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    let name = &document.metadata.name;
    if name != "default" {
        let line = document.root.get("metadata").and_then(|m| m.get("name")).map_or(0, |n| n.line);
        checks.invalid_help(
            &Path::Root("metadata").field("name"),
            line,
            format!("the name is `{name}`"),
            "a cluster has one BaselineAdminNetworkPolicy, called `default`",
        );
    }
    let Some(spec) = checks.required("spec") else { return checks.done() };
    let BaselineAdminNetworkPolicySpec { subject, ingress, egress } = spec;
    let limits = Limits { items: 100, actions: ACTIONS, reading: Reading::new(draft, true) };
    let (ingress, egress) = (ingress.unwrap_or_default(), egress.unwrap_or_default());
    let head =
        Head { kind: KIND, tier: Tier::Baseline, priority: PRIORITY, subject: &subject, limits };
    let (from, to) = (sig_network::from(&ingress), sig_network::to(&egress));
    sig_network::lower(head, &from, &to, document, checks, draft)
}
