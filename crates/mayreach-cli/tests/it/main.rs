//! The command as a user runs it: the binary, its output and its exit status.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that cannot go on fails"
)]

mod check;
mod describe;
mod explain;
mod flows;
mod isolate;
mod matrix;
mod problems;
mod run;
