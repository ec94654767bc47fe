//! Controllers: their templates, and what is rejected.

use crate::{
    kinds::kubernetes::tests::{model, problems, workload},
    model::inventory::{Addresses, WorkloadKind},
};

const TEMPLATE: &str = "{metadata: {labels: {app: web}, annotations: {a: b}}, spec: {hostNetwork: true, containers: [{name: c, ports: [{containerPort: 80, name: http}]}]}}";

#[test]
fn every_kind_stands_for_its_template() {
    for (version, kind, spec, expected) in [
        ("apps/v1", "Deployment", format!("{{template: {TEMPLATE}}}"), WorkloadKind::Deployment),
        ("apps/v1", "StatefulSet", format!("{{template: {TEMPLATE}}}"), WorkloadKind::StatefulSet),
        ("apps/v1", "DaemonSet", format!("{{template: {TEMPLATE}}}"), WorkloadKind::DaemonSet),
        ("apps/v1", "ReplicaSet", format!("{{template: {TEMPLATE}}}"), WorkloadKind::ReplicaSet),
        (
            "batch/v1",
            "Job",
            format!("{{manualSelector: true, template: {TEMPLATE}}}"),
            WorkloadKind::Job,
        ),
        (
            "v1",
            "ReplicationController",
            format!("{{selector: {{app: web}}, template: {TEMPLATE}}}"),
            WorkloadKind::ReplicationController,
        ),
        (
            "batch/v1",
            "CronJob",
            format!("{{schedule: '* * * * *', jobTemplate: {{spec: {{template: {TEMPLATE}}}}}}}"),
            WorkloadKind::CronJob,
        ),
    ] {
        let text = format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x, labels: {{own: y1}}}}\nspec: {spec}\n"
        );
        let model = model(&text);
        let found = workload(&model, "x");
        assert_eq!(found.kind, expected);
        assert_eq!(found.namespace, "default");
        assert_eq!(found.labels.len(), 1, "{kind}: the template's labels, not its own");
        assert_eq!(found.annotations.get("a").map(String::as_str), Some("b"));
        assert_eq!(found.addresses, Addresses::Unknown);
        assert!(found.host_network);
        assert_eq!(found.ports[0].name.as_deref(), Some("http"));
    }
}

#[test]
fn pods_of_a_job_carry_its_name() {
    let text = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {template: {metadata: {labels: {app: db}}}}\n";
    let model = model(text);
    let labels: Vec<_> = workload(&model, "migrate").labels.iter().collect();
    let pairs: Vec<(&str, &str)> = labels.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        pairs,
        [("app", "db"), ("batch.kubernetes.io/job-name", "migrate"), ("job-name", "migrate")]
    );
}

#[test]
fn faults_are_named_with_field_and_line() {
    const HEAD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n";
    for (rest, expected) in [
        ("", "1 missing_field spec: `spec` is required"),
        ("spec: {replicas: 1}\n", "1 missing_field spec.template: `template` is required"),
        (
            "spec:\n  selector: {matchLabels: {app: api}}\n  template: {metadata: {labels: {app: web}}}\n",
            "5 conflict spec.selector: `selector` does not match the template's labels",
        ),
        (
            "spec:\n  template:\n    metadata:\n      labels:\n        app: a b\n",
            "8 invalid_value spec.template.metadata.labels[app]: `a b` is not a valid label value",
        ),
        (
            "spec:\n  template:\n    spec:\n      containers:\n      - ports: [{containerPort: 0}]\n",
            "8 invalid_value spec.template.spec.containers[0].ports[0].containerPort: port 0 is not between 1 and 65535",
        ),
    ] {
        assert_eq!(problems(&format!("{HEAD}{rest}")), [expected]);
    }
    let cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: {schedule: a}\n";
    assert_eq!(
        problems(cron),
        ["1 missing_field spec.jobTemplate.spec.template: `template` is required"]
    );
}
