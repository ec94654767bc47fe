//! Rules, which policies of all kinds share.

mod http;
mod lower;
mod manifest;
mod nets;
mod port;
mod protocol;
mod side;

pub(super) use self::{
    lower::{Context, Direction, rules},
    manifest::Rule,
    port::{named_port, port_number},
    protocol::protocol,
};
