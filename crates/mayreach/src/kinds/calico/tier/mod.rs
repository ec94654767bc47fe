//! Tier.

mod lower;
mod manifest;

pub(super) use self::lower::{Declared, built_in, lower};
