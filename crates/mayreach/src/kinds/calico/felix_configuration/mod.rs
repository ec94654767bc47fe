//! `FelixConfiguration` and `KubeControllersConfiguration`: what of them bears on verdicts.

mod lower;
mod manifest;

pub(super) use self::lower::{lower, lower_controllers};
