//! The command as a user runs it: the binary, its output and its exit status.

mod check;
mod describe;
mod explain;
mod flows;
mod matrix;
mod problems;
mod run;
