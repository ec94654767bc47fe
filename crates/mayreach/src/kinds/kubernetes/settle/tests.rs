//! Owners, undefined namespaces, `ClusterIP`s in rules, labels set at run time.

use crate::{
    error::NoteCode,
    kinds::kubernetes::tests::{model, notes, workload},
    model::{
        Model,
        inventory::{Addresses, WorkloadKind},
    },
};

fn owner<'m>(model: &'m Model, name: &str) -> Option<(WorkloadKind, &'m str)> {
    let owner = model.inventory.workload(workload(model, name).owner?)?;
    Some((owner.kind, owner.name.as_str()))
}

fn pod(name: &str, ip: &str, owner: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: \
         web, pod-template-hash: 7d4b9c}}, ownerReferences: [{owner}]}}\nstatus: {{podIP: {ip}}}\n"
    )
}

fn controller(kind: &str, name: &str, owner: &str) -> String {
    let version = if kind.ends_with("Job") { "batch/v1" } else { "apps/v1" };
    let spec = if kind == "CronJob" {
        "jobTemplate: {spec: {template: {}}}"
    } else {
        "template: {metadata: {labels: {app: web}}}"
    };
    format!(
        "---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop, \
         ownerReferences: [{owner}]}}\nspec: {{{spec}}}\n"
    )
}

const OF_SET: &str = "{kind: ReplicaSet, name: web-7d4b9c, controller: true}";
const OF_DEPLOYMENT: &str = "{kind: Deployment, name: web, controller: true}";

fn ips(list: &[&str]) -> Vec<std::net::IpAddr> {
    list.iter().map(|ip| ip.parse().unwrap()).collect()
}

#[test]
fn pods_are_tied_to_the_deployment_through_its_replica_set() {
    let text = [
        pod("web-7d4b9c-a", "10.0.0.1", OF_SET),
        controller("ReplicaSet", "web-7d4b9c", OF_DEPLOYMENT),
        controller("Deployment", "web", ""),
        pod("web-7d4b9c-b", "10.0.0.2", OF_SET),
    ]
    .concat();
    let model = model(&text);
    let names: Vec<&str> = model.inventory.workloads.iter().map(|w| w.name.as_str()).collect();
    assert_eq!(names, ["web-7d4b9c-a", "web", "web-7d4b9c-b"], "the ReplicaSet is the Deployment");
    let web = Some((WorkloadKind::Deployment, "web"));
    assert_eq!(owner(&model, "web-7d4b9c-a"), web);
    assert_eq!(owner(&model, "web-7d4b9c-b"), web);
    let deployment = workload(&model, "web");
    assert_eq!(deployment.addresses, Addresses::OneOf(ips(&["10.0.0.1", "10.0.0.2"])));
    assert!(!deployment.labels.contains_key("pod-template-hash"), "it keeps its own labels");
    assert_eq!(owner(&model, "web"), None);
    assert!(model.inventory.controlled.is_empty());
}

#[test]
fn a_replica_set_that_is_not_there_is_told_by_its_hash() {
    let text = [pod("web-7d4b9c-a", "10.0.0.1", OF_SET), controller("Deployment", "web", "")];
    assert_eq!(
        owner(&model(&text.concat()), "web-7d4b9c-a"),
        Some((WorkloadKind::Deployment, "web"))
    );
    let other = [pod("web-7d4b9c-a", "10.0.0.1", OF_SET), controller("Deployment", "api", "")];
    assert_eq!(owner(&model(&other.concat()), "web-7d4b9c-a"), None);
}

#[test]
fn a_replica_set_without_deployment_stays() {
    let text =
        [pod("p", "10.0.0.1", OF_SET), controller("ReplicaSet", "web-7d4b9c", OF_DEPLOYMENT)];
    let model = model(&text.concat());
    assert_eq!(owner(&model, "p"), Some((WorkloadKind::ReplicaSet, "web-7d4b9c")));
    assert_eq!(workload(&model, "web-7d4b9c").addresses, Addresses::OneOf(ips(&["10.0.0.1"])));
}

#[test]
fn jobs_keep_their_names_under_a_cron_job() {
    let text = [
        controller("CronJob", "night", ""),
        controller("Job", "night-28", "{kind: CronJob, name: night, controller: true}"),
        pod("night-28-x", "10.0.0.1", "{kind: Job, name: night-28, controller: true}"),
    ];
    let model = model(&text.concat());
    let night = Some((WorkloadKind::CronJob, "night"));
    assert_eq!(owner(&model, "night-28-x"), night);
    assert_eq!(owner(&model, "night-28"), night);
    for name in ["night", "night-28"] {
        assert_eq!(workload(&model, name).addresses, Addresses::OneOf(ips(&["10.0.0.1"])));
    }
}

