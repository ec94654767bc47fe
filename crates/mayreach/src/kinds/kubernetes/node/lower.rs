//! What a Node means.

use super::manifest::{NodeAddress, NodeStatus};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, Path},
    },
    manifest::Document,
    model::inventory::Node,
};

/// Lowers one Node.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let NodeStatus { addresses } = checks.field("status").unwrap_or_default();
    let root = Path::Root("status");
    let path = root.field("addresses");
    // Pods on the host's network have the internal address: it goes first.
    let (mut internal, mut external) = (Vec::new(), Vec::new());
    for (index, entry) in addresses.iter().flatten().enumerate() {
        let NodeAddress { r#type, address } = entry;
        let list = match r#type.as_deref() {
            Some("InternalIP") => &mut internal,
            Some("ExternalIP") => &mut external,
            // Hostname, InternalDNS, ExternalDNS: no addresses.
            _ => continue,
        };
        if let Some(text) = address {
            list.extend(checks.address(text, &path.item(index).field("address")));
        }
    }
    checks.done()?;
    internal.extend(external);
    let labels = document.metadata.labels.clone();
    let node = Node { labels, addresses: internal };
    draft.model.inventory.nodes.insert(document.metadata.name.clone(), node);
    Ok(())
}
