//! The reference evaluator: slow, obvious, straight from the specification. It makes the
//! explanations, and the compiled evaluator is held equal to it, verdict and reason.

pub(crate) mod network;
pub(crate) mod packet;
