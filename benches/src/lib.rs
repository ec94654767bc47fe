//! Realistic clusters of any size, flows on them, and how their decisions are timed. All of it
//! follows from a seed.

#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "nothing here reads input: a wrong index is a mistake of the suite, and must stop it"
)]

mod cluster;
mod columns;
mod dice;
mod figures;
mod flows;
mod list;
mod manifest;
mod tenants;
mod time;

pub use crate::{
    cluster::{Cluster, METHODS, Rule, Shape, Workload},
    columns::Columns,
    dice::Dice,
    figures::{folder, record, recorded},
    flows::{Ask, Prepared, hot, wide},
    list::Lists,
    tenants::{Layers, Tenants},
    time::{cpu_now, timed},
};
