//! AuthorizationPolicy: who may ask for what.

mod lower;
mod manifest;
mod oddities;
mod rule;
#[cfg(test)]
mod tests;
mod value;
mod when;

pub(super) use self::lower::lower;
