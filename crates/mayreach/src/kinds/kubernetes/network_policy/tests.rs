//! NetworkPolicy: defaults, lowering, and every rejection.

use crate::{
    error::NoteCode,
    kinds::kubernetes::tests::{
        all, any_namespace, eq, in_namespace, is_pod, model, model_with, notes, policy, problems,
        rejected, rule,
    },
    model::{
        Model, Protocol,
        network::{Action, NetworkRule, PeerMatch, PolicyClass, PortMatch, TierDefault},
        selector::Selector,
    },
    options::{AssumedPlugin, CalicoVersion, Options},
};

/// The spec begins on line 5.
const HEAD: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  {name: p, namespace: shop}\n";

fn of(spec: &str) -> Model {
    model(&format!("{HEAD}{spec}"))
}

fn ingress(rule: &str) -> Vec<NetworkRule> {
    policy(&of(&format!("spec: {{podSelector: {{}}, ingress: [{rule}]}}\n"))).ingress.clone()
}

fn egress(rule: &str) -> Vec<NetworkRule> {
    let spec = format!("spec: {{podSelector: {{}}, policyTypes: [Egress], egress: [{rule}]}}\n");
    policy(&of(&spec)).egress.clone()
}

fn selector(peer: &str) -> Selector {
    rule(&ingress(&format!("{{from: [{peer}]}}"))).source.selector.clone().unwrap()
}

#[test]
fn lowers_into_tier_default_at_order_1000() {
    let model = of("spec: {podSelector: {matchLabels: {app: db}}}\n");
    let lowered = policy(&model);
    assert_eq!(lowered.tier, "default");
    assert_eq!(lowered.order, Some(1000.0));
    assert_eq!(lowered.tie, "p/shop/KubernetesNetworkPolicy");
    assert_eq!(lowered.subject, all([is_pod(), in_namespace("shop"), eq("app", "db")]));
    assert!(lowered.isolates && !lowered.staged && lowered.class == PolicyClass::Normal);
    assert!(lowered.ingress.is_empty() && lowered.egress.is_empty());
    let tier = model.network.tiers.iter().find(|t| t.name == "default").unwrap();
    assert_eq!(tier.default, TierDefault::Deny);
    let options = Options { calico: CalicoVersion::V3_31, ..Options::default() };
    let older = model_with(&format!("{HEAD}spec: {{}}\n"), &options);
    assert_eq!(policy(&older).tie, "shop/knp.default.p");
}

#[test]
fn policy_types_default_as_the_api_server_fills_them_in() {
    for (spec, ingress, egress) in [
        ("spec: {}", true, false),
        ("spec: {podSelector: {}}", true, false),
        ("spec: {egress: [{}]}", true, true),
        ("spec: {ingress: [{}], egress: [{}]}", true, true),
        // "So `egress: []` alone does not add Egress."
        ("spec: {egress: []}", true, false),
        ("spec: {policyTypes: [], egress: [{}]}", true, true),
        ("spec: {policyTypes: [Ingress], egress: [{}]}", true, false),
        ("spec: {policyTypes: [Egress]}", false, true),
        ("spec: {policyTypes: [Ingress, Ingress]}", true, false),
        ("spec: {policyTypes: null, egress: null}", true, false),
    ] {
        let model = of(spec);
        let lowered = policy(&model);
        assert_eq!((lowered.governs_ingress, lowered.governs_egress), (ingress, egress), "{spec}");
    }
}

#[test]
fn a_policy_without_spec_isolates_its_namespace() {
    let model = model(HEAD);
    assert_eq!(policy(&model).subject, all([is_pod(), in_namespace("shop")]));
    assert!(policy(&model).governs_ingress);
}

#[test]
fn an_empty_rule_allows_everything() {
    for written in ["{}", "{from: [], ports: []}", "{from: null, ports: null}", "null"] {
        let rules = ingress(written);
        let only = rule(&rules);
        assert_eq!(only.action, Action::Allow);
        assert_eq!(only.protocol, None, "every protocol, ICMP included");
        assert_eq!(only.source.selector, None);
        assert!(only.source.nets.is_empty() && only.destination.ports.is_empty());
    }
}

