//! EndpointSlice: addresses behind a Service.

mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::{
    lower::{lower, lower_ports},
    manifest::EndpointPort,
};
