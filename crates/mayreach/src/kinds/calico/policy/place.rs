//! Where a policy stands among the others: its name, its tier, its tie-break.

use super::Policy;
use crate::{
    kinds::calico::{findings::Findings, names},
    options::CalicoVersion,
};

const DEFAULT: &str = "default";

/// Names that Calico makes itself, each with its tier (libcalico-go lib/names, 3.31).
const MADE: &[(&str, &str)] = &[
    ("knp.default.", DEFAULT),
    ("ossg.", DEFAULT),
    ("kanp.adminnetworkpolicy.", "adminnetworkpolicy"),
    ("kbanp.baselineadminnetworkpolicy.", "baselineadminnetworkpolicy"),
];

/// Checks the name, and that it fits the tier.
pub(super) fn check_name(policy: &Policy, version: CalicoVersion, findings: &mut Findings<'_>) {
    let name = findings.document().metadata.name.as_str();
    if !names::is_policy(name, policy.namespace.is_some()) {
        findings.invalid(
            0,
            "metadata.name",
            format!("`{name}` is not a name for a policy"),
            "lower case letters, digits and `-`, with at most one dot between",
        );
        return;
    }
    let raw = findings.document().group().starts_with("crd.");
    let (None, CalicoVersion::V3_31, false) = (made(name), version, raw) else { return };
    // ≤3.31 ValidateTieredPolicyName: `<tier>.<name>`, or a bare name in the default tier.
    let wanted = written_tier(policy);
    let fits = match name.split_once('.') {
        Some((prefix, _)) => prefix == wanted,
        None => wanted == DEFAULT,
    };
    if !fits {
        findings.invalid(
            0,
            "metadata.name",
            format!("incorrectly formatted policy name `{name}`"),
            format!("Calico 3.31 wants `{wanted}.<name>` for a policy of tier `{wanted}`"),
        );
    }
}

/// Checks and reads the tier: `spec.tier`, or until 3.31 what stands before the first dot of the
/// name (`TierFromPolicyName`).
pub(super) fn tier(policy: &Policy, version: CalicoVersion, findings: &mut Findings<'_>) -> String {
    if let Some(written) = &policy.tier
        && !written.value.is_empty()
        && !names::is_subdomain(&written.value)
    {
        let message = format!("`{}` is not the name of a tier", written.value);
        findings.invalid(written.line, "spec.tier", message, "lower case letters, digits and `-`");
    }
    if version != CalicoVersion::V3_31 {
        return written_tier(policy).to_owned();
    }
    let name = findings.document().metadata.name.as_str();
    let tier = made(name).or_else(|| name.split_once('.').map(|(tier, _)| tier));
    tier.unwrap_or(DEFAULT).to_owned()
}

fn made(name: &str) -> Option<&'static str> {
    MADE.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, tier)| *tier)
}

fn written_tier(policy: &Policy) -> &str {
    let written = policy.tier.as_ref().map(|tier| tier.value.as_str());
    written.filter(|tier| !tier.is_empty()).unwrap_or(DEFAULT)
}

/// What breaks ties of order: `name/namespace/kind` (`policy_sorter.go` `PolKVLess`), until 3.31 the
/// name in storage, which has its tier before it, after the namespace.
pub(super) fn tie(policy: &Policy, version: CalicoVersion, findings: &Findings<'_>) -> String {
    let document = findings.document();
    let name = document.metadata.name.as_str();
    let namespace = policy.namespace.as_deref();
    if version != CalicoVersion::V3_31 {
        return format!("{name}/{}/{}", namespace.unwrap_or_default(), policy.kind);
    }
    // The API stores a bare name as `default.<name>`; raw objects keep what they have.
    let raw = document.group().starts_with("crd.") || name.contains('.');
    let prefix = if raw { "" } else { "default." };
    let staged = if policy.staged.is_some() { "staged:" } else { "" };
    match namespace {
        Some(namespace) => format!("{namespace}/{staged}{prefix}{name}"),
        None => format!("{staged}{prefix}{name}"),
    }
}
