//! EnvoyFilter: scripts in Lua are evaluated, every other patch of inbound traffic is reported.

mod harmless;
mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::lower::lower;
