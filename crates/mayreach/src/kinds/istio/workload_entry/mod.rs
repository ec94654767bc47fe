//! WorkloadEntry: a machine that takes part as a workload.

mod lower;
mod manifest;

pub(super) use self::lower::lower;
