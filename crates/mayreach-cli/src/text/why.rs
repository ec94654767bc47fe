//! Why a layer denies: the conditions of the rule that matched or, where none allowed, the
//! policies that select the workload and the rule that came nearest.

use std::io::{self, Write};

use mayreach_wire::{
    ExplanationOut,
    decision::LayerOut,
    explanation::{LayerWalkOut, NearestOut, StepOut},
};

use super::{
    style::{BOLD, DENY, FAINT},
    table::{self, Cell},
};

/// Writes a paragraph for every layer that denies and has more to say than its line.
pub(super) fn write(out: &mut dyn Write, explanation: &ExplanationOut) -> io::Result<()> {
    for layer in explanation.decision.layers.iter().filter(|layer| layer.verdict == "deny") {
        let walks = explanation.walks.iter().flat_map(|walk| &walk.layers);
        let walks: Vec<&LayerWalkOut> =
            walks.filter(|walk| walk.decision.layer == layer.layer).collect();
        if layer.reason.policies.is_empty() {
            matched(out, layer, &walks)?;
        } else {
            absent(out, layer, &walks)?;
        }
    }
    Ok(())
}

/// The rule that denies, and what it matched on.
fn matched(out: &mut dyn Write, layer: &LayerOut, walks: &[&LayerWalkOut]) -> io::Result<()> {
    let reason = &layer.reason;
    let (Some(policy), Some(rule)) = (&reason.policy, reason.rule) else { return Ok(()) };
    let is = |step: &StepOut| {
        step.kind == "rule"
            && step.outcome == "matched"
            && step.rule == Some(rule)
            && step.policy.as_ref() == Some(policy)
    };
    let found = walks.iter().find_map(|walk| {
        let at = walk.steps.iter().position(is)?;
        walk.steps.get(at + 1..)
    });
    let conditions: Vec<&StepOut> = found
        .into_iter()
        .flatten()
        .take_while(|step| step.kind == "condition")
        .filter(|step| step.outcome == "matched")
        .collect();
    if conditions.is_empty() {
        return Ok(());
    }
    writeln!(out, "{BOLD}{}{BOLD:#}: rule {rule} of {policy} matches on", layer.layer)?;
    for condition in conditions {
        writeln!(out, "    {DENY}✓{DENY:#} {}", condition.text)?;
    }
    writeln!(out)
}

/// Who selects, and the rule that came nearest.
fn absent(out: &mut dyn Write, layer: &LayerOut, walks: &[&LayerWalkOut]) -> io::Result<()> {
    let count = layer.reason.policies.len();
    let noun = if count == 1 { "policy selects" } else { "policies select" };
    let end = if layer.layer == "egress" { "source" } else { "destination" };
    writeln!(out, "{BOLD}{}{BOLD:#}: {count} {noun} the {end}, none lets it pass", layer.layer)?;
    let row = |policy: &mayreach_wire::decision::PolicyOut| {
        let at = policy.at.clone().unwrap_or_default();
        vec![Cell::plain(policy.to_string()), Cell::new(at, FAINT)]
    };
    let rows: Vec<Vec<Cell>> = layer.reason.policies.iter().map(row).collect();
    table::write(out, 4, &rows)?;
    match walks.iter().find_map(|walk| walk.nearest.as_ref()) {
        Some(near) => nearest(out, near)?,
        None => writeln!(out, "  none of them has a rule that allows anything this way")?,
    }
    writeln!(out)
}

fn nearest(out: &mut dyn Write, near: &NearestOut) -> io::Result<()> {
    let at = near.at.as_deref().unwrap_or_default();
    writeln!(out, "  nearest: rule {} of {}  {FAINT}{at}{FAINT:#}", near.rule, near.policy)?;
    for condition in &near.failed {
        writeln!(out, "    {DENY}✗{DENY:#} {condition}")?;
    }
    Ok(())
}
