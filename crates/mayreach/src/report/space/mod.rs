//! The space of flows between two ends, cut into finitely many classes by what policies can tell
//! apart: see docs/src/isolation.md for why nothing is left out.

pub(crate) mod addresses;
mod claims;
pub(crate) mod contradiction;
pub(crate) mod facets;
mod identities;
pub(crate) mod in_play;
pub(crate) mod modes;
pub(crate) mod ports;
mod text;
mod versions;
pub(crate) mod walk;
mod witness;

pub use self::{
    walk::Unproved,
    witness::{Bearer, Client, Content, HttpRequest, NewPod, Target, Witness},
};
