//! What a ServiceAccount means.

use super::manifest::FIELDS;
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, namespace_of},
    },
    manifest::Document,
    model::inventory::ServiceAccount,
};

/// Lowers one ServiceAccount.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(FIELDS);
    checks.done()?;
    let key = (namespace_of(document), document.metadata.name.clone());
    let account = ServiceAccount { labels: document.metadata.labels.clone() };
    draft.model.inventory.service_accounts.insert(key, account);
    Ok(())
}
