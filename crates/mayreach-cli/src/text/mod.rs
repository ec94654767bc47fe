//! Text for people: what a tired engineer understands at once.

mod alike;
pub(crate) mod answer;
pub(crate) mod declared;
pub(crate) mod describe;
pub(crate) mod difference;
mod hint;
pub(crate) mod isolation;
pub(crate) mod matrix;
pub(crate) mod notes;
pub(crate) mod problem;
mod question;
pub(crate) mod reach;
mod style;
mod table;
pub(crate) mod walk;
mod why;
