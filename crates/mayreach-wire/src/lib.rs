//! The one conversion layer that bindings and the command share.
