//! The one conversion layer between mayreach and its bindings, command and case files.
//!
//! Flows come in ([`FlowIn`]), decisions go out ([`DecisionOut`]), what is wrong is a
//! [`ProblemOut`]; [`Engine`] joins them. The JSON of each is the same everywhere.
#![forbid(unsafe_code)]

pub mod flow;
mod pairs;
mod problem;

pub use self::{
    flow::FlowIn,
    pairs::Pairs,
    problem::{ProblemOut, Problems},
};
