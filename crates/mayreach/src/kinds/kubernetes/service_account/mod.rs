//! ServiceAccount: its labels are what Calico's service account selectors see.

mod lower;

pub(super) use self::lower::lower;
