//! Profile: in Kubernetes Calico makes them itself; others concern host endpoints only.

mod lower;
mod manifest;

pub(super) use self::lower::{Written, lower};
