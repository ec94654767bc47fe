//! Isolation for people: the pairs as a table, then each hole with its request.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use mayreach_wire::{
    IsolationOut,
    isolation::{FindingOut, HoleOut, PairOut},
};

use super::{
    decided,
    style::{ALLOW, BOLD, DENY, FAINT, OPEN},
    table::{self, Cell},
};

/// With more tenants than this there is no table.
const TABLE_MAX: usize = 12;
/// Pairs of one kind that are listed.
const LISTED_MAX: usize = 40;
/// Proved pairs that are named of each kind.
const PAIRS_MAX: usize = 6;
/// Requests shown of one pair.
const HOLES_MAX: usize = 6;

/// Writes the whole answer.
pub(crate) fn write(out: &mut dyn Write, found: &IsolationOut) -> io::Result<()> {
    headline(out, found)?;
    if found.tenants.len() <= TABLE_MAX && !found.pairs.is_empty() {
        writeln!(out)?;
        table::write(out, 0, &rows(found))?;
    }
    proved(out, found)?;
    unproved(out, found)?;
    open(out, found)?;
    dead(out, found)
}

/// Rules that never match, which mostly were to hold something.
fn dead(out: &mut dyn Write, found: &IsolationOut) -> io::Result<()> {
    if !found.dead_rules.is_empty() {
        writeln!(out, "\n{BOLD}rules that no request can match{BOLD:#}")?;
    }
    for dead in &found.dead_rules {
        let at = dead.at.as_deref().unwrap_or_default();
        writeln!(out, "  {OPEN}!{OPEN:#} rule {} of {}", dead.rule, dead.policy)?;
        writeln!(out, "      {FAINT}{at}{FAINT:#}")?;
        writeln!(out, "      {}", dead.why)?;
    }
    Ok(())
}

fn headline(out: &mut dyn Write, found: &IsolationOut) -> io::Result<()> {
    let counts = found.counts;
    let (word, style) = match found.verdict {
        "isolated" => ("ISOLATED", ALLOW),
        "open" => ("OPEN", DENY),
        _ => ("NOT PROVED", OPEN),
    };
    writeln!(
        out,
        "{style}{word}{style:#}  {} tenants by {}, {} ordered pairs: {} proved, {} open, {} not proved",
        found.tenants.len(),
        found.by,
        found.pairs.len(),
        counts.isolated,
        counts.open,
        counts.not_proved,
    )
}

fn sign(verdict: &str) -> Cell {
    match verdict {
        "isolated" => Cell::new("✓ isolated", ALLOW),
        "open" => Cell::new("✗ open", DENY),
        _ => Cell::new("? not proved", OPEN),
    }
}

fn rows(found: &IsolationOut) -> Vec<Vec<Cell>> {
    let mut header = vec![Cell::plain("")];
    header.extend(found.tenants.iter().map(|t| Cell::new(t.name.clone(), BOLD)));
    let mut rows = vec![header];
    let mut by_row: BTreeMap<&str, Vec<&PairOut>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for pair in &found.pairs {
        if !order.contains(&pair.from.as_str()) {
            order.push(&pair.from);
        }
        by_row.entry(&pair.from).or_default().push(pair);
    }
    for from in order {
        let mut row = vec![Cell::new(from, BOLD)];
        for tenant in &found.tenants {
            let pairs = by_row.get(from);
            let pair = pairs.and_then(|all| all.iter().find(|p| p.to == tenant.name));
            row.push(pair.map_or_else(|| Cell::new("·", FAINT), |p| sign(p.verdict)));
        }
        rows.push(row);
    }
    rows
}

/// Pairs with one finding.
fn pairs_of<'f>(found: &'f IsolationOut, verdict: &str) -> Vec<(&'f FindingOut, Vec<String>)> {
    let mut by_finding: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for pair in found.pairs.iter().filter(|p| p.verdict == verdict) {
        by_finding.entry(pair.finding).or_default().push(format!("{} → {}", pair.from, pair.to));
    }
    let all = by_finding.into_iter();
    all.filter_map(|(n, pairs)| Some((found.findings.get(n as usize)?, pairs))).collect()
}

