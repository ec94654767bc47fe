//! Why there is no answer.

use std::io;

use mayreach_wire::{ProblemOut, Problems, mayreach::Source};

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody reads the output any more.
    Closed,
    /// The output cannot be written.
    Output(io::Error),
    /// What is wrong with the input, and the texts it stands in.
    Problems { problems: Vec<ProblemOut>, sources: Vec<Source> },
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Output(error),
        }
    }
}

impl From<ProblemOut> for Failure {
    fn from(problem: ProblemOut) -> Self {
        Self::Problems { problems: vec![problem], sources: Vec::new() }
    }
}

impl From<Problems> for Failure {
    fn from(Problems(problems): Problems) -> Self {
        Self::Problems { problems, sources: Vec::new() }
    }
}
