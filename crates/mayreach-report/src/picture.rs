//! What the page draws: a tree of groups, namespaces and workloads, and for every pair of workloads
//! a status, its ports and what decides each layer, as runs of equal values.

mod build;
mod isolation;
mod runs;

use serde::Serialize;

use self::runs::Runs;
use crate::{repro::Repro, sheet::Status};

/// A page's content.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Heading.
    pub title: String,
    /// One sentence beneath it.
    pub summary: String,
    pub(crate) version: &'static str,
    pub(crate) data: Data,
}

/// What is known of one ordered pair of groups.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Index of the group that asks.
    pub from: usize,
    /// Index of the group that is asked.
    pub to: usize,
    /// What is known.
    pub status: Status,
    /// Why, in one line.
    pub why: String,
    /// The layers that hold it, each of which would alone.
    pub held_by: Vec<String>,
    /// The counterexample, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// Other ways through, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
    /// What every layer answers to it, or what holds it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Link>,
    /// The same to send, to ask and to keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repro: Option<Repro>,
}

/// What one layer answers: layer, verdict, words, `file:line`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link(pub &'static str, pub &'static str, pub String, pub Option<String>);

/// As the page's script reads it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Data {
    groups: Vec<String>,
    /// Name and group.
    namespaces: Vec<(String, usize)>,
    /// Name, namespace and kind.
    workloads: Vec<(String, usize, &'static str)>,
    statuses: Vec<StatusOut>,
    /// By asker.
    status: Vec<Runs>,
    /// By asked: which answer each asker gets.
    answer: Vec<Runs>,
    answers: Vec<Answer>,
    reasons: Vec<Link>,
    layers: Layers,
    pairs: Vec<Pair>,
}

/// What decides each layer, as indexes of `reasons`: egress by asker, the others by asked.
#[derive(Clone, Debug, Default, Serialize)]
struct Layers {
    egress: Vec<Runs>,
    ingress: Vec<Runs>,
    mtls: Vec<Runs>,
    jwt: Vec<Runs>,
    authorization: Vec<Runs>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct StatusOut {
    id: &'static str,
    words: &'static str,
    sign: &'static str,
}

/// What one workload may do to another, and the flow whose layers are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct Answer {
    /// A line a way.
    lines: Vec<String>,
    /// The flow in words; empty: nothing is asked.
    shown: String,
    /// Whom it calls, where that is not the workload itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// What the command must know of it beside its ends.
    ask: Vec<String>,
}

/// The most open first; the last is no answer.
const STATUSES: [Status; 9] = [
    Status::Open,
    Status::NotProved,
    Status::Allow,
    Status::Some,
    Status::Mixed,
    Status::Depends,
    Status::Exception,
    Status::Deny,
    Status::Isolated,
];

fn statuses() -> Vec<StatusOut> {
    let known =
        STATUSES.iter().map(|s| StatusOut { id: s.as_str(), words: s.words(), sign: s.sign() });
    known.chain([StatusOut { id: "none", words: "nothing to ask", sign: "·" }]).collect()
}

/// The index of a status; of none, the one after the last.
fn code(status: Option<Status>) -> u32 {
    let found = STATUSES.iter().position(|known| Some(*known) == status);
    u32::try_from(found.unwrap_or(STATUSES.len())).unwrap_or_default()
}
