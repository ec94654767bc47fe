//! `ClusterNetworkPolicy` (v1alpha2): cluster-wide rules before or after NetworkPolicy.

mod lower;
mod manifest;
mod protocol;
#[cfg(test)]
mod tests;

pub(super) use self::lower::lower;

/// The kind, as manifests and reasons spell it.
pub(super) const KIND: &str = "ClusterNetworkPolicy";
