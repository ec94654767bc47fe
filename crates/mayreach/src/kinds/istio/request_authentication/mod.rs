//! RequestAuthentication: which tokens a proxy looks for, and whose it takes.

mod jwks;
mod lower;
mod manifest;
#[cfg(test)]
mod tests;
mod validate;

pub(super) use self::lower::lower;