#[test]
fn ports_make_one_rule_for_each_protocol() {
    let shape = |ports: &str| -> Vec<(Option<Protocol>, Vec<PortMatch>)> {
        let rules = ingress(&format!("{{ports: [{ports}]}}"));
        rules.into_iter().map(|r| (r.protocol, r.destination.ports)).collect()
    };
    let (tcp, udp) = (Some(Protocol::Tcp), Some(Protocol::Udp));
    // "`ports: [{protocol: UDP}]` = all UDP; `[{}]` = all TCP; `[]` = everything" (§8 #46)
    assert_eq!(shape("{}"), [(tcp, vec![])]);
    assert_eq!(shape("null"), [(tcp, vec![])]);
    assert_eq!(shape("{protocol: UDP}"), [(udp, vec![])]);
    assert_eq!(
        shape("{port: 80}, {port: 53, protocol: UDP}, {port: web}, {port: 90, endPort: 99}"),
        [
            (
                tcp,
                vec![
                    PortMatch::Range(80, 80),
                    PortMatch::Named("web".into()),
                    PortMatch::Range(90, 99)
                ]
            ),
            (udp, vec![PortMatch::Range(53, 53)]),
        ]
    );
    // A port of none is every port, whatever stands beside it.
    assert_eq!(shape("{port: 80}, {protocol: TCP}, {port: 81}"), [(tcp, vec![])]);
    assert_eq!(shape("{port: 80, endPort: 80}"), [(tcp, vec![PortMatch::Range(80, 80)])]);
}

#[test]
fn one_written_rule_keeps_its_index() {
    let model = of(
        "spec:\n  ingress:\n  - {}\n  - from: [{podSelector: {}}, {namespaceSelector: {}}]\n    \
         ports: [{}, {protocol: UDP}]\n",
    );
    let indexes: Vec<u32> = policy(&model).ingress.iter().map(|r| r.index).collect();
    assert_eq!(indexes, [0, 1, 1, 1, 1]);
    let lines: Vec<u32> = model.policies[0].rules.iter().map(|place| place.line).collect();
    assert_eq!(lines, [7, 8]);
}

#[test]
fn peers_select_pods_only() {
    let of_web = eq("app", "web");
    assert_eq!(
        selector("{podSelector: {matchLabels: {app: web}}}"),
        all([in_namespace("shop"), is_pod(), of_web.clone()])
    );
    assert_eq!(selector("{podSelector: {}}"), all([in_namespace("shop"), is_pod()]));
    assert_eq!(selector("{namespaceSelector: {}}"), all([any_namespace(), is_pod()]));
    assert_eq!(
        selector("{namespaceSelector: {matchLabels: {team: a}}}"),
        all([eq("pcns.team", "a"), is_pod()])
    );
    assert_eq!(
        selector(
            "{namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: web}}}"
        ),
        all([eq("pcns.team", "a"), is_pod(), of_web])
    );
    // `namespaceSelector: null` is absent, not empty.
    assert_eq!(
        selector("{namespaceSelector: null, podSelector: {}}"),
        all([in_namespace("shop"), is_pod()])
    );
}

#[test]
fn not_in_holds_where_the_key_is_absent() {
    // §8 #44: K8s NotIn matches absent keys.
    let lowered = selector(
        "{namespaceSelector: {matchExpressions: [{key: env, operator: NotIn, values: [prod]}, \
         {key: a, operator: DoesNotExist}, {key: b, operator: Exists}, {key: c, operator: In, \
         values: [x, z]}]}}",
    );
    let has = |key: &str| Selector::Has(key.into());
    assert_eq!(
        lowered,
        all([
            Selector::NotIn("pcns.env".into(), vec!["prod".into()]),
            Selector::Not(Box::new(has("pcns.a"))),
            has("pcns.b"),
            Selector::In("pcns.c".into(), vec!["x".into(), "z".into()]),
            is_pod(),
        ])
    );
    let none = |key: &str| (key == "projectcalico.org/orchestrator").then_some("k8s");
    let Selector::And(conditions) = &lowered else { panic!("{lowered}") };
    assert!(conditions[0].matches(&none) && conditions[1].matches(&none));
    assert!(!conditions[2].matches(&none) && !conditions[3].matches(&none));
}

