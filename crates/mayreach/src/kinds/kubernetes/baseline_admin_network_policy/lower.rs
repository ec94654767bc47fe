//! What a `BaselineAdminNetworkPolicy` means: rules of the baseline tier.

use super::{
    KIND,
    manifest::{BaselineAdminNetworkPolicySpec, EgressRule, IngressRule},
};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{
            Checks, Path,
            rules::Direction,
            sig_network::{self, Limits, Policy, Reading, Rule, Tier, lower_rules},
        },
    },
    manifest::{Document, Spanned},
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
    let ingress = ingress.unwrap_or_default();
    let egress = egress.unwrap_or_default();
    let from: Vec<_> = ingress
        .iter()
        .map(|Spanned { value: IngressRule { name, action, from, ports }, line }| Rule {
            line: *line,
            name: name.as_ref(),
            action,
            peers: from,
            ports: ports.as_ref(),
        })
        .collect();
    let to: Vec<_> = egress
        .iter()
        .map(|Spanned { value: EgressRule { name, action, to, ports }, line }| Rule {
            line: *line,
            name: name.as_ref(),
            action,
            peers: to,
            ports: ports.as_ref(),
        })
        .collect();
    let policy = Policy {
        tier: Tier::Baseline,
        priority: PRIORITY,
        tie: sig_network::tie(document, draft.options.calico),
        subject: sig_network::subject(&subject, limits.reading, &mut checks),
        ingress: lower_rules(&from, Direction::Ingress, limits, &mut checks),
        egress: lower_rules(&to, Direction::Egress, limits, &mut checks),
    };
    let doubts = checks.take_doubts();
    checks.done()?;
    let lines =
        [from.iter().map(|rule| rule.line).collect(), to.iter().map(|rule| rule.line).collect()];
    sig_network::push(KIND, document, draft, policy, doubts, lines);
    Ok(())
}
