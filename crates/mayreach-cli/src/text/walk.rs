//! The whole walk of `explain`: layer, tier, policy, rule, condition, each with its outcome.

use std::io::{self, Write};

use anstyle::Style;
use mayreach_wire::{
    ExplanationOut, FlowIn,
    explanation::{LayerWalkOut, StepOut, WalkOut},
};

use super::{
    answer,
    style::{self, ALLOW, BOLD, DENY, FAINT, OPEN},
};

/// Writes the walk, then the answer.
pub(crate) fn write(
    out: &mut dyn Write,
    flow: &FlowIn,
    explanation: &ExplanationOut,
) -> io::Result<()> {
    for walk in &explanation.walks {
        if explanation.walks.len() > 1 {
            destination(out, walk)?;
        }
        for layer in &walk.layers {
            one_layer(out, layer)?;
        }
    }
    answer::write(out, flow, explanation)
}

fn destination(out: &mut dyn Write, walk: &WalkOut) -> io::Result<()> {
    let name = walk.destination.as_deref().unwrap_or("an address");
    let port = walk.port.map_or_else(String::new, |port| format!(":{port}"));
    writeln!(out, "{BOLD}To the backend {name}{port}{BOLD:#}\n")
}

fn one_layer(out: &mut dyn Write, layer: &LayerWalkOut) -> io::Result<()> {
    let (sign, colour) = style::verdict(layer.decision.verdict);
    let name = layer.decision.layer;
    writeln!(out, "{colour}{sign}{colour:#} {BOLD}{name}{BOLD:#}: {}", layer.decision.words())?;
    let mut policy = None;
    for (index, step) in layer.steps.iter().enumerate() {
        // Some layers ask rules of several policies in one list.
        if step.kind == "rule" && step.policy != policy {
            let name = step.policy.as_ref().map_or_else(String::new, ToString::to_string);
            writeln!(out, "    {name}")?;
        }
        policy = step.policy.clone().or(policy);
        one_step(out, step, part(&layer.steps, index))?;
    }
    writeln!(out)
}

fn one_step(out: &mut dyn Write, step: &StepOut, part: Option<(usize, usize)>) -> io::Result<()> {
    let indent = match step.kind {
        "policy" => 4,
        "rule" => 6,
        "condition" => 8,
        _ => 2,
    };
    write!(out, "{:indent$}", "")?;
    if let Some((sign, colour)) = sign(step) {
        write!(out, "{colour}{sign}{colour:#} ")?;
    }
    match (step.kind, &step.policy, step.rule) {
        ("policy", Some(policy), _) => {
            let name = policy.to_string();
            let more = Some(step.text.as_str()).filter(|text| !name.ends_with(text));
            write!(out, "{name}{}", more.map_or_else(String::new, |text| format!(": {text}")))?;
        }
        ("rule", _, Some(rule)) => {
            let name = format!("rule {rule}");
            let action = matches!(step.text.as_str(), "Allow" | "Deny" | "Pass" | "Log");
            let text = if action { step.text.to_lowercase() } else { step.text.clone() };
            let more = Some(text).filter(|text| *text != name);
            write!(out, "{name}{}", more.map_or_else(String::new, |text| format!(": {text}")))?;
            if let Some((part, of)) = part {
                write!(out, ", alternative {part} of {of}")?;
            }
        }
        _ => write!(out, "{}", step.text)?,
    }
    if !step.missing.is_empty() {
        write!(out, "  {OPEN}depends on {}{OPEN:#}", step.missing.join(", "))?;
    }
    if let (Some(at), true) = (&step.at, step.kind != "condition") {
        write!(out, "  {FAINT}{at}{FAINT:#}")?;
    }
    writeln!(out)
}

/// One written rule may be asked as several: which of how many this is.
fn part(steps: &[StepOut], index: usize) -> Option<(usize, usize)> {
    let step = steps.get(index).filter(|step| step.kind == "rule")?;
    let same = |other: &&StepOut| {
        other.kind == "rule" && other.rule == step.rule && other.policy == step.policy
    };
    let before = steps.iter().take(index).filter(same).count();
    let all = steps.iter().filter(same).count();
    (all > 1).then_some((before + 1, all))
}

fn sign(step: &StepOut) -> Option<(&'static str, Style)> {
    if !matches!(step.kind, "rule" | "condition") {
        return None;
    }
    match step.outcome {
        "matched" => Some(("✓", ALLOW)),
        "not_matched" => Some(("✗", DENY)),
        "depends" => Some(("?", OPEN)),
        "skipped" => Some(("·", FAINT)),
        _ => None,
    }
}
