//! `BaselineAdminNetworkPolicy` (v1alpha1): the one set of cluster-wide rules that is asked after
//! NetworkPolicy.

mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::lower::lower;

/// The kind, as manifests and reasons spell it.
pub(super) const KIND: &str = "BaselineAdminNetworkPolicy";
