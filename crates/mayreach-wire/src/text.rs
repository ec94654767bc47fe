//! Decisions and explanations as a few lines of plain text: for a test's failure, a log, a prompt.

use std::fmt;

use crate::{
    DecisionOut, ExplanationOut, LayerOut,
    decision::{MarkOut, PolicyOut},
    explanation::{LayerWalkOut, NearestOut, StepOut},
};

/// How wide the column of layers is.
const LAYER_WIDTH: usize = 13;

impl fmt::Display for DecisionOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        head(f, self)?;
        foot(f, self)
    }
}

impl fmt::Display for ExplanationOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        head(f, &self.decision)?;
        for layer in self.decision.layers.iter().filter(|layer| layer.verdict == "deny") {
            let walks = self.walks.iter().flat_map(|walk| &walk.layers);
            let walks: Vec<_> = walks.filter(|w| w.decision.layer == layer.layer).collect();
            why(f, layer, &walks)?;
        }
        foot(f, &self.decision)
    }
}

/// The verdict, and what each layer says.
fn head(f: &mut fmt::Formatter<'_>, decision: &DecisionOut) -> fmt::Result {
    f.write_str(decision.verdict)?;
    if let Some(layer) = decision.decided_by {
        write!(f, ", decided by {layer}")?;
    }
    if let (Some(destination), Some(port)) = (&decision.destination, decision.port) {
        write!(f, " (at {destination}, port {port})")?;
    }
    for layer in &decision.layers {
        let sign = match layer.verdict {
            "allow" => '✓',
            "deny" => '✗',
            _ => '?',
        };
        write!(f, "\n  {sign} {:LAYER_WIDTH$}  {}", layer.layer, layer.words())?;
        if let (Some(at), true) = (&layer.reason.at, layer.reason.policies.len() < 2) {
            write!(f, "  {at}")?;
        }
    }
    Ok(())
}

/// What the client sees, what is only reported, and what is worth knowing.
fn foot(f: &mut fmt::Formatter<'_>, decision: &DecisionOut) -> fmt::Result {
    if let Some(sees) = &decision.client_sees {
        write!(f, "\nthe client sees {sees}")?;
    }
    for mark in &decision.audited_by {
        write!(f, "\naudited by {}", Marked(mark))?;
    }
    for mark in &decision.dry_run {
        write!(f, "\nnot enforced: {} would {}", Marked(mark), mark.would.unwrap_or("decide"))?;
    }
    decision.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
}

struct Marked<'a>(&'a MarkOut);

impl fmt::Display for Marked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rule) = self.0.rule {
            write!(f, "rule {rule} of ")?;
        }
        write!(f, "{}", self.0.policy)?;
        self.0.at.as_ref().map_or(Ok(()), |at| write!(f, " ({at})"))
    }
}

/// What a layer denies on: the conditions of its rule or, where none allowed, the rule that came
/// nearest.
fn why(f: &mut fmt::Formatter<'_>, layer: &LayerOut, walks: &[&LayerWalkOut]) -> fmt::Result {
    if layer.reason.policies.is_empty() {
        let (Some(policy), Some(rule)) = (&layer.reason.policy, layer.reason.rule) else {
            return Ok(());
        };
        return matched(f, layer, policy, rule, walks);
    }
    write!(f, "\n{}: none of these lets it pass", layer.layer)?;
    for policy in &layer.reason.policies {
        write!(f, "\n    {policy}")?;
        policy.at.as_ref().map_or(Ok(()), |at| write!(f, "  {at}"))?;
    }
    walks.iter().find_map(|walk| walk.nearest.as_ref()).map_or(Ok(()), |near| nearest(f, near))
}

fn matched(
    f: &mut fmt::Formatter<'_>,
    layer: &LayerOut,
    policy: &PolicyOut,
    rule: u32,
    walks: &[&LayerWalkOut],
) -> fmt::Result {
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
    let conditions = found.into_iter().flatten().take_while(|step| step.kind == "condition");
    let mut conditions = conditions.filter(|step| step.outcome == "matched").peekable();
    if conditions.peek().is_some() {
        write!(f, "\n{}: rule {rule} of {policy} matches on", layer.layer)?;
    }
    conditions.try_for_each(|condition| write!(f, "\n    ✓ {}", condition.text))
}

fn nearest(f: &mut fmt::Formatter<'_>, near: &NearestOut) -> fmt::Result {
    write!(f, "\n  nearest: rule {} of {}", near.rule, near.policy)?;
    near.at.as_ref().map_or(Ok(()), |at| write!(f, "  {at}"))?;
    near.failed.iter().try_for_each(|condition| write!(f, "\n    ✗ {condition}"))
}
