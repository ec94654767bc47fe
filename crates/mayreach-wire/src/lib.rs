//! The one conversion layer between mayreach and its bindings, command and case files.
//!
//! Flows come in ([`FlowIn`]), decisions go out ([`DecisionOut`]), what is wrong is a
//! [`ProblemOut`]; [`Engine`] joins them. The JSON of each is the same everywhere.
#![forbid(unsafe_code)]

pub mod analysis;
mod asked;
pub mod decision;
pub mod declared;
pub mod describe;
pub mod difference;
mod engine;
pub mod explanation;
pub mod flow;
pub mod isolation;
mod load;
pub mod matrix;
mod note;
mod options;
mod pairs;
mod problem;
pub mod reach;
pub mod sentence;
mod stream;
#[cfg(feature = "table")]
pub mod table;
mod text;

pub use mayreach;

pub use self::{
    analysis::{Analysis, Question},
    asked::Asked,
    decision::{DecisionOut, LayerOut},
    describe::DescriptionOut,
    engine::Engine,
    explanation::ExplanationOut,
    flow::{FlowIn, FlowOut, protocol_name},
    isolation::{IsolateIn, IsolationOut},
    load::{load, load_within},
    matrix::MatrixOut,
    note::NoteOut,
    options::OptionsIn,
    pairs::Pairs,
    problem::{ProblemOut, Problems},
    stream::{Tally, stream},
};
