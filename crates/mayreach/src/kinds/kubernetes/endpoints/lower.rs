//! What an Endpoints object means: a slice for each subset, as the mirroring controller makes them.

use super::manifest::{Address, Subset};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, Path, endpoint_slice, namespace_of},
    },
    manifest::Document,
    model::inventory::EndpointSlice,
};

/// Lowers one Endpoints object.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let subsets: Vec<Subset> = checks.field("subsets").unwrap_or_default();
    let path = Path::Root("subsets");
    let mut slices = Vec::new();
    for (index, subset) in subsets.iter().enumerate() {
        let Subset { addresses, not_ready_addresses, ports } = subset;
        let item = path.item(index);
        let mut ips = Vec::new();
        // Sets are not filtered by readiness (serviceindex.go).
        for (name, list) in [("addresses", addresses), ("notReadyAddresses", not_ready_addresses)] {
            let at = item.field(name);
            for (n, Address { ip }) in list.iter().flatten().enumerate() {
                if let Some(text) = ip {
                    ips.extend(checks.address(text, &at.item(n).field("ip")));
                }
            }
        }
        let ports = ports.as_deref().unwrap_or_default();
        slices.push(EndpointSlice {
            namespace: namespace_of(document),
            service: document.metadata.name.clone(),
            ports: endpoint_slice::lower_ports(ports, &item.field("ports"), &mut checks),
            addresses: ips,
        });
    }
    checks.done()?;
    draft.model.inventory.slices.extend(slices);
    Ok(())
}
