//! Namespace: its labels are what namespace selectors see.

mod lower;
mod manifest;

pub(super) use self::lower::{implied, lower};
