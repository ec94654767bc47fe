//! WasmPlugin and TrafficExtension: code on every request, which is not run.

use serde::Deserialize;

use super::{
    attach::{Selector, TargetRef, Where, attach},
    recognised::report,
};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, Path},
    },
    manifest::{Document, Spanned},
    model::{LayerSet, Proxies, authz::Attach},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    selector: Option<Spanned<Selector>>,
    target_ref: Option<Spanned<TargetRef>>,
    target_refs: Option<Vec<Spanned<TargetRef>>>,
    #[serde(rename = "match")]
    matching: Option<Vec<Traffic>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Traffic {
    mode: Option<String>,
}

const REQUESTS: LayerSet =
    LayerSet { egress: false, ingress: false, mtls: false, jwt: true, authorization: true };

pub(super) fn lower(document: &Document, draft: &mut Draft<'_>) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Spec { selector, target_ref, target_refs, matching } =
        checks.field("spec").unwrap_or_default();
    let given = Where {
        selector: selector.as_ref(),
        target_ref: target_ref.as_ref(),
        target_refs: target_refs.as_ref(),
    };
    let attached = attach(given, &mut checks, &Path::Root("spec"));
    checks.done()?;
    // "CLIENT: the plugin runs on outbound traffic" only.
    let matching = matching.unwrap_or_default();
    if !matching.is_empty() && matching.iter().all(|m| m.mode.as_deref() == Some("CLIENT")) {
        return Ok(());
    }
    let (labels, proxies) = match attached {
        Attach::Namespace => (Vec::new(), Proxies::SidecarsAndGateways),
        Attach::Labels(labels) => (labels, Proxies::SidecarsAndGateways),
        Attach::Targets(targets) => (Vec::new(), Proxies::Targets(targets)),
    };
    let why = "it runs code on every request";
    let kind = if document.kind == "WasmPlugin" { "WasmPlugin" } else { "TrafficExtension" };
    report(document, draft, kind, REQUESTS, labels, proxies, why);
    Ok(())
}
