//! `IPPool`: where pods get their addresses.

mod lower;
mod manifest;

pub(super) use self::lower::lower;
