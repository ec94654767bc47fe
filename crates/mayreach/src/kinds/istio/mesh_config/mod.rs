//! Mesh config: key `mesh` of ConfigMap `istio` in the root namespace, or what an operator's object
//! makes that ConfigMap from.

mod lower;
mod manifest;

pub(super) use self::lower::{is_mesh, lower, lower_operator, lower_sail};
