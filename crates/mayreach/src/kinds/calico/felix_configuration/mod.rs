//! `FelixConfiguration` and `KubeControllersConfiguration`: what of them bears on verdicts.

mod lower;
mod manifest;

pub(super) use self::lower::{data_plane, lower, lower_controllers, version};
