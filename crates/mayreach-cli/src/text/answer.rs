//! The answer of `check`: verdict, the chain of layers, what came nearest, what the client sees.

use std::io::{self, Write};

use mayreach_wire::{
    DecisionOut, ExplanationOut, FlowIn,
    decision::{LayerOut, MarkOut},
};

use super::{
    hint::hint,
    question::question,
    style::{self, BOLD, FAINT},
    why,
};

/// How wide the column of layers is.
const LAYER_WIDTH: usize = 13;

/// Writes the whole answer.
pub(crate) fn write(
    out: &mut dyn Write,
    flow: &FlowIn,
    explanation: &ExplanationOut,
) -> io::Result<()> {
    let decision = &explanation.decision;
    headline(out, flow, explanation)?;
    writeln!(out)?;
    for layer in &decision.layers {
        chain(out, decision, layer)?;
    }
    if decision.verdict == "deny" {
        writeln!(out)?;
        why::write(out, explanation)?;
        if let Some(sees) = &decision.client_sees {
            writeln!(out, "The client sees {sees}.")?;
        }
    }
    if decision.verdict == "undetermined" {
        depends(out, decision)?;
    }
    after(out, explanation)
}

/// `DENIED  a/b → c/d, port 80/TCP`, and where a Service leads.
fn headline(out: &mut dyn Write, flow: &FlowIn, explanation: &ExplanationOut) -> io::Result<()> {
    let decision = &explanation.decision;
    let (_, colour) = style::verdict(decision.verdict);
    let colour = colour.bold();
    let word = style::headline(decision.verdict);
    write!(out, "{colour}{word}{colour:#}  {BOLD}{}{BOLD:#}", question(flow))?;
    let port = decision.port.map_or_else(String::new, |port| format!(":{port}"));
    match (explanation.walks.len(), &decision.destination) {
        (2.., _) => write!(out, " {FAINT}({} backends){FAINT:#}", explanation.walks.len())?,
        (_, Some(backend)) if flow.destination.workload.is_none() => {
            write!(out, " {FAINT}(that is {backend}{port}){FAINT:#}")?;
        }
        _ => {}
    }
    writeln!(out)
}

/// One layer: sign, name, what decided, where it is written.
fn chain(out: &mut dyn Write, decision: &DecisionOut, layer: &LayerOut) -> io::Result<()> {
    let (sign, colour) = style::verdict(layer.verdict);
    let decides = decision.decided_by == Some(layer.layer);
    let name = format!("{:LAYER_WIDTH$}", layer.layer);
    write!(out, "  {colour}{sign}{colour:#} ")?;
    if decides {
        write!(out, "{BOLD}{name}{BOLD:#}")?;
    } else {
        write!(out, "{name}")?;
    }
    write!(out, "  {}", layer.words())?;
    if let (Some(at), true) = (&layer.reason.at, layer.reason.policies.len() < 2) {
        write!(out, "  {FAINT}{at}{FAINT:#}")?;
    }
    writeln!(out)
}

/// What would settle it.
fn depends(out: &mut dyn Write, decision: &DecisionOut) -> io::Result<()> {
    let open = decision.layers.iter().filter(|layer| layer.verdict == "undetermined");
    let mut missing: Vec<&str> = Vec::new();
    for layer in open {
        let provider = layer.reason.provider.is_some().then_some("ext_authz");
        for name in layer.reason.missing.iter().copied().chain(provider) {
            if !missing.contains(&name) {
                missing.push(name);
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nTo settle it:")?;
    for name in missing {
        match hint(name) {
            Some(hint) => writeln!(out, "  {name}: give {hint}")?,
            None => writeln!(out, "  {name}: nothing here can say it")?,
        }
    }
    Ok(())
}

/// What does not decide and is worth knowing.
fn after(out: &mut dyn Write, explanation: &ExplanationOut) -> io::Result<()> {
    let decision = &explanation.decision;
    for mark in &decision.audited_by {
        writeln!(out, "Audited by {}.", marked(mark))?;
    }
    for mark in &decision.dry_run {
        let would = mark.would.unwrap_or("decide");
        writeln!(out, "Not enforced: {} would {would}.", marked(mark))?;
    }
    let remarks = explanation.walks.iter().flat_map(|walk| &walk.remarks);
    let mut said: Vec<&String> = Vec::new();
    for remark in remarks {
        if !said.contains(&remark) {
            said.push(remark);
            writeln!(out, "{FAINT}Remark:{FAINT:#} {remark}")?;
        }
    }
    for note in &decision.notes {
        writeln!(out, "{FAINT}Note:{FAINT:#} {note}")?;
    }
    Ok(())
}

fn marked(mark: &MarkOut) -> String {
    let at = mark.at.as_deref().map_or_else(String::new, |at| format!(" ({at})"));
    match mark.rule {
        Some(rule) => format!("rule {rule} of {}{at}", mark.policy),
        None => format!("{}{at}", mark.policy),
    }
}
