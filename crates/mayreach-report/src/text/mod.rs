//! Text for people: what a tired engineer understands at once.

mod alike;
pub(crate) mod declared;
pub(crate) mod difference;
pub(crate) mod isolation;
pub(crate) mod matrix;
pub(crate) mod reach;
pub mod style;
pub mod table;