#[test]
fn ip_blocks_are_addresses_and_nothing_else() {
    let rules = egress("{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}}]}");
    let PeerMatch { selector, nets, not_nets, .. } = &rule(&rules).destination;
    assert_eq!(*selector, None);
    assert_eq!(*nets, ["10.0.0.0/8".parse().unwrap()]);
    assert_eq!(*not_nets, ["10.1.0.0/16".parse().unwrap(), "10.2.0.0/16".parse().unwrap()]);
    assert!(rule(&rules).source.nets.is_empty());
    // Another peer can allow what one excepts (§8 #45): they stay two rules.
    let two = egress(
        "{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {ipBlock: {cidr: 10.1.2.0/24}}]}",
    );
    assert_eq!(two.len(), 2);
    let six = egress("{to: [{ipBlock: {cidr: 'fd00::/8', except: ['fd00:1::/32']}}]}");
    assert_eq!(rule(&six).destination.nets, ["fd00::/8".parse().unwrap()]);
    // Go holds an IPv4 network written in IPv6 as the IPv4 network.
    let mapped = egress("{to: [{ipBlock: {cidr: '::ffff:10.0.0.0/104'}}]}");
    assert_eq!(rule(&mapped).destination.nets, ["10.0.0.0/8".parse().unwrap()]);
}

#[test]
fn ports_of_egress_are_the_destinations_too() {
    let rules = egress("{to: [{podSelector: {}}], ports: [{port: dns, protocol: UDP}]}");
    let only = rule(&rules);
    assert_eq!(only.destination.ports, [PortMatch::Named("dns".into())]);
    assert!(only.destination.selector.is_some() && only.source.selector.is_none());
}

#[test]
fn host_bits_are_masked_and_noted() {
    let model = of("spec:\n  ingress:\n  - from:\n    - ipBlock: {cidr: 10.1.2.3/8}\n");
    assert_eq!(rule(&policy(&model).ingress).source.nets, ["10.0.0.0/8".parse().unwrap()]);
    let noted = notes(&model, NoteCode::Suspicious);
    assert_eq!(
        noted[0].message,
        "`10.1.2.3/8` means `10.0.0.0/8`: the bits beyond the prefix do not count"
    );
    assert_eq!(noted[0].place.unwrap().line, 8);
}

#[test]
fn what_plugins_read_differently_is_not_decided() {
    for spec in [
        "spec: {ingress: [{from: [{ipBlock: {cidr: 010.0.0.0/8}}]}]}",
        "spec: {podSelector: {matchLabels: {pcns.env: prod}}}",
        "spec: {ingress: [{from: [{namespaceSelector: {matchLabels: {projectcalico.org/name: a}}}]}]}",
    ] {
        let model = of(spec);
        assert_eq!(model.unevaluated.len(), 1, "{spec}");
        assert!(model.unevaluated[0].layers.ingress && !model.unevaluated[0].layers.egress);
        assert_eq!(notes(&model, NoteCode::NotEvaluated).len(), 1);
    }
    // The flat form is Calico's own: where it enforces for sure, there is no doubt.
    let options = Options { plugin: AssumedPlugin::Calico, ..Options::default() };
    let text = format!("{HEAD}spec: {{podSelector: {{matchLabels: {{pcns.env: prod}}}}}}");
    assert!(model_with(&text, &options).unevaluated.is_empty());
}

