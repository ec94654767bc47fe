//! The `mayreach` command.
fn main() {}
