//! Pod: addresses, ports, account, and what is rejected.

use std::net::IpAddr;

use crate::{
    kinds::kubernetes::tests::{model, problems, workload},
    model::{
        Protocol,
        inventory::{Addresses, Workload},
    },
};

const HEAD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n";

fn pod(rest: &str) -> Workload {
    workload(&model(&format!("{HEAD}{rest}")), "web").clone()
}

fn exact(ips: &[&str]) -> Addresses {
    Addresses::Exact(ips.iter().map(|ip| ip.parse::<IpAddr>().unwrap()).collect())
}

#[test]
fn a_bare_pod_has_the_defaults() {
    let pod = pod("");
    assert_eq!(pod.service_account, "default");
    assert_eq!(pod.addresses, Addresses::Unknown);
    assert_eq!(pod.labels.get("app").map(String::as_str), Some("web"));
    assert!(!pod.host_network && !pod.finished && pod.node.is_none() && pod.owner.is_none());
    assert_eq!(pod.place.line, 1);
}

#[test]
fn what_kubectl_prints_is_read_leniently() {
    let pod = pod("spec:\n  serviceAccountName: web\n  serviceAccount: old\n  nodeName: n1\n  \
         enableServiceLinks: true\n  tolerations: [{key: a}]\n  containers:\n  - name: app\n    \
         image: x\n    args: [proxy, router]\n    resources: {limits: {cpu: '1'}}\nstatus:\n  \
         phase: Running\n  podIP: 10.0.0.5\n  podIPs:\n  - ip: 10.0.0.5\n  - ip: fd00::5\n  \
         conditions: []\n");
    assert_eq!(pod.service_account, "web");
    assert_eq!(pod.node.as_deref(), Some("n1"));
    assert_eq!(pod.addresses, exact(&["10.0.0.5", "fd00::5"]));
    assert_eq!(pod.containers[0].name, "app");
    assert_eq!(pod.containers[0].args, ["proxy", "router"]);
}

#[test]
fn the_old_account_field_is_an_alias() {
    assert_eq!(pod("spec: {serviceAccount: old}\n").service_account, "old");
    assert_eq!(pod("spec: {serviceAccountName: '', serviceAccount: old}\n").service_account, "old");
}

#[test]
fn addresses_come_from_where_they_stand() {
    assert_eq!(pod("status: {podIP: 10.0.0.5}\n").addresses, exact(&["10.0.0.5"]));
    assert_eq!(pod("status: {podIP: ''}\n").addresses, Addresses::Unknown);
    assert_eq!(pod("status: {hostIP: 172.16.0.1}\n").addresses, Addresses::Unknown);
    let on_host = pod("spec: {hostNetwork: true}\nstatus: {hostIP: 172.16.0.1}\n");
    assert!(on_host.host_network);
    assert_eq!(on_host.addresses, exact(&["172.16.0.1"]));
    let annotated = model(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    \
         cni.projectcalico.org/podIP: 10.0.0.7/32\n    cni.projectcalico.org/podIPs: \
         10.0.0.7/32,fd00::7/128\n",
    );
    assert_eq!(workload(&annotated, "web").addresses, exact(&["10.0.0.7", "fd00::7"]));
}

#[test]
fn finished_pods_are_marked() {
    assert!(pod("status: {phase: Succeeded}\n").finished);
    assert!(pod("status: {phase: Failed}\n").finished);
    assert!(!pod("status: {phase: Pending}\n").finished);
}

#[test]
fn ports_of_all_containers_count() {
    let pod =
        pod("spec:\n  containers:\n  - ports:\n    - {name: http, containerPort: 8080}\n    - \
         {containerPort: 53, protocol: UDP, hostPort: 53}\n  initContainers:\n  - name: setup\n    \
         ports: [{name: once, containerPort: 1}]\n  - name: proxy\n    restartPolicy: Always\n    \
         ports: [{name: metrics, containerPort: 2}]\n");
    let ports: Vec<_> = pod
        .ports
        .iter()
        .map(|p| (p.name.as_deref(), p.number, p.protocol, p.host_port, p.init))
        .collect();
    assert_eq!(
        ports,
        [
            (Some("http"), 8080, Protocol::Tcp, None, false),
            (None, 53, Protocol::Udp, Some(53), false),
            // An init container is done before the pod serves: only Calico counts its ports. A
            // sidecar runs as long as the pod.
            (Some("metrics"), 2, Protocol::Tcp, None, false),
        ]
    );
    let names: Vec<&str> = pod.containers.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["", "setup", "proxy"]);
}

#[test]
fn faults_are_named_with_field_and_line() {
    let found = problems(&format!(
        "{HEAD}spec:\n  containers:\n  - ports:\n    - containerPort: 70000\n    - name: \
         HTTP\n      containerPort: 80\n      protocol: GRE\n    - name: web\nstatus:\n  podIPs: \
         [{{ip: 10.0.0}}]\n"
    ));
    assert_eq!(
        found,
        [
            "7 invalid_value spec.containers[0].ports[0].containerPort: port 70000 is not between 1 and 65535",
            "8 invalid_value spec.containers[0].ports[1].name: port name `HTTP` may hold only lower-case letters, digits and `-`",
            "10 invalid_value spec.containers[0].ports[1].protocol: protocol `GRE` is not supported",
            "11 missing_field spec.containers[0].ports[2].containerPort: `containerPort` is required",
            "13 invalid_value status.podIPs[0].ip: `10.0.0` is not an IP address",
        ]
    );
    assert!(problems(&format!("{HEAD}spec: {{hostNetwork: 'yes'}}\n"))[0].contains("wrong_type"));
}
