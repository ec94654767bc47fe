//! NetworkPolicy: isolates the pods it selects, then allows by rule; policies only add up.

mod lower;
mod manifest;
mod peer;
mod port;
#[cfg(test)]
mod tests;

pub(super) use self::lower::lower;

/// The kind, as manifests and reasons spell it.
pub(super) const KIND: &str = "NetworkPolicy";
