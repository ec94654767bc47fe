//! Every integration test in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::explicit_auto_deref,
    reason = "a test fails by panicking"
)]

mod bad_input;
mod cases;
mod columns;
mod coverage;
mod isolation;
mod oracle;
mod oracle_heavy;
mod oracle_mesh;
mod universe;
mod update;
mod validation;
