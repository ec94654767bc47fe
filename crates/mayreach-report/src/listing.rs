//! Answers that are no grid of pairs: what changed, what one workload may do, who may reach it.

use std::fmt::Write as _;

use mayreach_wire::{
    LayerOut,
    difference::{ChangeOut, DifferenceOut, IntentOut, StepOut},
    reach::{ButOut, CanOut, ReachOut, WayOut},
};

use crate::table::{cell, text};

/// Rows under a title, and what is to be said beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// What it is about.
    pub title: String,
    /// The answer in one sentence.
    pub lead: String,
    /// Names of the columns.
    pub head: Vec<&'static str>,
    /// A row for each thing.
    pub rows: Vec<Vec<String>>,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// The same as tests.
    pub cases: Vec<Case>,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What must hold.
    pub name: String,
    /// Whether it does; `None`: not proved.
    pub holds: Option<bool>,
    /// What shows that it does not, or why it is not proved; a line each.
    pub lines: Vec<String>,
}

fn by(layer: &LayerOut) -> String {
    format!("{}: {}", layer.layer, layer.words())
}

fn at(layer: &LayerOut) -> String {
    layer.reason.at.clone().unwrap_or_default()
}

fn placed(layer: &LayerOut) -> String {
    layer.reason.at.as_ref().map_or_else(|| by(layer), |at| format!("{} ({at})", by(layer)))
}

impl Listing {
    /// What changed in meaning.
    pub fn of_difference(found: &DifferenceOut) -> Self {
        let mut out = Self {
            title: "What changed in meaning".to_owned(),
            lead: match found.verdict {
                "equivalent" => {
                    "Equivalent: no request is answered otherwise. This is proved.".into()
                }
                "different" => {
                    let count = |kind| found.changes.iter().filter(|c| c.kind == kind).count();
                    let (opened, closed) = (count("opened"), count("closed"));
                    let sets = if opened == 1 { "set" } else { "sets" };
                    format!("Different: {opened} {sets} of flows opened, {closed} closed.")
                }
                _ => "Not proved: no difference was found.".into(),
            },
            head: vec!["change", "request", "pairs", "was", "was at", "now", "now at"],
            rows: found.changes.iter().map(change).collect(),
            cases: found.changes.iter().map(changed).collect(),
            ..Self::default()
        };
        for (what, names) in
            [("only in the new manifests", &found.added), ("only in the old", &found.removed)]
        {
            for name in names {
                out.notes.push(format!("{name} is {what}: not compared"));
                let lines = vec![format!("{what}: not compared")];
                out.cases.push(Case { name: name.clone(), holds: Some(false), lines });
            }
        }
        for why in &found.not_proved {
            out.notes.push(format!("not compared: {}", why.why));
            let lines = vec![why.why.clone()];
            out.cases.push(Case { name: "everything is compared".into(), holds: None, lines });
        }
        if out.cases.is_empty() {
            let name = "no request is answered otherwise".to_owned();
            out.cases.push(Case { name, holds: Some(true), lines: Vec::new() });
        }
        out
    }

    /// Whether a change does what it is meant to.
    pub fn of_change(found: &IntentOut) -> Self {
        Self {
            title: "Does the change do what it is meant to?".to_owned(),
            lead: match found.verdict {
                "ok" => "Yes, and nothing else: proved.".into(),
                "wrong" => "No.".into(),
                _ => "Not proved.".into(),
            },
            head: vec!["step", "holds", "request that shows it", "decided by", "at"],
            rows: found.steps.iter().map(step).collect(),
            cases: found.steps.iter().map(stepped).collect(),
            notes: Vec::new(),
        }
    }

    /// What one workload may do to another.
    pub fn of_can(found: &CanOut) -> Self {
        let row = |way: &WayOut| {
            let wants = way.wants();
            let wants = if wants.is_empty() { "anything".to_owned() } else { wants };
            vec![way.on(), wants, by(&way.let_in_by), at(&way.let_in_by), way.request.clone()]
        };
        let open = found.not_proved.iter().map(|why| format!("not proved: {}", why.why));
        Self {
            title: format!("What {} may do to {}", found.from, found.to),
            lead: match found.verdict {
                _ if found.everything => "Everything.".into(),
                "allow" => "Some of it:".into(),
                "deny" => "Nothing: proved for all requests.".into(),
                _ => "Not proved: nothing was found that gets through.".into(),
            },
            head: vec!["port", "what", "let in by", "at", "example"],
            rows: found.ways.iter().map(row).collect(),
            notes: found.but.iter().map(ButOut::words).chain(open).collect(),
            cases: Vec::new(),
        }
    }

