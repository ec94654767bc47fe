//! What an EndpointSlice means.

use super::manifest::{Endpoint, EndpointPort};
use crate::{
    error::{Note, NoteCode, Problem},
    kinds::{
        Draft,
        kubernetes::{Checks, Path, namespace_of, rules},
    },
    manifest::Document,
    model::inventory::{EndpointSlice, SlicePort},
};

/// Names the Service that a slice belongs to.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// Lowers one EndpointSlice.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let kind: String = checks.field("addressType").unwrap_or_default();
    let endpoints: Vec<Endpoint> = checks.field("endpoints").unwrap_or_default();
    let ports: Vec<EndpointPort> = checks.field("ports").unwrap_or_default();
    let mut addresses = Vec::new();
    let path = Path::Root("endpoints");
    for (index, Endpoint { addresses: written }) in endpoints.iter().enumerate() {
        let item = path.item(index);
        let list = item.field("addresses");
        for (n, text) in written.iter().flatten().enumerate() {
            // Names resolve nowhere here.
            if kind != "FQDN" {
                addresses.extend(checks.address(text, &list.item(n)));
            }
        }
    }
    let ports = lower_ports(&ports, &Path::Root("ports"), &mut checks);
    checks.done()?;
    let Some(service) = document.metadata.labels.get(SERVICE_LABEL) else {
        let message = format!("without label `{SERVICE_LABEL}` it belongs to no Service");
        let note = Note::new(NoteCode::Ignored, message);
        draft.note(note.about(document.title()).at(document.place));
        return Ok(());
    };
    let (namespace, service) = (namespace_of(document), service.clone());
    draft.model.inventory.slices.push(EndpointSlice { namespace, service, ports, addresses });
    Ok(())
}

/// Ports of a slice, or of a subset of an Endpoints object. "Nil port: every port", of which no
/// set has a member (serviceindex.go).
pub(in crate::kinds::kubernetes) fn lower_ports(
    ports: &[EndpointPort],
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Vec<SlicePort> {
    let mut lowered = Vec::new();
    for (index, EndpointPort { name, port, protocol }) in ports.iter().enumerate() {
        let at = path.item(index);
        let protocol = rules::protocol(protocol.as_ref(), &at.field("protocol"), checks);
        let port = port.as_ref().and_then(|port| checks.port_number(port, &at.field("port")));
        let name = name.clone().filter(|name| !name.is_empty());
        lowered.push(SlicePort { name, port, protocol });
    }
    lowered
}
