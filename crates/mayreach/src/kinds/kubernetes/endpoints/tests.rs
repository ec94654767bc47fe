//! Endpoints.

use crate::kinds::kubernetes::tests::{model, problems};

#[test]
fn each_subset_is_a_slice() {
    let model = model(
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: db, namespace: shop}\nsubsets:\n- \
         addresses: [{ip: 10.0.0.1, nodeName: n1}]\n  notReadyAddresses: [{ip: 10.0.0.2}]\n  ports: \
         [{port: 5432}]\n- addresses: [{ip: 10.0.0.3}]\n",
    );
    let slices = &model.inventory.slices;
    assert_eq!(slices.len(), 2);
    assert_eq!(slices[0].service, "db");
    assert_eq!(slices[0].addresses.len(), 2);
    assert_eq!(slices[0].ports[0].port, Some(5432));
    assert!(slices[1].ports.is_empty());
}

#[test]
fn faults_are_named_with_field_and_line() {
    let text = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: db}\nsubsets:\n- addresses: [{ip: db}]\n  ports: [{port: 0}]\n";
    assert_eq!(
        problems(text),
        [
            "5 invalid_value subsets[0].addresses[0].ip: `db` is not an IP address",
            "6 invalid_value subsets[0].ports[0].port: port 0 is not between 1 and 65535",
        ]
    );
}
