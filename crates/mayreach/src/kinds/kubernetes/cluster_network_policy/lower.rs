//! What a `ClusterNetworkPolicy` means: rules of the admin or the baseline tier, in order of
//! priority.

use super::{
    KIND,
    manifest::{ClusterNetworkPolicySpec, EgressRule, IngressRule},
};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{
            Checks, Path,
            sig_network::{self, Head, Limits, Reading, Rule, Tier},
        },
    },
    manifest::{Document, Spanned},
    model::network::Action,
};

const ACTIONS: &[(&str, Action)] =
    &[("Accept", Action::Allow), ("Deny", Action::Deny), ("Pass", Action::Pass)];

/// Lowers one `ClusterNetworkPolicy`.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    let Some(spec) = checks.required("spec") else { return checks.done() };
    let ClusterNetworkPolicySpec { tier, priority, subject, ingress, egress } = spec;
    let limits = Limits { items: 25, actions: ACTIONS, reading: Reading::new(draft, false) };
    let ingress = ingress.unwrap_or_default();
    let egress = egress.unwrap_or_default();
    let from: Vec<_> = ingress
        .iter()
        .map(|Spanned { value: IngressRule { name, action, from, protocols }, line }| Rule {
            line: *line,
            name: name.as_ref(),
            action,
            peers: from,
            ports: protocols.as_ref(),
        })
        .collect();
    let to: Vec<_> = egress
        .iter()
        .map(|Spanned { value: EgressRule { name, action, to, protocols }, line }| Rule {
            line: *line,
            name: name.as_ref(),
            action,
            peers: to,
            ports: protocols.as_ref(),
        })
        .collect();
    let tier = lower_tier(&tier, &mut checks);
    let priority = sig_network::priority(&priority, &mut checks);
    let head = Head { kind: KIND, tier, priority, subject: &subject, limits };
    sig_network::lower(head, &from, &to, document, checks, draft)
}

fn lower_tier(written: &Spanned<String>, checks: &mut Checks<'_>) -> Tier {
    match written.value.as_str() {
        "Admin" => Tier::Admin,
        "Baseline" => Tier::Baseline,
        other => {
            let message = format!("tier `{other}` is not supported");
            let path = Path::Root("spec");
            let help = "write `Admin` or `Baseline`";
            checks.invalid_help(&path.field("tier"), written.line, message, help);
            Tier::Admin
        }
    }
}
