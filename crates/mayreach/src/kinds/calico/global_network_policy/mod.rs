//! GlobalNetworkPolicy and `StagedGlobalNetworkPolicy`.

mod lower;
mod manifest;

pub(super) use self::lower::lower;
