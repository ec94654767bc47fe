//! ServiceAccount as written: its metadata tells all that bears on verdicts.

/// The other top-level fields.
pub(super) const FIELDS: &[&str] = &["secrets", "imagePullSecrets", "automountServiceAccountToken"];
