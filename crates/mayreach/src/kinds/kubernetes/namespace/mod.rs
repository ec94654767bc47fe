//! Namespace: its labels are what namespace selectors see.

mod lower;

pub(super) use self::lower::{implied, lower};
