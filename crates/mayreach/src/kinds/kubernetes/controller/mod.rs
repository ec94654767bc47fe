//! Deployment, `StatefulSet`, `DaemonSet`, `ReplicaSet`, `ReplicationController`, Job and `CronJob`, Argo's
//! Rollout and `OpenShift`'s `DeploymentConfig`: each stands for the pods of its template.

mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::lower::{
    cron_job, daemon_set, deployment, deployment_config, job, replica_set, replication_controller,
    rollout, stateful_set,
};
