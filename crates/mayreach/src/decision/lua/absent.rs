//! Without an interpreter no script is evaluated.

use super::{End, Facts, Ran};
use crate::decision::request::Seen;

pub(super) fn run(_: &str, seen: &Seen, _: &Facts) -> Ran {
    let end = End::Unsupported("this build runs no Lua".to_owned());
    Ran { seen: seen.clone(), end, told: Vec::new() }
}
