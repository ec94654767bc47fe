//! What a NetworkPolicy means, enforced or staged.

use super::manifest::NetworkPolicySpec;
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
    kind: &'static str,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let NetworkPolicySpec {
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
        kind,
        staged: staged::proposed(kind, staged_action.as_ref(), document)?,
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
