//! `AdminNetworkPolicy`.

use crate::{
    kinds::kubernetes::tests::{
        all, any_namespace, eq, is_pod, model, model_with, policy, rejected,
    },
    model::{
        Protocol,
        network::{Action, PortMatch, TierDefault},
        selector::Selector,
    },
    options::{CalicoVersion, Options},
};

/// The spec's rules begin on line 8.
const HEAD: &str = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata:\n  name: p\n";
const SPEC: &str = "spec:\n  priority: 7\n  subject: {namespaces: {matchLabels: {team: a}}}\n";

#[test]
fn lowers_into_the_admin_tier() {
    let text = format!(
        "{HEAD}{SPEC}  ingress:\n  - {{name: one, action: Pass, from: [{{namespaces: {{}}}}]}}\n  - \
         action: Deny\n    from:\n    - pods: {{namespaceSelector: {{matchLabels: {{team: b}}}}, \
         podSelector: {{matchLabels: {{app: web}}}}}}\n"
    );
    let model = model(&text);
    let lowered = policy(&model);
    assert_eq!((lowered.tier.as_str(), lowered.order), ("kube-admin", Some(7.0)));
    assert_eq!(lowered.tie, "p//KubernetesAdminNetworkPolicy");
    assert_eq!(lowered.subject, all([eq("pcns.team", "a"), is_pod()]));
    assert!(lowered.governs_ingress && !lowered.governs_egress && !lowered.isolates);
    let actions: Vec<_> = lowered.ingress.iter().map(|r| (r.index, r.action)).collect();
    assert_eq!(actions, [(0, Action::Pass), (1, Action::Deny)]);
    // §8 #9: a `namespaces` peer takes in network sets, a `pods` peer does not.
    assert_eq!(lowered.ingress[0].source.selector, Some(any_namespace()));
    assert_eq!(
        lowered.ingress[1].source.selector,
        Some(all([eq("pcns.team", "b"), is_pod(), eq("app", "web")]))
    );
    let tier = model.network.tiers.iter().find(|tier| tier.name == "kube-admin").unwrap();
    assert_eq!(tier.default, TierDefault::Pass);
    let meta = &model.policies[0];
    assert_eq!(meta.namespace, None);
    assert_eq!(meta.rules.iter().map(|p| p.line).collect::<Vec<_>>(), [9, 10]);
}

#[test]
fn the_older_calico_breaks_ties_by_another_name() {
    let options = Options { calico: CalicoVersion::V3_31, ..Options::default() };
    let model = model_with(&format!("{HEAD}{SPEC}"), &options);
    assert_eq!(policy(&model).tie, "kanp.adminnetworkpolicy.p");
}

