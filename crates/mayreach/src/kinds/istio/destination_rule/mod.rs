//! DestinationRule: what TLS the clients of a host speak. Nothing else of it bears on verdicts.

mod lower;
mod manifest;

pub(super) use self::lower::lower;
