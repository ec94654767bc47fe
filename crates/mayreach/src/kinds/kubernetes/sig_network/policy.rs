//! A cluster-wide policy on its way into the model.

use super::{
    Limits, Named, Rule, Subject,
    peer::{self, Peer, Reading},
    rule::lower_rules,
};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{
            Checks, Path,
            rules::{self, Direction},
            uncertain,
        },
    },
    manifest::{Document, Spanned},
    model::network::{NetworkPolicy, PolicyClass, TierDefault},
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

/// Where a policy stands, and what its rules may be.
#[derive(Debug)]
pub(in crate::kinds::kubernetes) struct Head<'s> {
    pub(in crate::kinds::kubernetes) kind: &'static str,
    pub(in crate::kinds::kubernetes) tier: Tier,
    pub(in crate::kinds::kubernetes) priority: i64,
    pub(in crate::kinds::kubernetes) subject: &'s Spanned<Subject>,
    pub(in crate::kinds::kubernetes) limits: Limits,
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
fn tie(document: &Document, calico: CalicoVersion) -> String {
    let (kind, name) = (&document.kind, &document.metadata.name);
    match (calico, kind.as_str()) {
        (CalicoVersion::V3_31, "AdminNetworkPolicy") => format!("kanp.adminnetworkpolicy.{name}"),
        (CalicoVersion::V3_31, "BaselineAdminNetworkPolicy") => {
            format!("kbanp.baselineadminnetworkpolicy.{name}")
        }
        _ => format!("{name}//Kubernetes{kind}"),
    }
}

/// Lowers what all kinds have alike, and adds the policy and its tier. A direction without rules is
/// not governed, which makes no difference in a tier that passes by default.
pub(in crate::kinds::kubernetes) fn lower<P: Peer, Q: Peer, N: Named>(
    Head { kind, tier, priority, subject, limits }: Head<'_>,
    from: &[Rule<'_, P, N>],
    to: &[Rule<'_, Q, N>],
    document: &Document,
    mut checks: Checks<'_>,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let path = Path::Root("spec");
    let subject = peer::subject(subject, limits.reading, &path.field("subject"), &mut checks);
    let ingress = lower_rules(from, Direction::Ingress, limits, &mut checks);
    let egress = lower_rules(to, Direction::Egress, limits, &mut checks);
    let doubts = checks.take_doubts();
    checks.done()?;
    let tie = tie(document, draft.options.calico);
    let places = [
        from.iter().map(|rule| document.at(rule.line)).collect(),
        to.iter().map(|rule| document.at(rule.line)).collect(),
    ];
    let [ingress_places, egress_places] = places;
    let id = draft.policy(kind, document, None, ingress_places, egress_places);
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
    Ok(())
}
