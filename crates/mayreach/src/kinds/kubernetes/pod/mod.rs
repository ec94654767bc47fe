//! Pod, and the pod template that controllers hold.

mod lower;
mod manifest;
mod spec;
#[cfg(test)]
mod tests;

pub(super) use self::{lower::lower, manifest::PodSpec, spec::PodFacts};
