//! The `mayreach` command: may A reach B, and what decided it?
#![forbid(unsafe_code)]

mod args;
mod command;
mod failure;
mod status;
mod text;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use crate::{args::Cli, failure::Failure, status::Status};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let outcome = command::run(&cli, &mut out).and_then(|status| {
        out.flush()?;
        Ok(status)
    });
    outcome.unwrap_or_else(|failure| refuse(&failure)).into()
}

/// Says what is wrong. Who reads no more of the output needs no message.
fn refuse(failure: &Failure) -> Status {
    let mut err = anstream::AutoStream::auto(io::stderr().lock());
    match failure {
        Failure::Closed => {}
        Failure::Output(error) => {
            let _ = writeln!(err, "error: cannot write the answer: {error}");
        }
        Failure::Problems { problems, sources } => {
            let _ = text::problem::write(&mut err, problems, sources);
        }
    }
    Status::Bad
}
