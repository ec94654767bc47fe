//! mayreach's answers as a page, a table, a graph and a test report. Shows, never decides.
#![forbid(unsafe_code)]

mod graph;
mod html;
mod junit;
mod listing;
mod picture;
mod report;
mod repro;
mod sheet;
mod table;
pub mod text;

pub use self::{
    graph::{dot, mermaid},
    html::html,
    junit::{junit, junit_of_listing},
    listing::{Case, Listing},
    picture::{Link, Pair, Picture},
    report::{Format, Report, matrix_page},
    repro::Repro,
    sheet::{Row, Sheet, Status},
    table::{csv, markdown},
};
