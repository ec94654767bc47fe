//! Stage 5: many decisions for a reader. Asks, never decides.

mod ask;
mod declared;
mod describe;
mod difference;
mod groups;
mod intent;
mod isolate;
mod marks;
mod matrix;
mod nearest;
mod reach;
mod rules;
mod selecting;
mod space;
#[cfg(test)]
mod tests;

pub use self::{
    ask::Answer,
    declared::{Declared, DeclaredCell, DeclaredVerdict},
    describe::{AuthorizationDescription, Description, ServiceDescription},
    difference::{Change, Difference, DifferenceQuestion},
    groups::GroupBy,
    intent::Within,
    isolate::{
        Exception, Finding, Hole, Isolated, Isolation, IsolationQuestion, IsolationSize, OUTSIDE,
        Tenant, TextPattern,
    },
    marks::Marks,
    matrix::{CellFinding, CellVerdict, Matrix, MatrixCell},
    nearest::Nearest,
    reach::{Can, Extent, Way},
    rules::{Asks, DeadRule, Wanted},
    selecting::Selecting,
    space::{Bearer, Client, Content, HttpRequest, NewPod, Target, Unproved, Witness},
};
