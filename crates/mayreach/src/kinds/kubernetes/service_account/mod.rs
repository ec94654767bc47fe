//! ServiceAccount: its labels are what Calico's service account selectors see.

mod lower;
mod manifest;

pub(super) use self::lower::lower;
