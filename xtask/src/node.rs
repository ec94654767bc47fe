//! The Node package: its tests, its types, its examples.

use crate::run::{self, must};

/// Builds the package once, without optimising, and runs every test over it.
pub(crate) fn test() -> bool {
    let npm = |folder: &str, arguments: &[&str]| {
        must(&[&["npm", "--prefix", folder, "--silent"], arguments].concat())
    };
    npm("bindings/node", &["ci", "--no-audit", "--no-fund"])
        && npm("bindings/node", &["run", "build:debug"])
        && npm("bindings/node", &["run", "types"])
        && npm("bindings/node", &["run", "lint"])
        && run::command().is_some_and(|command| {
            run::must_with(
                &["npm", "--prefix", "bindings/node", "--silent", "test"],
                "MAYREACH",
                &command,
            )
        })
        && EXAMPLES.iter().all(|example| npm(example, &["ci", "--no-audit", "--no-fund"]))
        && npm("bindings/node", &["run", "types:examples"])
        && EXAMPLES.iter().all(|example| npm(example, &["test"]))
}

const EXAMPLES: [&str; 2] = ["examples/node/ci-check", "examples/node/admission-webhook"];
