//! What a ServiceAccount means; of its fields, only the metadata bears on verdicts.

use crate::{
    error::Problem,
    kinds::{Draft, kubernetes::namespace_of},
    manifest::Document,
    model::inventory::ServiceAccount,
};

/// Lowers one ServiceAccount.
#[allow(clippy::unnecessary_wraps, reason = "the same shape as every kind's `lower`")]
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let key = (namespace_of(document), document.metadata.name.clone());
    let account = ServiceAccount { labels: document.metadata.labels.clone() };
    draft.model.inventory.service_accounts.insert(key, account);
    Ok(())
}
