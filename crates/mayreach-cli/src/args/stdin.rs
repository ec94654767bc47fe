//! The standard input, which only one argument may take.

use std::io;

use mayreach_wire::{ProblemOut, mayreach::ErrorCode};

/// Gives the standard input away once.
#[derive(Debug, Default)]
pub(crate) struct Stdin {
    taken_by: Option<&'static str>,
}

impl Stdin {
    /// The standard input, for one argument.
    ///
    /// # Errors
    /// Another argument has it.
    pub(crate) fn take(&mut self, by: &'static str) -> Result<io::StdinLock<'static>, ProblemOut> {
        if let Some(other) = self.taken_by.replace(by) {
            let message = format!("{other} and {by} both read the standard input");
            return Err(ProblemOut::new(ErrorCode::Conflict, message)
                .help("write one of them to a file and name it"));
        }
        Ok(io::stdin().lock())
    }
}
