//! The published schemas say what the code reads and writes.
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
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that cannot go on fails"
)]

mod schema;
mod validate;
