//! Stage 5: many decisions for a reader. Asks, never decides.

mod marks;
mod nearest;
mod selecting;

pub use self::{marks::Marks, nearest::Nearest, selecting::Selecting};
