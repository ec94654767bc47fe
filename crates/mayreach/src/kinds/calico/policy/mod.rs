//! What all kinds of policy share: names, tiers, directions, and the lowering itself.

mod direction;
mod lower;
mod place;

pub(super) use self::lower::{Policy, StagedAction, lower};
