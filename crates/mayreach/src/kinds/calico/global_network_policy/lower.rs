//! What a GlobalNetworkPolicy means, enforced or staged.

use super::manifest::GlobalNetworkPolicySpec;
use crate::{
    error::Problem,
    kinds::{
        Draft,
        calico::{
            object::spec,
            policy::{self, Policy},
            staged,
        },
    },
    manifest::Document,
};

pub(in crate::kinds::calico) fn lower(
    document: &Document,
    kind: &'static str,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let GlobalNetworkPolicySpec {
        staged_action,
        tier,
        order,
        selector,
        namespace_selector,
        service_account_selector,
        types,
        ingress,
        egress,
        do_not_track,
        pre_dnat,
        apply_on_forward,
        performance_hints,
    } = spec(document)?;
    let policy = Policy {
        kind,
        staged: staged::proposed(kind, staged_action.as_ref(), document)?,
        namespace: None,
        tier,
        order,
        selector,
        namespace_selector,
        service_account_selector,
        types,
        ingress,
        egress,
        do_not_track,
        pre_dnat,
        apply_on_forward,
        performance_hints,
    };
    policy::lower(policy, document, draft)
}
