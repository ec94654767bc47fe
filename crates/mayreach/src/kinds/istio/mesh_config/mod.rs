//! The mesh ConfigMap: key `mesh` of ConfigMap `istio` in the root namespace.

mod lower;
mod manifest;

pub(super) use self::lower::{is_mesh, lower};
