//! What an `AdminNetworkPolicy` means: rules of the admin tier, in order of priority.

use super::{KIND, manifest::AdminNetworkPolicySpec};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{
            Checks,
            sig_network::{self, Head, Limits, Reading, Tier},
        },
    },
    manifest::Document,
    model::network::Action,
};

const ACTIONS: &[(&str, Action)] =
    &[("Allow", Action::Allow), ("Deny", Action::Deny), ("Pass", Action::Pass)];

/// Lowers one `AdminNetworkPolicy`.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    let Some(spec) = checks.required("spec") else { return checks.done() };
    let AdminNetworkPolicySpec { priority, subject, ingress, egress } = spec;
    let limits = Limits { items: 100, actions: ACTIONS, reading: Reading::new(draft, true) };
    let priority = sig_network::priority(&priority, &mut checks);
    let (ingress, egress) = (ingress.unwrap_or_default(), egress.unwrap_or_default());
    let head = Head { kind: KIND, tier: Tier::Admin, priority, subject: &subject, limits };
    let (from, to) = (sig_network::from(&ingress), sig_network::to(&egress));
    sig_network::lower(head, &from, &to, document, checks, draft)
}
