//! House rules that no compiler checks.
fn main() {}
