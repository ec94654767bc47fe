//! What one workload may do, for people.

use std::io::{self, Write};

use mayreach_wire::reach::{CanOut, ReachOut, WayOut};

use super::{
    style::{ALLOW, BOLD, DENY, FAINT, OPEN},
    table::{self, Cell},
};

/// Ways shown of one pair.
const WAYS_MAX: usize = 3;

/// What A may do to B, as a table.
pub(crate) fn can(out: &mut dyn Write, found: &CanOut) -> io::Result<()> {
    let (word, style) = match found.verdict {
        "allow" => ("may reach", ALLOW),
        "deny" => ("may not reach, proved for all requests,", DENY),
        _ => ("is not proved to be kept from", OPEN),
    };
    writeln!(out, "{} {style}{word}{style:#} {}", found.from, found.to)?;
    if found.everything {
        writeln!(out, "\n  everything: every protocol, every port, every request")?;
    }
    if !found.ways.is_empty() {
        writeln!(out)?;
        let title = ["port", "what", "let in by", "such as"];
        let mut rows = vec![title.map(|t| Cell::new(t, BOLD)).to_vec()];
        rows.extend(found.ways.iter().map(row));
        table::write(out, 2, &rows)?;
    }
    for but in &found.but {
        writeln!(out, "  {DENY}{}{DENY:#}", but.words())?;
    }
    for why in &found.not_proved {
        writeln!(out, "\n  {OPEN}?{OPEN:#} not proved: {}", why.why)?;
    }
    Ok(())
}

fn row(way: &WayOut) -> Vec<Cell> {
    let policy = way.let_in_by.reason.policy.as_ref().map(ToString::to_string);
    let by = policy.unwrap_or_else(|| way.let_in_by.words());
    let example = way.request.split_once(", ").map_or("", |(_, example)| example);
    let wants = way.wants();
    let wants = if wants.is_empty() { "anything".to_owned() } else { wants };
    vec![Cell::plain(way.on()), Cell::plain(wants), Cell::new(by, FAINT), Cell::new(example, FAINT)]
}

/// Who may reach one workload, or whom it reaches.
pub(crate) fn ends(out: &mut dyn Write, found: &ReachOut) -> io::Result<()> {
    let title = if found.direction == "callers" { "may be reached by" } else { "may reach" };
    let sum = found.may.len() + found.may_not.len() + found.not_proved.len();
    writeln!(out, "{} {BOLD}{title}{BOLD:#} {} of {sum}", found.workload, found.may.len())?;
    for may in &found.may {
        writeln!(out, "\n  {ALLOW}✓{ALLOW:#} {}", may.workload)?;
        for way in may.ways.iter().take(WAYS_MAX) {
            let request = way.request.split_once(", ").map_or("", |(_, rest)| rest);
            let needs = if way.needs.is_empty() {
                String::new()
            } else {
                format!("  (needs {})", way.needs.join(", "))
            };
            let words = way.let_in_by.words();
            writeln!(out, "      {request}{needs}  {FAINT}{words}{FAINT:#}")?;
        }
        if may.ways.len() > WAYS_MAX {
            let more = may.ways.len() - WAYS_MAX;
            writeln!(out, "      {FAINT}and in {more} more ways{FAINT:#}")?;
        }
    }
    for open in &found.not_proved {
        let why: Vec<&str> = open.why.iter().map(|w| w.why.as_str()).collect();
        writeln!(out, "\n  {OPEN}?{OPEN:#} {}: {}", open.workload, why.join("; "))?;
    }
    if !found.may_not.is_empty() {
        writeln!(out, "\n  {DENY}✗{DENY:#} proved that not: {}", found.may_not.join(", "))?;
    }
    Ok(())
}
