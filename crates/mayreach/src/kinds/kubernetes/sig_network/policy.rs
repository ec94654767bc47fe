//! A cluster-wide policy on its way into the model.

use super::{
    Subject,
    peer::{self, Reading},
};
use crate::{
    kinds::{
        Draft,
        kubernetes::{
            Checks, Path, rules,
            uncertain::{self, Doubt},
        },
    },
    manifest::{Document, Spanned},
    model::{
        network::{NetworkPolicy, NetworkRule, PolicyClass, TierDefault},
        selector::Selector,
    },
    options::{AssumedPlugin, CalicoVersion},
};

/// The tier before NetworkPolicy and the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kinds::kubernetes) enum Tier {
    Admin,
    Baseline,
}

impl Tier {
    /// Calico's name of it.
    const fn name(self) -> &'static str {
        match self {
            Self::Admin => "kube-admin",
            Self::Baseline => "kube-baseline",
        }
    }
}

/// A cluster-wide policy, checked.
#[derive(Debug)]
pub(in crate::kinds::kubernetes) struct Policy {
    pub(in crate::kinds::kubernetes) tier: Tier,
    pub(in crate::kinds::kubernetes) priority: i64,
    /// Breaks ties of priority.
    pub(in crate::kinds::kubernetes) tie: String,
    pub(in crate::kinds::kubernetes) subject: Selector,
    pub(in crate::kinds::kubernetes) ingress: Vec<NetworkRule>,
    pub(in crate::kinds::kubernetes) egress: Vec<NetworkRule>,
}

impl Reading {
    /// How this cluster reads peers.
    pub(in crate::kinds::kubernetes) fn new(
        draft: &Draft<'_>,
        namespace_selector_required: bool,
    ) -> Self {
        let sets_in_namespaces = draft.options.plugin != AssumedPlugin::Kubernetes;
        Self { namespace_selector_required, sets_in_namespaces }
    }
}

/// `spec.subject`.
pub(in crate::kinds::kubernetes) fn subject(
    subject: &Spanned<Subject>,
    reading: Reading,
    checks: &mut Checks<'_>,
) -> Selector {
    let root = Path::Root("spec");
    peer::subject(subject, reading, &root.field("subject"), checks)
}

/// `spec.priority`, 0 to 1000.
pub(in crate::kinds::kubernetes) fn priority(
    written: &Spanned<i64>,
    checks: &mut Checks<'_>,
) -> i64 {
    if !(0..=1000).contains(&written.value) {
        let message = format!("priority {} is not between 0 and 1000", written.value);
        checks.invalid(&Path::Root("spec").field("priority"), written.line, message);
    }
    written.value
}

/// Decides between policies of one priority, as Calico does (`policy_sorter.go`); the API leaves it
/// open.
pub(in crate::kinds::kubernetes) fn tie(document: &Document, calico: CalicoVersion) -> String {
    let (kind, name) = (&document.kind, &document.metadata.name);
    match (calico, kind.as_str()) {
        (CalicoVersion::V3_31, "AdminNetworkPolicy") => format!("kanp.adminnetworkpolicy.{name}"),
        (CalicoVersion::V3_31, "BaselineAdminNetworkPolicy") => {
            format!("kbanp.baselineadminnetworkpolicy.{name}")
        }
        _ => format!("{name}//Kubernetes{kind}"),
    }
}

/// Adds a policy and its tier. A direction without rules is not governed, which makes no
/// difference in a tier that passes by default.
pub(in crate::kinds::kubernetes) fn push(
    kind: &'static str,
    document: &Document,
    draft: &mut Draft<'_>,
    policy: Policy,
    doubts: Vec<Doubt>,
    [ingress_lines, egress_lines]: [Vec<u32>; 2],
) {
    let places = |lines: Vec<u32>| lines.into_iter().map(|line| document.at(line)).collect();
    let id = draft.policy(kind, document, None, places(ingress_lines), places(egress_lines));
    let Policy { tier, priority, tie, subject, ingress, egress } = policy;
    let governed = (!ingress.is_empty(), !egress.is_empty());
    uncertain::note(document, draft, id, None, governed, doubts);
    rules::tier(&mut draft.model.network.tiers, tier.name(), TierDefault::Pass);
    draft.model.network.policies.push(NetworkPolicy {
        id,
        tier: tier.name().to_owned(),
        order: i32::try_from(priority).ok().map(f64::from),
        tie,
        subject,
        governs_ingress: governed.0,
        governs_egress: governed.1,
        ingress,
        egress,
        staged: false,
        class: PolicyClass::Normal,
        isolates: false,
    });
}
