//! NetworkPolicy and `StagedNetworkPolicy`.

mod lower;
mod manifest;

pub(super) use self::lower::lower;
