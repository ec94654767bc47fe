//! The published schemas say what the code reads and writes.

mod schema;
mod validate;
