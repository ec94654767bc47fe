//! Node names for `mayreach-wire`. No logic lives here, and no number crosses that JavaScript made:
//! questions and answers are the one JSON, as text (the usual flow in a few words), and verdicts are small codes of our own.
#![allow(unreachable_pub, reason = "what napi exports is public by its macro, not by its path")]

mod answer;
mod ask;
mod change;
mod compile;
mod guard;
mod report;
mod shared;
mod table;

use std::sync::Arc;

use mayreach_wire::{Asked, Engine};
use napi::bindgen_prelude::External;
use napi_derive::napi;

/// A program, as JavaScript holds it.
type Handle = External<Arc<Engine>>;

/// A flow read once, as JavaScript holds it.
type Question = External<Asked>;

/// The version of the package, of the crate and of the command.
#[napi]
pub const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
