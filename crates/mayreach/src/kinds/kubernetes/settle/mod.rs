//! What needs every document: who made which pod, namespaces that nothing defines, and policies
//! whose effect depends on the rest of the cluster.

mod cluster_ips;
mod labels;
mod namespaces;
mod owners;
#[cfg(test)]
mod tests;

pub(in crate::kinds) use self::labels::asks_at_run_time;
pub(super) use self::{
    cluster_ips::cluster_ips,
    labels::run_time_labels,
    namespaces::namespaces,
    owners::{owners, remember_controller},
};
