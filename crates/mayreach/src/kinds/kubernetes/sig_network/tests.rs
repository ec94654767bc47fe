//! What Calico makes of the cluster-wide policies.

use crate::{
    error::NoteCode,
    kinds::kubernetes::tests::{model, model_with, notes, policy},
    model::{Scope, network::Action},
    options::{AssumedPlugin, CalicoVersion, Options},
};

const ADMIN: &str = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: p}\nspec:\n  priority: 1\n  subject: {namespaces: {}}\n";
const CLUSTER: &str = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: p}\nspec:\n  tier: Admin\n  priority: 1\n  subject: {namespaces: {}}\n";

fn calico(calico: CalicoVersion) -> Options {
    Options { plugin: AssumedPlugin::Calico, calico, ..Options::default() }
}

#[test]
fn calico_reads_the_kinds_of_its_time() {
    for (text, version, read) in [
        (ADMIN, CalicoVersion::V3_31, true),
        (ADMIN, CalicoVersion::V3_32, false),
        (CLUSTER, CalicoVersion::V3_31, false),
        (CLUSTER, CalicoVersion::V3_32, true),
    ] {
        let model = model_with(text, &calico(version));
        assert_eq!(model.network.policies.len(), usize::from(read));
        assert_eq!(notes(&model, NoteCode::Ignored).len(), usize::from(!read));
    }
    // Elsewhere both count.
    assert_eq!(model(&format!("{ADMIN}---\n{CLUSTER}")).network.policies.len(), 2);
}

#[test]
fn rules_that_calico_cannot_convert_fail_closed() {
    let text = format!(
        "{CLUSTER}  egress:\n  - {{action: Accept, to: [{{domainNames: [a.example]}}]}}\n  - \
         {{action: Pass, to: [{{namespaces: {{}}}}, {{nodes: {{}}}}]}}\n  - {{action: Accept, to: \
         [{{namespaces: {{}}}}]}}\n"
    );
    let model = model_with(&text, &calico(CalicoVersion::V3_32));
    let rules: Vec<_> = policy(&model)
        .egress
        .iter()
        .map(|r| (r.index, r.action, r.destination.selector.is_some()))
        .collect();
    assert_eq!(rules, [(1, Action::Deny, false), (2, Action::Allow, true)]);
    let lines: Vec<u32> =
        notes(&model, NoteCode::Ignored).iter().map(|n| n.place.unwrap().line).collect();
    assert_eq!(lines, [9, 10]);
    // Elsewhere they are evaluated.
    assert_eq!(policy(&self::model(&text)).egress.len(), 4);
}

#[test]
fn calico_3_31_ignores_named_ports() {
    let text = format!(
        "{ADMIN}  ingress:\n  - action: Deny\n    from: [{{namespaces: {{}}}}]\n    ports: \
         [{{namedPort: web}}]\n"
    );
    let model = model_with(&text, &calico(CalicoVersion::V3_31));
    assert!(policy(&model).ingress[0].destination.ports.is_empty());
    assert_eq!(notes(&model, NoteCode::Ignored)[0].place.unwrap().line, 8);
    assert_eq!(policy(&self::model(&text)).ingress[0].destination.ports.len(), 1);
}

#[test]
fn policies_of_one_priority_are_noted() {
    let twin = CLUSTER.replace("{name: p}", "{name: q}");
    let both = format!("{CLUSTER}---\n{twin}");
    assert_eq!(notes(&model(&both), NoteCode::Suspicious).len(), 1);
    let calico = model_with(&both, &calico(CalicoVersion::V3_32));
    assert!(notes(&calico, NoteCode::Suspicious).is_empty(), "Calico asks them by name");
    let apart = format!("{CLUSTER}---\n{}", twin.replace("Admin", "Baseline"));
    assert!(notes(&model(&apart), NoteCode::Suspicious).is_empty());
}

#[test]
fn labels_that_calico_reads_as_its_own_leave_a_doubt() {
    let text = format!(
        "{CLUSTER}  ingress:\n  - action: Deny\n    from: [{{namespaces: {{matchLabels: \
         {{projectcalico.org/name: a1}}}}}}]\n"
    );
    let model = model(&text);
    assert!(matches!(model.unevaluated[0].scope, Scope::Cluster));
    assert!(model.unevaluated[0].layers.ingress && !model.unevaluated[0].layers.egress);
    let nodes = format!(
        "{CLUSTER}  egress:\n  - action: Deny\n    to: [{{nodes: {{matchLabels: \
         {{projectcalico.org/namespace: a1}}}}}}]\n"
    );
    assert!(self::model(&nodes).unevaluated.is_empty());
}

#[test]
fn a_namespace_on_a_cluster_wide_kind_is_dropped() {
    let model = model(&CLUSTER.replace("{name: p}", "{name: p, namespace: shop}"));
    assert_eq!(notes(&model, NoteCode::Ignored).len(), 1);
    assert_eq!(model.policies[0].namespace, None);
    assert!(model.inventory.namespaces.is_empty());
}
