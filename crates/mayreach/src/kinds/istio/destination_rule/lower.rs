//! What a DestinationRule makes clients send.

use std::collections::BTreeMap;

use super::manifest::{PortSettings, Spec, Subset, Tls, TrafficPolicy};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        istio::{attach, created, namespace_of},
        kubernetes::{Checks, Path},
    },
    manifest::Document,
    model::mtls::{ClientTls, DestinationTls, SubsetTls, TrafficTls},
};

const SPEC: Path<'_> = Path::Root("spec");

pub(in crate::kinds::istio) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    let spec: Spec = checks.required("spec").unwrap_or_default();
    let Spec { host, traffic_policy, subsets, export_to, workload_selector } = spec;
    let path = SPEC.field("trafficPolicy");
    let policy = traffic_policy.map(|policy| traffic(policy, &mut checks, &path));
    let subsets = subsets.unwrap_or_default().into_iter().enumerate();
    let subsets: Vec<SubsetTls> = subsets
        .map(|(n, Subset { name, traffic_policy })| {
            let path = SPEC.field("subsets");
            let path = path.item(n);
            let path = path.field("trafficPolicy");
            SubsetTls {
                name: name.unwrap_or_default(),
                policy: traffic_policy.map(|policy| traffic(policy, &mut checks, &path)),
            }
        })
        .collect();
    let host = host.map(|h| h.value).unwrap_or_default();
    if host.is_empty() {
        checks.missing(&SPEC.field("host"), 0, "a DestinationRule needs a host");
    }
    let labels = workload_selector
        .as_ref()
        .map(|s| attach::labels(s, &mut checks, &SPEC.field("workloadSelector")))
        .unwrap_or_default();
    checks.done()?;
    let namespace = namespace_of(document);
    let id =
        draft.policy("DestinationRule", document, Some(namespace.clone()), Vec::new(), Vec::new());
    draft.model.destination_rules.push(DestinationTls {
        id,
        namespace,
        name: document.metadata.name.clone(),
        created: created(document),
        host,
        export_to: export_to.unwrap_or_default(),
        workload_selector: labels,
        policy,
        subsets,
    });
    Ok(())
}

fn traffic(given: TrafficPolicy, checks: &mut Checks<'_>, path: &Path<'_>) -> TrafficTls {
    let TrafficPolicy { tls, port_level_settings } = given;
    let mut ports = BTreeMap::new();
    for PortSettings { port, tls } in port_level_settings.unwrap_or_default() {
        let Some(number) = port.and_then(|p| p.number) else { continue };
        match u16::try_from(number.value) {
            Ok(port) => {
                let mode = tls.as_ref().and_then(|t| client(t, checks, path));
                // "Check if port level overrides exist": the first one counts.
                ports.entry(port).or_insert(mode);
            }
            Err(_) => checks.invalid(
                &path.field("portLevelSettings"),
                number.line,
                format!("{} is not a port", number.value),
            ),
        }
    }
    TrafficTls { mode: tls.as_ref().and_then(|t| client(t, checks, path)), ports }
}

fn client(tls: &Tls, checks: &mut Checks<'_>, path: &Path<'_>) -> Option<ClientTls> {
    let mode = tls.mode.as_ref();
    match mode.map_or("DISABLE", |m| m.value.as_str()) {
        "DISABLE" => Some(ClientTls::Disable),
        "SIMPLE" => Some(ClientTls::Simple),
        "MUTUAL" => Some(ClientTls::Mutual),
        "ISTIO_MUTUAL" => Some(ClientTls::IstioMutual),
        other => {
            checks.invalid_help(
                &path.field("tls").field("mode"),
                mode.map_or(0, |m| m.line),
                format!("mode `{other}` is not known"),
                "it is one of DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL",
            );
            None
        }
    }
}
