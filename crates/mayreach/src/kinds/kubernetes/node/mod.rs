//! Node: whose addresses node traffic comes from, and the labels that `nodes` peers select.

mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::lower::lower;
