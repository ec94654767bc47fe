//! What changed in meaning, for people.

use std::io::{self, Write};

use mayreach_wire::difference::{ChangeOut, DifferenceOut, IntentOut};

use super::{
    decided,
    style::{ALLOW, BOLD, DENY, FAINT, OPEN},
};

/// Changes listed of one kind.
const LISTED_MAX: usize = 40;

/// Opened before closed, each with a request.
pub(crate) fn write(out: &mut dyn Write, found: &DifferenceOut) -> io::Result<()> {
    match found.verdict {
        "equivalent" => {
            return writeln!(out, "{ALLOW}EQUIVALENT{ALLOW:#}  no request is answered otherwise");
        }
        "different" => {
            let count = |kind| found.changes.iter().filter(|c| c.kind == kind).count();
            let (opened, closed) = (count("opened"), count("closed"));
            let sets = if opened == 1 { "set" } else { "sets" };
            writeln!(
                out,
                "{BOLD}DIFFERENT{BOLD:#}  {opened} {sets} of flows opened, {closed} closed"
            )?;
        }
        _ => writeln!(out, "{OPEN}NOT PROVED{OPEN:#}  no difference was found")?,
    }
    for kind in ["opened", "closed"] {
        let all: Vec<&ChangeOut> = found.changes.iter().filter(|c| c.kind == kind).collect();
        if all.is_empty() {
            continue;
        }
        let style = if kind == "opened" { DENY } else { ALLOW };
        writeln!(out, "\n{style}{kind}{style:#}")?;
        for change in all.iter().take(LISTED_MAX) {
            one(out, change)?;
        }
        if all.len() > LISTED_MAX {
            writeln!(out, "  {FAINT}and {} more{FAINT:#}", all.len() - LISTED_MAX)?;
        }
    }
    for (title, names) in [("only in the new", &found.added), ("only in the old", &found.removed)] {
        if !names.is_empty() {
            writeln!(out, "\n{BOLD}{title} (not compared){BOLD:#}\n  {}", names.join(", "))?;
        }
    }
    for why in &found.not_proved {
        writeln!(out, "\n{OPEN}?{OPEN:#} not compared: {}", why.why)?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, change: &ChangeOut) -> io::Result<()> {
    let meant = if change.intended { "  as intended" } else { "" };
    let pairs = if change.pairs == 1 { String::new() } else { format!("  {} pairs", change.pairs) };
    writeln!(out, "  {}{pairs}{ALLOW}{meant}{ALLOW:#}", change.request)?;
    for (when, layer) in [("was ", &change.before), ("now ", &change.after)] {
        decided(out, 4, when, layer)?;
    }
    Ok(())
}

/// Whether a change does what it is meant to.
pub(crate) fn change(out: &mut dyn Write, found: &IntentOut) -> io::Result<()> {
    for step in &found.steps {
        let (sign, style) = match step.verdict {
            "ok" => ("✓", ALLOW),
            "wrong" => ("✗", DENY),
            _ => ("?", OPEN),
        };
        writeln!(out, "{style}{sign}{style:#} {}", step.what)?;
        if let Some(against) = &step.counterexample {
            writeln!(out, "    {}", against.request)?;
            decided(out, 4, "", &against.decided_by)?;
        }
        for why in &step.not_proved {
            writeln!(out, "    {FAINT}{}{FAINT:#}", why.why)?;
        }
    }
    let changes = &found.difference.changes;
    if changes.iter().any(|c| !c.intended) {
        writeln!(out)?;
        write(out, &found.difference)?;
    }
    Ok(())
}
