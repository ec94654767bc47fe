//! The compiled evaluator: the same answers as the reference, from lists that compiling picked.

pub(crate) mod network;
