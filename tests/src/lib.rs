//! Reads the cases under `tests/cases`.
