//! `BaselineAdminNetworkPolicy`.

use crate::{
    kinds::kubernetes::tests::{model, policy, rejected},
    model::network::{Action, TierDefault},
};

const HEAD: &str = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata:\n  name: default\n";
const SUBJECT: &str = "  subject: {namespaces: {}}\n";

#[test]
fn it_is_asked_after_network_policy() {
    let model = model(&format!(
        "{HEAD}spec:\n{SUBJECT}  ingress:\n  - action: Deny\n    from: [{{namespaces: {{}}}}]\n"
    ));
    let lowered = policy(&model);
    assert_eq!((lowered.tier.as_str(), lowered.order), ("kube-baseline", Some(1000.0)));
    assert!(lowered.governs_ingress && !lowered.governs_egress && !lowered.isolates);
    assert_eq!(lowered.ingress[0].action, Action::Deny);
    let tier = model.network.tiers.iter().find(|tier| tier.name == "kube-baseline").unwrap();
    assert_eq!(tier.default, TierDefault::Pass);
}

#[test]
fn what_its_definition_rejects() {
    let named = HEAD.replace("default", "other");
    assert_eq!(
        rejected(&named, &format!("spec:\n{SUBJECT}")),
        "4 invalid_value metadata.name: the name is `other`"
    );
    let rule = |rest: &str| rejected(HEAD, &format!("spec:\n{SUBJECT}  egress:\n  - {rest}\n"));
    assert_eq!(
        rule("{action: Pass, to: [{namespaces: {}}]}"),
        "8 invalid_value spec.egress[0].action: action `Pass` is not supported"
    );
    assert!(rule("{action: Allow, to: [{domainNames: [a.example]}]}").contains("unknown_field"));
    assert!(rejected(HEAD, &format!("spec:\n{SUBJECT}  priority: 1\n")).contains("unknown_field"));
}
