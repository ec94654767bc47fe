//! Every integration test in one binary.

mod cases;
mod oracle;
mod oracle_mesh;
