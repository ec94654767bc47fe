//! Every integration test in one binary.

mod cases;
mod coverage;
mod oracle;
mod oracle_mesh;