#[test]
fn rules_of_a_direction_that_is_not_governed_are_noted() {
    let model = of("spec:\n  policyTypes: [Egress]\n  ingress:\n  - {}\n");
    let noted = notes(&model, NoteCode::Ignored);
    assert_eq!(
        noted[0].message,
        "the ingress rules have no effect: `policyTypes` does not have `Ingress`"
    );
    let model = of("spec:\n  egress: []\n");
    assert_eq!(notes(&model, NoteCode::Suspicious).len(), 1);
}

#[test]
fn everything_the_api_server_rejects_is_rejected() {
    let in_rule = |rest: &str| rejected(HEAD, &format!("spec:\n  ingress:\n  - {rest}\n"));
    for (written, expected) in [
        (
            "ports: [{protocol: ICMP}]",
            "7 invalid_value spec.ingress[0].ports[0].protocol: protocol `ICMP` is not supported",
        ),
        (
            "ports: [{protocol: tcp}]",
            "7 invalid_value spec.ingress[0].ports[0].protocol: protocol `tcp` is not supported",
        ),
        (
            "ports: [{protocol: ''}]",
            "7 invalid_value spec.ingress[0].ports[0].protocol: protocol `` is not supported",
        ),
        (
            "ports: [{port: 0}]",
            "7 invalid_value spec.ingress[0].ports[0].port: port 0 is not between 1 and 65535",
        ),
        (
            "ports: [{port: 65536}]",
            "7 invalid_value spec.ingress[0].ports[0].port: port 65536 is not between 1 and 65535",
        ),
        (
            "ports: [{port: '80'}]",
            "7 invalid_value spec.ingress[0].ports[0].port: port name `80` must hold at least one letter",
        ),
        (
            "ports: [{port: Web}]",
            "7 invalid_value spec.ingress[0].ports[0].port: port name `Web` may hold only lower-case letters, digits and `-`",
        ),
        (
            "ports: [{port: abcdefghijklmnop}]",
            "7 invalid_value spec.ingress[0].ports[0].port: port name `abcdefghijklmnop` is longer than 15 characters",
        ),
        (
            "ports: [{port: a--b}]",
            "7 invalid_value spec.ingress[0].ports[0].port: port name `a--b` must not hold two `-` in a row",
        ),
        (
            "ports: [{port: -ab}]",
            "7 invalid_value spec.ingress[0].ports[0].port: port name `-ab` must not begin or end with `-`",
        ),
        (
            "ports: [{endPort: 90}]",
            "7 conflict spec.ingress[0].ports[0].endPort: `endPort` needs a `port` to begin the range",
        ),
        (
            "ports: [{port: web, endPort: 90}]",
            "7 conflict spec.ingress[0].ports[0].endPort: `endPort` needs a numeric `port`",
        ),
        (
            "ports: [{port: 91, endPort: 90}]",
            "7 invalid_value spec.ingress[0].ports[0].endPort: `endPort` 90 is less than `port` 91",
        ),
        (
            "from: [{}]",
            "7 missing_field spec.ingress[0].from[0]: a peer needs `podSelector`, `namespaceSelector` or `ipBlock`",
        ),
        (
            "from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]",
            "7 conflict spec.ingress[0].from[0]: `ipBlock` cannot stand beside another selector in one peer",
        ),
        (
            "from: [{ipBlock: {}}]",
            "7 missing_field spec.ingress[0].from[0].ipBlock.cidr: `cidr` is required",
        ),
        (
            "from: [{ipBlock: {cidr: ''}}]",
            "7 missing_field spec.ingress[0].from[0].ipBlock.cidr: `cidr` is required",
        ),
        (
            "from: [{ipBlock: {cidr: 10.0.0.1}}]",
            "7 invalid_value spec.ingress[0].from[0].ipBlock.cidr: `10.0.0.1` is not a CIDR",
        ),
        (
            "from: [{ipBlock: {cidr: 10.0.0.0/33}}]",
            "7 invalid_value spec.ingress[0].from[0].ipBlock.cidr: `10.0.0.0/33` is not a CIDR",
        ),
        (
            "from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]",
            "7 invalid_value spec.ingress[0].from[0].ipBlock.except[0]: `10.0.0.0/8` is not a strict subset of `10.0.0.0/8`",
        ),
        (
            "from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]",
            "7 invalid_value spec.ingress[0].from[0].ipBlock.except[0]: `11.0.0.0/16` is not a strict subset of `10.0.0.0/8`",
        ),
        (
            "from: [{ipBlock: {cidr: 10.0.0.0/8, except: [x]}}]",
            "7 invalid_value spec.ingress[0].from[0].ipBlock.except[0]: `x` is not a CIDR",
        ),
    ] {
        assert_eq!(in_rule(written), expected);
    }
}

