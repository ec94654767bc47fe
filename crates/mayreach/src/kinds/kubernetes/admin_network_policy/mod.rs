//! `AdminNetworkPolicy` (v1alpha1): cluster-wide rules that are asked before NetworkPolicy.

mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::lower::lower;

/// The kind, as manifests and reasons spell it.
pub(super) const KIND: &str = "AdminNetworkPolicy";
