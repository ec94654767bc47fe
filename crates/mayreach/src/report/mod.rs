//! Stage 5: many decisions for a reader. Asks, never decides.

mod ask;
mod describe;
mod marks;
mod matrix;
mod nearest;
mod selecting;
mod space;
#[cfg(test)]
mod tests;

pub use self::{
    ask::Answer,
    describe::{AuthorizationDescription, Description, ServiceDescription},
    marks::Marks,
    matrix::{CellVerdict, GroupBy, Matrix, MatrixCell},
    nearest::Nearest,
    selecting::Selecting,
};
