//! Stage 4: a program and a flow to a decision. Total and pure.

pub(crate) mod authorization;
mod body;
mod code;
pub(crate) mod combine;
mod explanation;
pub(crate) mod fast;
pub(crate) mod hops;
pub(crate) mod jwt;
pub(crate) mod lua;
pub(crate) mod matching;
pub(crate) mod mesh;
pub(crate) mod mtls;
mod reason;
pub(crate) mod reference;
pub(crate) mod request;
pub(crate) mod resolve;
pub(crate) mod trace;
pub(crate) mod unevaluated;

pub use self::body::Body;
pub use self::explanation::{Explanation, LayerWalk, Marked, Walk};
pub use self::reason::{
    ClientFault, ClientSees, Decision, Hop, Layer, LayerDecision, MtlsModeName, Reason, Verdict,
};
pub use self::trace::{Outcome, Step, StepKind};
