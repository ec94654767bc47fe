//! `ClusterNetworkPolicy`.

use crate::{
    kinds::kubernetes::tests::{
        all, any_namespace, eq, is_pod, model, model_with, policy, rejected,
    },
    model::{
        Protocol,
        network::{Action, PortMatch},
    },
    options::{AssumedPlugin, Options},
};

/// The spec's rules begin on line 9.
const HEAD: &str = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata:\n  name: p\n";
const SPEC: &str = "spec:\n  tier: Admin\n  priority: 7\n  subject: {namespaces: {}}\n";

#[test]
fn lowers_into_its_tier() {
    let rules = "  ingress:\n  - {action: Accept, from: [{namespaces: {}}]}\n";
    let admin = model(&format!("{HEAD}{SPEC}{rules}"));
    assert_eq!(policy(&admin).tier, "kube-admin");
    assert_eq!(policy(&admin).tie, "p//KubernetesClusterNetworkPolicy");
    // Appendix A: subject and peer `namespaces: {}`.
    assert_eq!(policy(&admin).subject, all([any_namespace(), is_pod()]));
    assert_eq!(policy(&admin).ingress[0].source.selector, Some(any_namespace()));
    assert_eq!(policy(&admin).ingress[0].action, Action::Allow);
    let baseline = model(&format!("{HEAD}{SPEC}{rules}").replace("Admin", "Baseline"));
    assert_eq!(policy(&baseline).tier, "kube-baseline");
    assert_eq!(policy(&baseline).order, Some(7.0));
}

#[test]
fn namespaces_hold_pods_only_where_kubernetes_enforces() {
    let text =
        format!("{HEAD}{SPEC}  ingress:\n  - {{action: Deny, from: [{{namespaces: {{}}}}]}}\n");
    let options = Options { plugin: AssumedPlugin::Kubernetes, ..Options::default() };
    let model = model_with(&text, &options);
    assert_eq!(policy(&model).ingress[0].source.selector, Some(all([any_namespace(), is_pod()])));
}

#[test]
fn a_pods_peer_without_namespace_selector_is_of_any_namespace() {
    let text = format!(
        "{HEAD}{SPEC}  ingress:\n  - action: Deny\n    from: [{{pods: {{podSelector: {{matchLabels: \
         {{app: web}}}}}}}}]\n"
    );
    assert_eq!(
        policy(&model(&text)).ingress[0].source.selector,
        Some(all([any_namespace(), is_pod(), eq("app", "web")]))
    );
}

#[test]
fn protocols_group() {
    let text = format!(
        "{HEAD}{SPEC}  egress:\n  - action: Pass\n    to: [{{namespaces: {{}}}}]\n    protocols:\n    \
         - tcp: {{destinationPort: {{number: 80}}}}\n    - udp: {{destinationPort: {{range: {{start: \
         1, end: 9}}}}}}\n    - sctp: {{destinationPort: {{number: 5}}}}\n    - \
         destinationNamedPort: web\n"
    );
    let model = model(&text);
    let rules = &policy(&model).egress;
    let shapes: Vec<_> = rules.iter().map(|r| (r.protocol, r.destination.ports.clone())).collect();
    assert_eq!(
        shapes,
        [
            (Some(Protocol::Tcp), vec![PortMatch::Range(80, 80)]),
            (Some(Protocol::Udp), vec![PortMatch::Range(1, 9)]),
            (Some(Protocol::Sctp), vec![PortMatch::Range(5, 5)]),
            (None, vec![PortMatch::Named("web".into())]),
        ]
    );
}

#[test]
fn what_its_definition_rejects() {
    let rule = |rest: &str| rejected(HEAD, &format!("{SPEC}  egress:\n  - {rest}\n"));
    let protocol =
        |p: &str| rule(&format!("{{action: Deny, to: [{{namespaces: {{}}}}], protocols: [{p}]}}"));
    for (written, expected) in [
        (
            "{}",
            "10 conflict spec.egress[0].protocols[0]: exactly one of `tcp`, `udp`, `sctp` and `destinationNamedPort` must be set",
        ),
        (
            "{tcp: {}}",
            "10 missing_field spec.egress[0].protocols[0].tcp.destinationPort: `destinationPort` is required",
        ),
        (
            "{tcp: {destinationPort: {}}}",
            "10 conflict spec.egress[0].protocols[0].tcp.destinationPort: exactly one of `number` and `range` must be set",
        ),
        (
            "{udp: {destinationPort: {number: 65536}}}",
            "10 invalid_value spec.egress[0].protocols[0].udp.destinationPort.number: port 65536 is not between 1 and 65535",
        ),
        (
            "{sctp: {destinationPort: {range: {start: 2, end: 1}}}}",
            "10 invalid_value spec.egress[0].protocols[0].sctp.destinationPort.range.end: the range ends at 1, not after its start 2",
        ),
    ] {
        assert_eq!(protocol(written), expected);
    }
    assert_eq!(
        rule("{action: Allow, to: [{namespaces: {}}]}"),
        "10 invalid_value spec.egress[0].action: action `Allow` is not supported"
    );
    let peers = vec!["{namespaces: {}}"; 26].join(", ");
    assert_eq!(
        rule(&format!("{{action: Deny, to: [{peers}]}}")),
        "10 invalid_value spec.egress[0].to: 26 items, not 1 to 25"
    );
    assert_eq!(
        rejected(&format!("{HEAD}{}", SPEC.replace("Admin", "Middle")), ""),
        "6 invalid_value spec.tier: tier `Middle` is not supported"
    );
    assert!(
        rejected(
            HEAD,
            &format!("{SPEC}  ingress: [{{action: Deny, from: [{{networks: [10.0.0.0/8]}}]}}]\n")
        )
        .contains("unknown_field")
    );
}