    /// Who may reach one workload, or whom it reaches.
    pub fn of_reach(found: &ReachOut) -> Self {
        let callers = found.direction == "callers";
        let mut rows: Vec<Vec<String>> = Vec::new();
        for may in &found.may {
            rows.extend(may.ways.iter().map(|way| {
                let (name, let_in) = (may.workload.clone(), &way.let_in_by);
                let needs = way.needs.join(", ");
                vec![name, "may".into(), way.request.clone(), needs, by(let_in), at(let_in)]
            }));
        }
        let short = |name: &str, answer: &str, why: String| {
            vec![
                name.to_owned(),
                answer.to_owned(),
                why,
                String::new(),
                String::new(),
                String::new(),
            ]
        };
        rows.extend(found.not_proved.iter().map(|open| {
            let why: Vec<&str> = open.why.iter().map(|w| w.why.as_str()).collect();
            short(&open.workload, "not proved", why.join("; "))
        }));
        rows.extend(found.may_not.iter().map(|name| short(name, "may not", String::new())));
        let sum = found.may.len() + found.may_not.len() + found.not_proved.len();
        let (title, verb) = if callers {
            (format!("Who may reach {}", found.workload), "may reach it")
        } else {
            (format!("Whom {} may reach", found.workload), "may be reached")
        };
        let open = match found.not_proved.len() {
            0 => "of the others it is proved that they may not".to_owned(),
            n => format!("of {n} it is not proved"),
        };
        Self {
            title,
            lead: format!("{} of {sum} {verb}; {open}.", found.may.len()),
            head: vec!["workload", "answer", "request", "needs", "let in by", "at"],
            rows,
            ..Self::default()
        }
    }

    /// A table for a merge request.
    pub fn markdown(&self) -> String {
        let mut out = format!("## {}\n\n{}\n", text(&self.title), text(&self.lead));
        if !self.rows.is_empty() {
            let _ = write!(
                out,
                "\n| {} |\n|{}\n",
                self.head.join(" | "),
                "---|".repeat(self.head.len())
            );
        }
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|one| text(one)).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        if !self.notes.is_empty() {
            out.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(out, "- {}", text(note));
        }
        out
    }

    /// One line a row, with a header.
    ///
    /// # Errors
    /// None that memory does not make.
    pub fn csv(&self) -> Result<String, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.head).map_err(|e| said(&e))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|one| cell(one))).map_err(|e| said(&e))?;
        }
        let bytes = writer.into_inner().map_err(|e| said(&e))?;
        String::from_utf8(bytes).map_err(|e| said(&e))
    }
}

fn pairs(n: u64) -> String {
    if n == 1 { "1 pair of workloads".to_owned() } else { format!("{n} pairs of workloads") }
}

fn kind(change: &ChangeOut) -> String {
    if change.intended { format!("{}, as intended", change.kind) } else { change.kind.to_owned() }
}

fn change(change: &ChangeOut) -> Vec<String> {
    let (was, now) = (&change.before, &change.after);
    let pairs = change.pairs.to_string();
    vec![kind(change), change.request.clone(), pairs, by(was), at(was), by(now), at(now)]
}

fn changed(change: &ChangeOut) -> Case {
    let word = if change.kind == "opened" { "denied" } else { "allowed" };
    Case {
        name: format!("{} stays {word}", change.request),
        holds: Some(change.intended),
        lines: vec![
            format!("{} for {}", kind(change), pairs(change.pairs)),
            format!("was {}", placed(&change.before)),
            format!("now {}", placed(&change.after)),
        ],
    }
}

const fn holds(verdict: &str) -> Option<bool> {
    match verdict.as_bytes() {
        b"ok" => Some(true),
        b"wrong" => Some(false),
        _ => None,
    }
}

fn step(step: &StepOut) -> Vec<String> {
    let why: Vec<&str> = step.not_proved.iter().map(|w| w.why.as_str()).collect();
    let shown = step.counterexample.as_ref();
    let answer = match holds(step.verdict) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not proved",
    };
    vec![
        step.what.clone(),
        answer.to_owned(),
        shown.map_or_else(|| why.join("; "), |c| c.request.clone()),
        shown.map_or_else(String::new, |c| by(&c.decided_by)),
        shown.map_or_else(String::new, |c| at(&c.decided_by)),
    ]
}

fn stepped(step: &StepOut) -> Case {
    let shown = step.counterexample.iter().flat_map(|c| [c.request.clone(), placed(&c.decided_by)]);
    let why = step.not_proved.iter().map(|w| w.why.clone());
    Case { name: step.what.clone(), holds: holds(step.verdict), lines: shown.chain(why).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        Listing {
            title: "T".to_owned(),
            lead: "No.".to_owned(),
            head: vec!["a", "b"],
            rows: vec![vec!["=1".to_owned(), "<b>|".to_owned()]],
            notes: vec!["so".to_owned()],
            cases: Vec::new(),
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let shown = listing().markdown();
        assert!(shown.contains("| =1 | &lt;b&gt;\\| |"), "{shown}");
        assert!(shown.ends_with("\n\n- so\n"), "{shown}");
        assert_eq!(listing().csv().unwrap_or_default(), "a,b\n'=1,<b>|\n");
    }
}
