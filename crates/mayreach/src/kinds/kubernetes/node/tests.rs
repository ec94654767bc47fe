//! Node.

use crate::kinds::kubernetes::tests::{model, problems};

#[test]
fn internal_addresses_go_first() {
    let model = model(
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {zone: a}}\nstatus:\n  \
         addresses:\n  - {type: ExternalIP, address: 203.0.113.1}\n  - {type: Hostname, address: \
         n1}\n  - {type: InternalIP, address: 172.16.0.1}\n",
    );
    let node = &model.inventory.nodes["n1"];
    let ips: Vec<String> = node.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(ips, ["172.16.0.1", "203.0.113.1"]);
    assert_eq!(node.labels.get("zone").map(String::as_str), Some("a"));
}

#[test]
fn faults_are_named_with_field_and_line() {
    let text = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus:\n  addresses:\n  - {type: InternalIP, address: n1}\n";
    assert_eq!(
        problems(text),
        ["6 invalid_value status.addresses[0].address: `n1` is not an IP address"]
    );
}
