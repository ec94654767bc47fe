//! What all kinds of policy share: names, tiers, directions, and the lowering itself.

mod direction;
mod meaning;
mod place;

pub(super) use self::meaning::{Policy, StagedAction, lower};
