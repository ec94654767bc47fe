//! Controllers as written: the template and what picks its pods. Other fields, known or not, are
//! not read.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    kinds::kubernetes::{pod::PodSpec, selector::LabelSelector},
    manifest::Spanned,
};

/// The spec of a Deployment, `StatefulSet`, `DaemonSet`, `ReplicaSet` or Job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ControllerSpec {
    pub(super) selector: Option<Spanned<LabelSelector>>,
    pub(super) template: Option<PodTemplate>,
    /// Of a Job: the API server sets no labels of its own.
    pub(super) manual_selector: Option<bool>,
}

/// The spec of a `ReplicationController` or `DeploymentConfig`, whose selector is a plain map.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReplicationControllerSpec {
    pub(super) template: Option<PodTemplate>,
}

/// The spec of Argo's Rollout.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RolloutSpec {
    pub(super) selector: Option<Spanned<LabelSelector>>,
    pub(super) template: Option<PodTemplate>,
    /// A Deployment has the template.
    pub(super) workload_ref: Option<serde::de::IgnoredAny>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CronJobSpec {
    pub(super) job_template: Option<JobTemplate>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobTemplate {
    pub(super) spec: Option<ControllerSpec>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodTemplate {
    pub(super) metadata: Option<TemplateMetadata>,
    pub(super) spec: Option<PodSpec>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateMetadata {
    pub(super) labels: Option<BTreeMap<String, Spanned<String>>>,
    pub(super) annotations: Option<BTreeMap<String, String>>,
}
