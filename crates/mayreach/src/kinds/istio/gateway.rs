//! Gateway of the Gateway API: its class tells a waypoint.

use serde::Deserialize;

use super::namespace_of;
use crate::{
    error::Problem,
    kinds::{Draft, kubernetes::Checks},
    manifest::Document,
    model::inventory::Gateway,
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    gateway_class_name: Option<String>,
}

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Spec { gateway_class_name } = checks.required("spec").unwrap_or_default();
    checks.done()?;
    draft.model.inventory.gateways.push(Gateway {
        namespace: namespace_of(document),
        name: document.metadata.name.clone(),
        class: gateway_class_name.unwrap_or_default(),
        labels: document.metadata.labels.clone(),
    });
    Ok(())
}