#[test]
fn egress_peers_of_every_sort() {
    let text = format!(
        "{HEAD}{SPEC}  egress:\n  - action: Allow\n    to:\n    - nodes: {{matchLabels: {{role: \
         db}}}}\n    - nodes: {{}}\n    - networks: [10.0.0.0/8, 'fd00::1/8']\n    - domainNames: \
         ['*.example.com', example.org]\n"
    );
    let model = model(&text);
    let peers: Vec<_> = policy(&model).egress.iter().map(|r| &r.destination).collect();
    assert_eq!(peers[0].nodes, Some(eq("role", "db")));
    assert_eq!(peers[1].nodes, Some(Selector::All));
    assert_eq!(peers[2].nets, ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    assert_eq!(peers[3].domains, ["*.example.com", "example.org"]);
}

#[test]
fn ports_group_by_protocol() {
    let text = format!(
        "{HEAD}{SPEC}  ingress:\n  - action: Allow\n    from: [{{namespaces: {{}}}}]\n    \
         ports:\n    - portNumber: {{port: 80}}\n    - portRange: {{protocol: UDP, start: 1, end: \
         9}}\n    - namedPort: web\n    - portNumber: {{protocol: TCP, port: 81}}\n"
    );
    let model = model(&text);
    let shapes: Vec<_> =
        policy(&model).ingress.iter().map(|r| (r.protocol, r.destination.ports.clone())).collect();
    assert_eq!(
        shapes,
        [
            (Some(Protocol::Tcp), vec![PortMatch::Range(80, 80), PortMatch::Range(81, 81)]),
            (Some(Protocol::Udp), vec![PortMatch::Range(1, 9)]),
            // "namedPort: the name only, of any protocol"
            (None, vec![PortMatch::Named("web".into())]),
        ]
    );
}

#[test]
fn what_its_definition_rejects() {
    let rule = |rest: &str| rejected(HEAD, &format!("{SPEC}  egress:\n  - {rest}\n"));
    let to = |peer: &str| rule(&format!("{{action: Allow, to: [{peer}]}}"));
    for (peer, expected) in [
        (
            "{}",
            "9 conflict spec.egress[0].to[0]: exactly one of `namespaces`, `pods`, `nodes`, `networks` and `domainNames` must be set",
        ),
        (
            "{namespaces: {}, nodes: {}}",
            "9 conflict spec.egress[0].to[0]: exactly one of `namespaces`, `pods`, `nodes`, `networks` and `domainNames` must be set",
        ),
        ("{networks: []}", "9 invalid_value spec.egress[0].to[0].networks: 0 items, not 1 to 25"),
        (
            "{networks: [10.0.0.1]}",
            "9 invalid_value spec.egress[0].to[0].networks[0]: `10.0.0.1` is not a CIDR",
        ),
        (
            "{networks: [010.0.0.0/8]}",
            "9 invalid_value spec.egress[0].to[0].networks[0]: `010.0.0.0/8` is not a CIDR",
        ),
        (
            "{networks: ['::ffff:10.0.0.0/104']}",
            "9 invalid_value spec.egress[0].to[0].networks[0]: `::ffff:10.0.0.0/104` is not a CIDR",
        ),
        (
            "{networks: [10.0.0.0/8, 10.0.0.0/8]}",
            "9 invalid_value spec.egress[0].to[0].networks[1]: `10.0.0.0/8` stands twice",
        ),
        (
            "{domainNames: [localhost]}",
            "9 invalid_value spec.egress[0].to[0].domainNames[0]: `localhost` is not a domain name",
        ),
        (
            "{domainNames: ['a.*.com']}",
            "9 invalid_value spec.egress[0].to[0].domainNames[0]: `a.*.com` is not a domain name",
        ),
        (
            "{pods: {podSelector: {}}}",
            "9 missing_field spec.egress[0].to[0].pods.namespaceSelector: `namespaceSelector` is required",
        ),
    ] {
        assert_eq!(to(peer), expected);
    }
    let ports =
        |list: &str| rule(&format!("{{action: Deny, to: [{{namespaces: {{}}}}], ports: {list}}}"));
    for (list, expected) in [
        ("[]", "9 invalid_value spec.egress[0].ports: 0 items, not 1 to 100"),
        (
            "[{}]",
            "9 conflict spec.egress[0].ports[0]: exactly one of `portNumber`, `namedPort` and `portRange` must be set",
        ),
        (
            "[{portNumber: {port: 0}}]",
            "9 invalid_value spec.egress[0].ports[0].portNumber.port: port 0 is not between 1 and 65535",
        ),
        (
            "[{portRange: {start: 9, end: 8}}]",
            "9 invalid_value spec.egress[0].ports[0].portRange.end: the range ends at 8, not after its start 9",
        ),
        (
            "[{namedPort: ''}]",
            "9 invalid_value spec.egress[0].ports[0].namedPort: the name is empty",
        ),
        (
            "[{portNumber: {protocol: ICMP, port: 1}}]",
            "9 invalid_value spec.egress[0].ports[0].portNumber.protocol: protocol `ICMP` is not supported",
        ),
    ] {
        assert_eq!(ports(list), expected);
    }
    assert_eq!(
        rule("{action: Accept, to: [{namespaces: {}}]}"),
        "9 invalid_value spec.egress[0].action: action `Accept` is not supported"
    );
    assert_eq!(
        rule("{action: Deny, to: []}"),
        "9 invalid_value spec.egress[0].to: 0 items, not 1 to 100"
    );
    assert!(rule("{action: Deny}").contains("9 missing_field spec.egress[0]"));
    assert_eq!(
        rule("{action: Allow, to: [{networks: [10.0.0.0/8]}], ports: [{namedPort: web}]}"),
        "9 conflict spec.egress[0].ports: a named port cannot stand beside `networks`, `nodes` or `domainNames`, which have no named ports"
    );
    let long = format!("{{name: {}, action: Deny, to: [{{namespaces: {{}}}}]}}", "x".repeat(101));
    assert_eq!(
        rule(&long),
        "9 invalid_value spec.egress[0].name: the name is longer than 100 characters"
    );
}

#[test]
fn priority_and_subject_are_checked() {
    assert_eq!(
        rejected(HEAD, "spec:\n  priority: 1001\n  subject: {namespaces: {}}\n"),
        "6 invalid_value spec.priority: priority 1001 is not between 0 and 1000"
    );
    assert_eq!(
        rejected(HEAD, "spec:\n  priority: 1\n  subject: {}\n"),
        "7 conflict spec.subject: exactly one of `namespaces` and `pods` must be set"
    );
    assert!(rejected(HEAD, "spec: {priority: 1}\n").contains("missing_field"));
    assert_eq!(rejected(HEAD, ""), "1 missing_field spec: `spec` is required");
    let rule = "{action: Deny, from: [{namespaces: {}}]}";
    let many = vec![rule; 101].join(", ");
    assert_eq!(
        rejected(HEAD, &format!("{SPEC}  ingress: [{many}]\n")),
        "8 invalid_value spec.ingress: 101 rules, more than 100"
    );
}