fn shown(pairs: &[String]) -> String {
    match pairs {
        [first, second, third, _, ..] => {
            format!("{first}, {second}, {third} and {} more", pairs.len() - 3)
        }
        few => few.join(", "),
    }
}

/// Which layers hold the proved pairs, and what if one were gone.
fn proved(out: &mut dyn Write, found: &IsolationOut) -> io::Result<()> {
    let mut by_layers: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    for (finding, pairs) in pairs_of(found, "isolated") {
        by_layers.entry(holding(finding)).or_default().extend(pairs);
    }
    if by_layers.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}proved isolated{BOLD:#}")?;
    for (held, pairs) in by_layers {
        let (count, (by, holds)) = (pairs.len(), held);
        let pairs_are = if count == 1 { "pair" } else { "pairs" };
        writeln!(out, "  {ALLOW}✓{ALLOW:#} {count} {pairs_are} {by}\n      {holds}")?;
        for pair in pairs.iter().take(PAIRS_MAX) {
            writeln!(out, "      {FAINT}{pair}{FAINT:#}")?;
        }
        if count > PAIRS_MAX {
            writeln!(out, "      {FAINT}and {} more{FAINT:#}", count - PAIRS_MAX)?;
        }
    }
    Ok(())
}

/// The layers that hold a pair, and what would hold it without some.
fn holding(finding: &FindingOut) -> (String, &'static str) {
    let alone = match finding.alone.as_slice() {
        [] => "no layer alone, all together".to_owned(),
        [one] => format!("by {one} alone"),
        [one, rest @ ..] => format!("by {one}, and again by {}", rest.join(" and ")),
    };
    let gone = match (finding.network_alone, finding.mesh_alone) {
        (true, true) => "holds without the mesh, and (TCP) without network policy",
        (true, false) => "holds without the mesh, not without network policy",
        (false, true) => "holds (TCP) without network policy, not without the mesh",
        (false, false) => "needs both network policy and the mesh",
    };
    (alone, gone)
}

fn unproved(out: &mut dyn Write, found: &IsolationOut) -> io::Result<()> {
    let all = pairs_of(found, "not_proved");
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}not proved{BOLD:#}")?;
    for (finding, pairs) in all.iter().take(LISTED_MAX) {
        writeln!(out, "  {OPEN}?{OPEN:#} {}", shown(pairs))?;
        for why in &finding.not_proved {
            writeln!(out, "      {FAINT}{}{FAINT:#}", why.why)?;
        }
    }
    more(out, all.len())
}

fn open(out: &mut dyn Write, found: &IsolationOut) -> io::Result<()> {
    let all = pairs_of(found, "open");
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}open{BOLD:#}")?;
    for (finding, pairs) in all.iter().take(LISTED_MAX) {
        writeln!(out, "  {DENY}✗{DENY:#} {}", shown(pairs))?;
        for hole in finding.holes.iter().take(HOLES_MAX) {
            self::hole(out, hole)?;
        }
        if finding.holes.len() > HOLES_MAX {
            let rest = finding.holes.len() - HOLES_MAX;
            writeln!(out, "      {FAINT}and in {rest} more ways{FAINT:#}")?;
        }
    }
    more(out, all.len())
}

fn hole(out: &mut dyn Write, hole: &HoleOut) -> io::Result<()> {
    writeln!(out, "      {}", hole.request)?;
    decided(out, 8, "", &hole.let_in_by)
}

fn more(out: &mut dyn Write, all: usize) -> io::Result<()> {
    if all > LISTED_MAX {
        writeln!(out, "  {FAINT}and {} more; the JSON has them all{FAINT:#}", all - LISTED_MAX)?;
    }
    Ok(())
}
