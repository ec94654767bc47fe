//! What a NetworkPolicy means.

use super::manifest::{NetworkPolicySpec, StagedNetworkPolicySpec};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        calico::{
            object::{namespace, spec},
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
    let NetworkPolicySpec {
        tier,
        order,
        selector,
        service_account_selector,
        types,
        ingress,
        egress,
        performance_hints,
    } = spec(document)?;
    let policy = Policy {
        kind: "NetworkPolicy",
        namespace: Some(namespace(document)),
        tier,
        order,
        selector,
        service_account_selector,
        types,
        ingress,
        egress,
        performance_hints,
        ..Policy::default()
    };
    policy::lower(policy, document, draft)
}

pub(in crate::kinds::calico) fn lower_staged(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let StagedNetworkPolicySpec {
        staged_action,
        tier,
        order,
        selector,
        service_account_selector,
        types,
        ingress,
        egress,
        performance_hints,
    } = spec(document)?;
    let policy = Policy {
        kind: "StagedNetworkPolicy",
        namespace: Some(namespace(document)),
        staged: Some(staged::action(staged_action.as_ref(), document)?),
        tier,
        order,
        selector,
        service_account_selector,
        types,
        ingress,
        egress,
        performance_hints,
        ..Policy::default()
    };
    policy::lower(policy, document, draft)
}
