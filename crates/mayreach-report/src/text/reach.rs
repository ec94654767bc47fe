//! What one workload may do, for people.

use std::io::{self, Write};

use mayreach_wire::reach::{CanOut, ConditionOut, ReachOut, WayOut};

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
    if !found.ways.is_empty() {
        writeln!(out)?;
        let title = ["port", "methods", "paths, headers, claims", "let in by", "such as"];
        let mut rows = vec![title.map(|t| Cell::new(t, BOLD)).to_vec()];
        rows.extend(found.ways.iter().map(row));
        table::write(out, 2, &rows)?;
    }
    for why in &found.not_proved {
        writeln!(out, "\n  {OPEN}?{OPEN:#} not proved: {}", why.why)?;
    }
    Ok(())
}

fn row(way: &WayOut) -> Vec<Cell> {
    let is = |names: &[&str]| -> Option<&ConditionOut> {
        way.conditions.iter().find(|c| names.contains(&c.field.as_str()))
    };
    let methods = match (is(&["methods", "notMethods"]), way.raw) {
        (Some(found), _) => texts(found),
        (None, true) => "any bytes".to_owned(),
        (None, false) => "any".to_owned(),
    };
    let methods_only =
        |c: &&ConditionOut| !matches!(c.field.as_str(), "methods" | "notMethods" | "ports");
    let rest: Vec<String> = way
        .conditions
        .iter()
        .filter(methods_only)
        .map(|c| format!("{} {}", c.field, texts(c)))
        .collect();
    let rest = if rest.is_empty() { "any".to_owned() } else { rest.join("; ") };
    let policy = way.let_in_by.reason.policy.as_ref().map(ToString::to_string);
    let by = policy.unwrap_or_else(|| way.let_in_by.words());
    let example = way.request.split_once(", ").map_or("", |(_, example)| example);
    vec![
        Cell::plain(format!("{}/{}", ports(&way.ports), way.protocol)),
        Cell::plain(methods),
        Cell::plain(rest),
        Cell::new(by, FAINT),
        Cell::new(example, FAINT),
    ]
}

fn texts(condition: &ConditionOut) -> String {
    let mut out = condition.values.join(" or ");
    if !condition.not_values.is_empty() {
        let none = format!("not {}", condition.not_values.join(", "));
        out = if out.is_empty() { none } else { format!("{out}, {none}") };
    }
    out
}

fn ports(ranges: &[(u16, u16)]) -> String {
    let one = |(low, high): &(u16, u16)| {
        if low == high { low.to_string() } else { format!("{low}-{high}") }
    };
    match ranges {
        [] => "-".to_owned(),
        [(1, u16::MAX)] => "any".to_owned(),
        some => some.iter().map(one).collect::<Vec<_>>().join(","),
    }
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