#[test]
fn other_references_tie_nothing() {
    let text = [
        pod("p", "10.0.0.1", "{kind: Deployment, name: web}"),
        pod("q", "10.0.0.2", "{kind: Node, name: web, controller: true}"),
        controller("Deployment", "web", ""),
        // Another namespace.
        controller("StatefulSet", "db", "").replace("shop", "other"),
        pod("r", "10.0.0.3", "{kind: StatefulSet, name: db, controller: true}"),
        // A finished pod has no address.
        pod("s", "10.0.0.4", OF_DEPLOYMENT).replace("podIP", "phase: Succeeded, podIP"),
    ];
    let model = model(&text.concat());
    for name in ["p", "q", "r"] {
        assert_eq!(owner(&model, name), None, "{name}");
    }
    assert_eq!(workload(&model, "web").addresses, Addresses::Unknown);
}

#[test]
fn references_in_a_circle_end() {
    let text = [
        controller("Job", "a1", "{kind: Job, name: b1, controller: true}"),
        controller("Job", "b1", "{kind: Job, name: a1, controller: true}"),
        pod("p", "10.0.0.1", "{kind: Job, name: a1, controller: true}"),
    ];
    assert_eq!(model(&text.concat()).inventory.workloads.len(), 3);
}

#[test]
fn undefined_namespaces_are_noted_once() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\n---\napiVersion: \
                v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n---\napiVersion: \
                networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: \
                lost}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n---\napiVersion: \
                v1\nkind: Namespace\nmetadata: {name: known}\n---\napiVersion: v1\nkind: \
                Pod\nmetadata: {name: c, namespace: known}\n";
    let model = model(text);
    let noted: Vec<_> = notes(&model, NoteCode::UndefinedNamespace)
        .iter()
        .map(|note| (note.subject.clone().unwrap(), note.place.unwrap().line))
        .collect();
    assert_eq!(noted, [("Namespace lost".to_owned(), 9), ("Namespace shop".to_owned(), 1)]);
    let namespaces = &model.inventory.namespaces;
    assert!(!namespaces["shop"].defined && namespaces["known"].defined);
    assert_eq!(namespaces["shop"].labels["kubernetes.io/metadata.name"], "shop");
    assert_eq!(namespaces["known"].labels["kubernetes.io/metadata.name"], "known");
    // Every cluster has `default`.
    assert!(namespaces["default"].defined);
    assert_eq!(notes(&model, NoteCode::Assumed).len(), 1);
}

#[test]
fn the_name_label_is_the_clusters() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {kubernetes.io/metadata.name: b}}\n";
    let model = model(text);
    assert_eq!(model.inventory.namespaces["a"].labels["kubernetes.io/metadata.name"], "a");
    assert_eq!(notes(&model, NoteCode::Ignored).len(), 1);
}

#[test]
fn an_ip_block_of_a_cluster_ip_is_noted() {
    let text = |cidr: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{clusterIP: \
             10.96.0.1}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: \
             {{name: p}}\nspec:\n  policyTypes: [Egress]\n  egress:\n  - to: [{{ipBlock: {{cidr: \
             {cidr}}}}}]\n"
        )
    };
    let model = |cidr: &str| model(&text(cidr));
    let suspicious = model("10.96.0.1/32");
    let noted = notes(&suspicious, NoteCode::Suspicious);
    assert_eq!(noted[0].place.unwrap().line, 12);
    assert_eq!(noted[0].subject.as_deref(), Some("NetworkPolicy default/p"));
    assert!(notes(&model("10.96.0.0/12"), NoteCode::Suspicious).is_empty());
    assert!(notes(&model("10.96.0.2/32"), NoteCode::Suspicious).is_empty());
}

#[test]
fn labels_that_come_at_run_time_are_noted() {
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {matchExpressions: [{key: pod-template-hash, operator: Exists}]}}\n";
    let template = controller("Deployment", "web", "");
    let count = |text: &str| {
        let model = model(text);
        let all = notes(&model, NoteCode::Assumed);
        all.iter().filter(|n| n.message.contains("pod-template-hash")).count()
    };
    assert_eq!(count(&format!("{template}{policy}")), 1);
    // Its pods are known: nothing is assumed.
    let pods = pod("web-7d4b9c-a", "10.0.0.1", OF_SET);
    assert_eq!(count(&format!("{template}{pods}{policy}")), 0);
}
