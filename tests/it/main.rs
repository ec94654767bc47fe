//! Every integration test in one binary.

mod bad_input;
mod cases;
mod coverage;
mod oracle;
mod oracle_mesh;
