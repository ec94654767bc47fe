//! Service: a name and ports in front of pods.

mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::lower::lower;
