//! What a controller means: one workload with the labels of its template.

use std::collections::BTreeMap;

use super::manifest::{
    ControllerSpec, CronJobSpec, JobTemplate, PodTemplate, ReplicationControllerSpec, RolloutSpec,
    TemplateMetadata,
};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{
            Checks, Path, namespace_of,
            pod::PodFacts,
            selector::{self, LabelSelector, Whose},
            settle,
        },
    },
    manifest::{Document, Spanned},
    model::inventory::{Addresses, Enrolment, Labels, Workload, WorkloadKind},
};

type Outcome = Result<(), Vec<Problem>>;

pub(in crate::kinds::kubernetes) fn deployment(d: &Document, draft: &mut Draft<'_>) -> Outcome {
    plain(d, draft, WorkloadKind::Deployment)
}

pub(in crate::kinds::kubernetes) fn stateful_set(d: &Document, draft: &mut Draft<'_>) -> Outcome {
    plain(d, draft, WorkloadKind::StatefulSet)
}

pub(in crate::kinds::kubernetes) fn daemon_set(d: &Document, draft: &mut Draft<'_>) -> Outcome {
    plain(d, draft, WorkloadKind::DaemonSet)
}

pub(in crate::kinds::kubernetes) fn replica_set(d: &Document, draft: &mut Draft<'_>) -> Outcome {
    plain(d, draft, WorkloadKind::ReplicaSet)
}

pub(in crate::kinds::kubernetes) fn job(d: &Document, draft: &mut Draft<'_>) -> Outcome {
    plain(d, draft, WorkloadKind::Job)
}

pub(in crate::kinds::kubernetes) fn replication_controller(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Outcome {
    let mut checks = Checks::new(document);
    let spec: Option<ReplicationControllerSpec> = checks.required("spec");
    let template = spec.and_then(|ReplicationControllerSpec { template }| template);
    let path = Path::Root("spec");
    push(document, draft, checks, WorkloadKind::ReplicationController, template, &path, Vec::new())
}

/// `OpenShift`'s: "a label `deploymentconfig` with its name is put on each pod".
pub(in crate::kinds::kubernetes) fn deployment_config(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Outcome {
    let mut checks = Checks::new(document);
    let spec: Option<ReplicationControllerSpec> = checks.required("spec");
    let template = spec.and_then(|ReplicationControllerSpec { template }| template);
    let added = vec![("deploymentconfig", document.metadata.name.as_str())];
    let path = Path::Root("spec");
    push(document, draft, checks, WorkloadKind::DeploymentConfig, template, &path, added)
}

/// Argo's: like a Deployment. With a `workloadRef` the Deployment that it names has the template,
/// and stands for the pods.
pub(in crate::kinds::kubernetes) fn rollout(document: &Document, draft: &mut Draft<'_>) -> Outcome {
    let mut checks = Checks::new(document);
    let RolloutSpec { selector, template, workload_ref } =
        checks.required("spec").unwrap_or_default();
    if workload_ref.is_some() && template.is_none() {
        return checks.done();
    }
    let path = Path::Root("spec");
    if let (Some(selector), Some(template)) = (&selector, &template) {
        picks_its_pods(selector, template, &path.field("selector"), &mut checks);
    }
    push(document, draft, checks, WorkloadKind::Rollout, template, &path, Vec::new())
}

pub(in crate::kinds::kubernetes) fn cron_job(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Outcome {
    let mut checks = Checks::new(document);
    let spec: Option<CronJobSpec> = checks.required("spec");
    let template = spec
        .and_then(|CronJobSpec { job_template }| job_template)
        .and_then(|JobTemplate { spec }| spec)
        // A CronJob's jobs are named at run time, so that no label can be told in advance.
        .and_then(|ControllerSpec { selector: _, template, manual_selector: _ }| template);
    let root = Path::Root("spec");
    let path = root.field("jobTemplate");
    push(document, draft, checks, WorkloadKind::CronJob, template, &path.field("spec"), Vec::new())
}

fn plain(document: &Document, draft: &mut Draft<'_>, kind: WorkloadKind) -> Outcome {
    let mut checks = Checks::new(document);
    let spec: ControllerSpec = checks.required("spec").unwrap_or_default();
    let ControllerSpec { selector, template, manual_selector } = spec;
    let path = Path::Root("spec");
    let mut added = Vec::new();
    if kind == WorkloadKind::Job && manual_selector != Some(true) {
        // registry/batch/job/strategy.go generateSelector: the Job's name, and a uid.
        let name = &document.metadata.name;
        added = vec![("job-name", name.as_str()), ("batch.kubernetes.io/job-name", name.as_str())];
    } else if let (Some(selector), Some(template)) = (&selector, &template) {
        picks_its_pods(selector, template, &path.field("selector"), &mut checks);
    }
    push(document, draft, checks, kind, template, &path, added)
}

/// "`selector` does not match template `labels`" (`ValidateDeploymentSpec` and its like).
fn picks_its_pods(
    selector: &Spanned<LabelSelector>,
    template: &PodTemplate,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) {
    let wanted = selector::all(selector.value.lower(Whose::Own, path, checks));
    let labels = template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref());
    let matched = wanted.matches(&|key| Some(labels?.get(key)?.value.as_str()));
    if !matched {
        checks.conflict(path, selector.line, "`selector` does not match the template's labels");
    }
}

fn push(
    document: &Document,
    draft: &mut Draft<'_>,
    mut checks: Checks<'_>,
    kind: WorkloadKind,
    template: Option<PodTemplate>,
    path: &Path<'_>,
    added: Vec<(&str, &str)>,
) -> Outcome {
    let at = path.field("template");
    if template.is_none() && checks.is_clean() {
        checks.missing(&at, 0, "`template` is required");
    }
    let PodTemplate { metadata, spec } = template.unwrap_or_default();
    let TemplateMetadata { labels, annotations } = metadata.unwrap_or_default();
    let labels = template_labels(labels.unwrap_or_default(), &at.field("metadata"), &mut checks);
    let facts = PodFacts::new(spec.unwrap_or_default(), &at.field("spec"), &mut checks);
    checks.done()?;

    let PodFacts { service_account, host_network, node, ports, containers } = facts;
    let added = added.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    settle::remember_controller(document, &mut draft.model.inventory);
    draft.model.inventory.workloads.push(Workload {
        namespace: namespace_of(document),
        name: document.metadata.name.clone(),
        kind,
        labels: labels.into_iter().chain(added).collect(),
        annotations: annotations.unwrap_or_default(),
        service_account,
        addresses: Addresses::Unknown,
        node,
        host_network,
        finished: false,
        ports,
        containers,
        mesh: Enrolment::None,
        owner: None,
        place: document.place,
    });
    Ok(())
}

fn template_labels(
    labels: BTreeMap<String, Spanned<String>>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Labels {
    let each = labels.iter().map(|(key, value)| (key.as_str(), value.value.as_str(), value.line));
    checks.labels(each, &path.field("labels"));
    labels.into_iter().map(|(key, value)| (key, value.value)).collect()
}
