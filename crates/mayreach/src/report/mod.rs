//! Stage 5: many decisions for a reader. Asks, never decides.

mod ask;
mod describe;
mod difference;
mod intent;
mod isolate;
mod marks;
mod matrix;
mod nearest;
mod reach;
mod selecting;
mod space;
#[cfg(test)]
mod tests;

pub use self::{
    ask::Answer,
    describe::{AuthorizationDescription, Description, ServiceDescription},
    difference::{Change, Difference, DifferenceQuestion},
    intent::Within,
    isolate::{
        Exception, Finding, Hole, Isolated, Isolation, IsolationQuestion, IsolationSize, OUTSIDE,
        Tenant, TextPattern,
    },
    marks::Marks,
    matrix::{CellVerdict, GroupBy, Matrix, MatrixCell},
    nearest::Nearest,
    reach::{Can, DeadRule, Way},
    selecting::Selecting,
    space::{Bearer, Client, Content, HttpRequest, NewPod, Target, Unproved, Witness},
};
