//! What an Endpoints object means: a slice for each subset, as the mirroring controller makes them.

use super::manifest::{Address, Subset};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, Path, cidr, endpoint_slice, namespace_of},
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
                let Some(text) = ip else { continue };
                match cidr::address(&text.value) {
                    Some(ip) => ips.push(ip),
                    None => {
                        let message = format!("`{}` is not an IP address", text.value);
                        checks.invalid(&at.item(n).field("ip"), text.line, message);
                    }
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
