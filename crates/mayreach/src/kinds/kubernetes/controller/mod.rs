//! Deployment, `StatefulSet`, `DaemonSet`, `ReplicaSet`, `ReplicationController`, Job and `CronJob`: each
//! stands for the pods of its template.

mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::lower::{
    cron_job, daemon_set, deployment, job, replica_set, replication_controller, stateful_set,
};
