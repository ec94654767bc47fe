//! Endpoints (core/v1): the older spelling of EndpointSlice, one for each Service, of its name.

mod lower;
mod manifest;
#[cfg(test)]
mod tests;

pub(super) use self::lower::lower;
