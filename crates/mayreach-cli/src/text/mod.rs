//! Text for people: what a tired engineer understands at once.

mod alike;
pub(crate) mod answer;
pub(crate) mod describe;
mod hint;
pub(crate) mod isolation;
pub(crate) mod matrix;
pub(crate) mod notes;
pub(crate) mod problem;
mod question;
mod style;
mod table;
pub(crate) mod walk;
mod why;