#[test]
fn selectors_are_checked_as_the_api_server_checks_them() {
    let selector = |rest: &str| rejected(HEAD, &format!("spec:\n  podSelector:\n    {rest}\n"));
    for (written, expected) in [
        (
            "matchLabels: {a: 'x y'}",
            "7 invalid_value spec.podSelector.matchLabels[a]: `x y` is not a valid label value",
        ),
        (
            "matchLabels: {a/b/c: x}",
            "7 invalid_value spec.podSelector.matchLabels[a/b/c]: `a/b/c` is not a valid label key",
        ),
        (
            "matchExpressions: [{key: a, operator: In}]",
            "7 missing_field spec.podSelector.matchExpressions[0].values: `In` needs at least one value",
        ),
        (
            "matchExpressions: [{key: a, operator: NotIn, values: []}]",
            "7 missing_field spec.podSelector.matchExpressions[0].values: `NotIn` needs at least one value",
        ),
        (
            "matchExpressions: [{key: a, operator: Exists, values: [x]}]",
            "7 conflict spec.podSelector.matchExpressions[0].values: `Exists` takes no values",
        ),
        (
            "matchExpressions: [{key: a, operator: Gt, values: [x]}]",
            "7 invalid_value spec.podSelector.matchExpressions[0].operator: `Gt` is no selector operator",
        ),
        (
            "matchExpressions: [{key: -a, operator: Exists}]",
            "7 invalid_value spec.podSelector.matchExpressions[0].key: `-a` is not a valid label key",
        ),
        (
            "matchExpressions: [{key: a, operator: In, values: [x, '*']}]",
            "7 invalid_value spec.podSelector.matchExpressions[0].values[1]: `*` is not a valid label value",
        ),
    ] {
        assert_eq!(selector(written), expected);
    }
}

#[test]
fn policy_types_are_checked() {
    assert_eq!(
        rejected(HEAD, "spec:\n  policyTypes: [Inbound]\n"),
        "6 invalid_value spec.policyTypes[0]: policy type `Inbound` is not supported"
    );
    assert_eq!(
        rejected(HEAD, "spec:\n  policyTypes: [Ingress, Egress, Ingress]\n"),
        "6 invalid_value spec.policyTypes: `policyTypes` holds more than two entries"
    );
}

#[test]
fn unknown_fields_are_rejected() {
    assert!(rejected(HEAD, "spec: {podSelectors: {}}\n").contains("unknown"));
    assert!(rejected(HEAD, "spec: {ingress: [{to: []}]}\n").contains("unknown"));
    assert!(
        rejected(HEAD, "spec: {ingress: [{from: [{podSelector: {app: web}}]}]}\n")
            .contains("unknown")
    );
    assert!(rejected(HEAD, "specs: {}\n").contains("unknown"));
}

#[test]
fn all_problems_are_collected() {
    let text = format!(
        "{HEAD}spec:\n  ingress:\n  - ports: [{{port: 0}}]\n  - from: [{{}}]\n  egress:\n  - to: \
         [{{ipBlock: {{cidr: x}}}}]\n"
    );
    assert_eq!(problems(&text).len(), 3);
}
