//! PeerAuthentication: which connections a sidecar (or ztunnel) takes.

mod lower;
mod manifest;

pub(super) use self::lower::lower;
