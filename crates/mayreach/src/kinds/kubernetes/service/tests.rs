//! Service: ports, addresses, and what is rejected.

use crate::{
    kinds::kubernetes::tests::{model, problems},
    model::{
        Protocol,
        inventory::{Service, TargetPort},
    },
};

const HEAD: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\n";

fn service(rest: &str) -> Service {
    model(&format!("{HEAD}{rest}")).inventory.services[0].clone()
}

#[test]
fn target_ports_default_to_the_port() {
    let service = service(
        "spec:\n  selector: {app: api}\n  clusterIP: 10.96.0.7\n  ports:\n  - {name: a1, port: 80}\n  \
         - {name: b1, port: 81, targetPort: 8081}\n  - {name: c1, port: 82, targetPort: http, \
         protocol: UDP, appProtocol: kubernetes.io/h2c}\n  - {name: d1, port: 83, targetPort: 0}\n  - {name: e1, \
         port: 84, targetPort: ''}\n",
    );
    let targets: Vec<_> = service.ports.iter().map(|p| p.target.clone()).collect();
    assert_eq!(
        targets,
        [
            TargetPort::Number(80),
            TargetPort::Number(8081),
            TargetPort::Name("http".into()),
            TargetPort::Number(83),
            TargetPort::Number(84),
        ]
    );
    assert_eq!(service.ports[2].protocol, Protocol::Udp);
    assert_eq!(service.ports[2].app_protocol.as_deref(), Some("kubernetes.io/h2c"));
    assert!(!service.headless && service.external_name.is_none());
    assert_eq!(service.cluster_ips, ["10.96.0.7".parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!(service.selector.get("app").map(String::as_str), Some("api"));
}

#[test]
fn headless_dual_stack_and_external_name() {
    assert!(service("spec: {clusterIP: None, selector: {app: api}}\n").headless);
    assert!(service("spec: {clusterIP: None, clusterIPs: [None]}\n").headless);
    let dual = service("spec: {clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, 'fd00::7']}\n");
    assert_eq!(dual.cluster_ips.len(), 2);
    let external =
        service("spec: {type: ExternalName, externalName: db.example.com, selector: {a: b}}\n");
    assert_eq!(external.external_name.as_deref(), Some("db.example.com"));
    assert!(external.selector.is_empty(), "it has no endpoints");
    assert_eq!(service("spec: {externalName: x}\n").external_name, None);
    assert!(service("spec:\n").ports.is_empty());
}

#[test]
fn faults_are_named_with_field_and_line() {
    for (rest, expected) in [
        (
            "spec: {ports: [{port: 0}]}\n",
            "4 invalid_value spec.ports[0].port: port 0 is not between 1 and 65535",
        ),
        ("spec: {ports: [{name: a1}]}\n", "4 missing_field spec.ports[0].port: `port` is required"),
        (
            "spec: {ports: [{port: 1, targetPort: '80'}]}\n",
            "4 invalid_value spec.ports[0].targetPort: port name `80` must hold at least one letter",
        ),
        (
            "spec: {ports: [{port: 1, targetPort: 70000}]}\n",
            "4 invalid_value spec.ports[0].targetPort: port 70000 is not between 1 and 65535",
        ),
        (
            "spec: {ports: [{port: 1, protocol: HTTP}]}\n",
            "4 invalid_value spec.ports[0].protocol: protocol `HTTP` is not supported",
        ),
        (
            "spec: {ports: [{port: 1, name: A_B}]}\n",
            "4 invalid_value spec.ports[0].name: `A_B` is not a valid name of a Service port",
        ),
        (
            "spec: {ports: [{port: 1, name: a1}, {port: 2, name: a1}]}\n",
            "4 conflict spec.ports[1].name: port name `a1` stands twice",
        ),
        (
            "spec: {ports: [{port: 1, name: a1}, {port: 1, name: b1}]}\n",
            "4 conflict spec.ports[1]: port 1 stands twice for one protocol",
        ),
        (
            "spec: {clusterIP: 10.96}\n",
            "4 invalid_value spec.clusterIP: `10.96` is not an IP address",
        ),
        (
            "spec: {type: External}\n",
            "4 invalid_value spec.type: service type `External` is not supported",
        ),
        (
            "spec: {type: ExternalName}\n",
            "1 missing_field spec.externalName: type `ExternalName` needs `externalName`",
        ),
        (
            "spec: {selector: {app: '*'}}\n",
            "4 invalid_value spec.selector[app]: `*` is not a valid label value",
        ),
    ] {
        let rest = rest.replace("10.96}", "'10.96'}");
        assert_eq!(problems(&format!("{HEAD}{rest}")), [expected]);
    }
}
