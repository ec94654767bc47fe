//! Text for people: what a tired engineer understands at once.

pub(crate) mod answer;
pub(crate) mod describe;
mod hint;
pub(crate) mod notes;
pub(crate) mod problem;
mod question;
pub(crate) mod walk;
mod why;

use mayreach_report::text::{style, table};
