//! The page of an isolation: what is proved of tenants, above what every pair of workloads is answered.

use std::collections::HashMap;

use mayreach_wire::{
    FlowIn, LayerOut,
    isolation::{FindingOut, HoleOut, IsolationOut, PairOut},
    mayreach::{Program, WorkloadInfo},
};

use super::{Link, Pair, Picture, build::NO_LABEL};
use crate::{
    repro::Repro,
    sheet::{Row, Sheet, Status},
};

impl Picture {
    /// What was found of tenants, and beneath it every pair of workloads. `progress` is told how
    /// many of how many askers are done.
    pub fn of_isolation(
        program: &Program,
        isolation: &IsolationOut,
        progress: impl FnMut(usize, usize),
    ) -> Self {
        let mut tenant_of: HashMap<&str, &str> = HashMap::new();
        for tenant in &isolation.tenants {
            for workload in &tenant.workloads {
                tenant_of.insert(workload, &tenant.name);
            }
        }
        let group = |workload: &WorkloadInfo<'_>| {
            let found = tenant_of.get(workload.to_string().as_str());
            found.map_or_else(|| NO_LABEL.to_owned(), |name| (*name).to_owned())
        };
        let kinds: HashMap<String, &'static str> =
            program.principals().map(|w| (w.to_string(), w.kind())).collect();
        let pairs = |groups: &mut Vec<String>| {
            let all = isolation.pairs.iter();
            all.filter_map(|pair| made(isolation, pair, groups, &kinds)).collect()
        };
        Self::grouped(program, group, words(isolation), pairs, progress)
    }
}

/// Heading and summary.
fn words(isolation: &IsolationOut) -> (String, String) {
    let counts = isolation.counts;
    let title = format!("Isolation of {} tenants, by {}", isolation.tenants.len(), isolation.by);
    let summary = format!(
        "{} ordered pairs: {} proved isolated ({} of them twice over), {} open, {} not proved. All requests were \
         looked at, from every workload, from pods that do not exist yet and from outside; {} flows were decided.",
        isolation.pairs.len(),
        counts.isolated,
        counts.twice,
        counts.open,
        counts.not_proved,
        isolation.size.decisions,
    );
    (title, summary)
}

fn made(
    isolation: &IsolationOut,
    pair: &PairOut,
    groups: &mut Vec<String>,
    kinds: &HashMap<String, &'static str>,
) -> Option<Pair> {
    let finding = isolation.findings.get(pair.finding as usize)?;
    let mut index = |name: &str| {
        groups.iter().position(|group| group == name).unwrap_or_else(|| {
            groups.push(name.to_owned());
            groups.len() - 1
        })
    };
    let (from, to) = (index(&pair.from), index(&pair.to));
    let hole = finding.holes.first();
    let chain = match hole {
        Some(hole) => hole.decision.layers.iter().map(link).collect(),
        None => finding.held_by.iter().map(link).collect(),
    };
    let kind = |name: &str| kinds.get(name).copied();
    let flow = hole.and_then(|hole| {
        let json = serde_json::to_value(&hole.flow).ok()?;
        serde_json::from_value::<FlowIn>(json).ok()
    });
    Some(Pair {
        from,
        to,
        status: status(finding),
        why: why(finding),
        held_by: finding.alone.iter().map(|layer| (*layer).to_owned()).collect(),
        example: hole.map(example),
        more: finding
            .holes
            .iter()
            .skip(1)
            .map(|hole| format!("{} ({})", example(hole), let_in(hole)))
            .collect(),
        chain,
        repro: flow.map(|flow| Repro::of(&flow, &kind)),
    })
}

fn link(layer: &LayerOut) -> Link {
    Link(layer.layer, layer.verdict, layer.words(), layer.reason.at.clone())
}

fn status(finding: &FindingOut) -> Status {
    match finding.verdict {
        "isolated" => Status::Isolated,
        "open" => Status::Open,
        _ => Status::NotProved,
    }
}

fn example(hole: &HoleOut) -> String {
    match hole.needs.as_slice() {
        [] => hole.request.clone(),
        needs => format!("{}, with {}", hole.request, needs.join(" and ")),
    }
}

fn let_in(hole: &HoleOut) -> String {
    let at = hole.let_in_by.reason.at.as_ref();
    let at = at.map_or_else(String::new, |at| format!(", {at}"));
    format!("{}: {}{at}", hole.let_in_by.layer, hole.let_in_by.words())
}

/// One line: what let it in, what is missing, or what would hold it alone.
fn why(finding: &FindingOut) -> String {
    if let Some(hole) = finding.holes.first() {
        return format!("{}: {}", hole.let_in_by.layer, hole.let_in_by.words());
    }
    if let Some(unproved) = finding.not_proved.first() {
        return unproved.why.clone();
    }
    let without = match (finding.network_alone, finding.mesh_alone) {
        (true, true) => "it holds without the mesh, and for TCP without network policy",
        (true, false) => "it holds without the mesh, not without network policy",
        (false, true) => "for TCP it holds without network policy, not without the mesh",
        (false, false) => "it needs network policy and the mesh together",
    };
    match finding.alone.as_slice() {
        [] => format!("no layer holds it alone; {without}"),
        layers => format!("held by {}; {without}", layers.join(", and again by ")),
    }
}

impl Sheet {
    /// The rows of an isolation.
    pub fn of_isolation(isolation: &IsolationOut) -> Self {
        let (title, _) = words(isolation);
        let rows = isolation.pairs.iter().filter_map(|pair| {
            let finding = isolation.findings.get(pair.finding as usize)?;
            let hole = finding.holes.first();
            let held = finding.held_by.first().and_then(|layer| layer.reason.at.clone());
            Some(Row {
                from: pair.from.clone(),
                to: pair.to.clone(),
                status: status(finding),
                why: why(finding),
                at: hole.map_or(held, |hole| hole.let_in_by.reason.at.clone()),
                example: hole.map(example),
            })
        });
        let mut groups: Vec<String> = isolation.tenants.iter().map(|t| t.name.clone()).collect();
        for pair in &isolation.pairs {
            if !groups.contains(&pair.from) {
                groups.push(pair.from.clone());
            }
        }
        Self { title, groups, rows: rows.collect() }
    }
}
