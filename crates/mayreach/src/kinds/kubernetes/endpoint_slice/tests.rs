//! EndpointSlice.

use crate::{
    error::NoteCode,
    kinds::kubernetes::tests::{model, notes, problems},
    model::Protocol,
};

const HEAD: &str = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: api-x1, namespace: shop, labels: {kubernetes.io/service-name: api}}\n";

#[test]
fn endpoints_count_ready_or_not() {
    let text = format!(
        "{HEAD}addressType: IPv4\nendpoints:\n- addresses: [10.0.0.1]\n  conditions: {{ready: \
         false}}\n- addresses: [10.0.0.2]\n  targetRef: {{kind: Pod, name: a}}\nports:\n- {{name: \
         '', port: 8080}}\n- {{name: dns, protocol: UDP, port: null}}\n"
    );
    let model = model(&text);
    let [slice] = model.inventory.slices.as_slice() else { panic!() };
    assert_eq!((slice.namespace.as_str(), slice.service.as_str()), ("shop", "api"));
    assert_eq!(slice.addresses.len(), 2);
    let ports: Vec<_> =
        slice.ports.iter().map(|p| (p.name.as_deref(), p.port, p.protocol)).collect();
    assert_eq!(ports, [(None, Some(8080), Protocol::Tcp), (Some("dns"), None, Protocol::Udp)]);
}

#[test]
fn names_are_not_addresses() {
    let fqdn = format!("{HEAD}addressType: FQDN\nendpoints: [{{addresses: [a.example.com]}}]\n");
    assert!(model(&fqdn).inventory.slices[0].addresses.is_empty());
    let wrong = format!("{HEAD}addressType: IPv4\nendpoints: [{{addresses: [a.example.com]}}]\n");
    assert_eq!(
        problems(&wrong),
        ["5 invalid_value endpoints[0].addresses[0]: `a.example.com` is not an IP address"]
    );
}

#[test]
fn a_slice_of_no_service_is_noted() {
    let text = "apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {name: x}\n";
    let model = model(text);
    assert!(model.inventory.slices.is_empty());
    assert_eq!(notes(&model, NoteCode::Ignored).len(), 1);
}
