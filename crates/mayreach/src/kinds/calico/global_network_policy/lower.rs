//! What a GlobalNetworkPolicy means.

use super::manifest::{GlobalNetworkPolicySpec, StagedGlobalNetworkPolicySpec};
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
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let GlobalNetworkPolicySpec {
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
        kind: "GlobalNetworkPolicy",
        namespace: None,
        staged: None,
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

pub(in crate::kinds::calico) fn lower_staged(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let StagedGlobalNetworkPolicySpec {
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
        kind: "StagedGlobalNetworkPolicy",
        namespace: None,
        staged: Some(staged::action(staged_action.as_ref(), document)?),
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
