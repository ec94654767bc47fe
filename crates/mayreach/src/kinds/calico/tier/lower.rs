//! What a Tier means: where it stands, and what happens at its end.

use super::manifest::TierSpec;
use crate::{
    error::{NoteCode, Problem},
    kinds::{
        Draft,
        calico::{findings::Findings, names, object::spec},
    },
    manifest::{Document, Spanned},
    model::network::TierDefault,
    options::CalicoVersion,
};

/// "But reads default nil order to 1 000 000" (libcalico-go lib/resources/tier.go).
const DEFAULT_ORDER: f64 = 1_000_000.0;

/// A tier of which the place is known.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::kinds::calico) struct Declared {
    pub(in crate::kinds::calico) name: String,
    pub(in crate::kinds::calico) order: f64,
    pub(in crate::kinds::calico) default: TierDefault,
}

/// The tiers that Calico itself makes (clientv3 `EnsureInitialized`).
pub(in crate::kinds::calico) fn built_in(name: &str, version: CalicoVersion) -> Option<Declared> {
    let (order, default) = match (version, name) {
        (_, "default") => (DEFAULT_ORDER, TierDefault::Deny),
        // Kubernetes' cluster-wide policies stand there under every version.
        (_, "kube-admin") | (CalicoVersion::V3_31, "adminnetworkpolicy") => {
            (1_000.0, TierDefault::Pass)
        }
        (_, "kube-baseline") | (CalicoVersion::V3_31, "baselineadminnetworkpolicy") => {
            (10_000_000.0, TierDefault::Pass)
        }
        _ => return None,
    };
    Some(Declared { name: name.to_owned(), order, default })
}

pub(in crate::kinds::calico) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let TierSpec { order: written_order, default_action } = spec(document)?;
    let mut findings = Findings::new(document);
    let name = document.metadata.name.clone();
    if !names::is_label(&name) || name.len() > 63 {
        findings.invalid(
            0,
            "metadata.name",
            format!("`{name}` is not a name for a tier"),
            "at most 63 lower case letters, digits and `-`, without dots",
        );
    }
    let default = default(default_action.as_ref(), &mut findings);
    let order = written_order.as_ref().map_or(DEFAULT_ORDER, |order| order.value);
    let declared = Declared { name, order, default };
    match built_in(&declared.name, draft.options.calico) {
        Some(fixed) if fixed != declared => fixed_tier(&fixed, &mut findings),
        None if written_order.is_none() => findings.note(
            NoteCode::Suspicious,
            0,
            "without `order` the tier counts as 1000000, like tier `default`: by name before or \
             after it, not last",
        ),
        _ => {}
    }
    findings.settle(draft)?;
    draft.calico.tiers.push(declared);
    Ok(())
}

fn default(written: Option<&Spanned<String>>, findings: &mut Findings<'_>) -> TierDefault {
    let Some(Spanned { value, line }) = written else { return TierDefault::Deny };
    match value.as_str() {
        "Deny" => TierDefault::Deny,
        "Pass" => TierDefault::Pass,
        other => {
            let message = format!("`{other}` is not a default action");
            findings.invalid(*line, "spec.defaultAction", message, "`Deny` or `Pass`");
            TierDefault::Deny
        }
    }
}

/// Order and default action of the built-in tiers cannot be changed (CEL of Tier).
fn fixed_tier(fixed: &Declared, findings: &mut Findings<'_>) {
    let action = match fixed.default {
        TierDefault::Deny => "Deny",
        TierDefault::Pass => "Pass",
    };
    findings.invalid(
        0,
        "spec",
        format!("tier `{}` has a fixed order and default action", fixed.name),
        format!("write `order: {}` and `defaultAction: {action}`", fixed.order),
    );
}
