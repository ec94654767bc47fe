//! Selector fields: read, checked, and remarked on.

use super::{
    expression::{Expression, Operator, parse},
    findings::Findings,
    names,
};
use crate::{
    error::{ErrorCode, NoteCode},
    manifest::Spanned,
    model::selector::Selector,
};

/// Longest selector that the API takes, in characters.
const MAX_LENGTH: usize = 1024;

/// The text of a selector field; an absent one is empty.
pub(super) fn text(written: Option<&Spanned<String>>) -> &str {
    written.map_or("", |spanned| spanned.value.as_str())
}

/// Parses a selector field as the API server does; nothing if it is absent or wrong.
pub(super) fn check(
    written: Option<&Spanned<String>>,
    field: &str,
    findings: &mut Findings<'_>,
) -> Option<Expression> {
    let Spanned { value, line } = written?;
    let length = value.chars().count();
    if length > MAX_LENGTH {
        let message =
            format!("a selector of {length} characters, at most {MAX_LENGTH} are allowed");
        findings.invalid(*line, field, message, "split the policy");
    }
    match parse(value) {
        Ok(expression) => Some(expression),
        Err(mistake) => {
            let code = if mistake.too_deep { ErrorCode::Limit } else { ErrorCode::InvalidValue };
            let message = format!(
                "{} is not a selector: {} at character {}",
                quoted(value),
                mistake.message,
                mistake.offset.saturating_add(1)
            );
            let help = mistake.help.unwrap_or("see Calico's selector syntax");
            findings.report(code, *line, field, message, help);
            None
        }
    }
}

/// "`global()` can only be used in an `EntityRule` namespaceSelector"; the test is textual, as
/// Calico's is.
pub(super) fn forbid_global(
    written: Option<&Spanned<String>>,
    field: &str,
    findings: &mut Findings<'_>,
) {
    if let Some(Spanned { value, line }) = written.filter(|s| s.value.contains("global(")) {
        let message = format!("`global()` cannot be used here, in {}", quoted(value));
        let help = "only the `namespaceSelector` of a rule's source or destination takes it";
        findings.invalid(*line, field, message, help);
    }
}

/// "`global()` cannot be combined with other selectors".
pub(super) fn only_global(
    written: Option<&Spanned<String>>,
    expression: Option<&Expression>,
    field: &str,
    findings: &mut Findings<'_>,
) {
    let Some((Spanned { value, line }, expression)) = written.zip(expression) else { return };
    if value.contains("global(") && *expression != Expression::Global {
        let message =
            format!("`global()` cannot be combined with other selectors, in {}", quoted(value));
        findings.invalid(*line, field, message, "write two rules");
    }
}

/// A flat selector, parsed again as Felix does. One that no longer parses makes Felix treat the
/// whole policy as missing (`validation_filter.go`), which is the error here.
pub(super) fn flat(text: &str) -> Result<Option<Selector>, Dropped> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(|expression| Some(expression.into())).map_err(|_| Dropped)
}

/// The policy is valid to the API server, and Felix drops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dropped;

/// Notes texts that no label can ever hold, such as a template that nothing expanded.
pub(super) fn remark(
    expression: Option<&Expression>,
    line: u32,
    field: &str,
    findings: &mut Findings<'_>,
) {
    let Some(expression) = expression else { return };
    let mut texts = Vec::new();
    expression.texts(&mut texts);
    for text in texts.into_iter().filter(|text| !names::can_be_label_value(text)) {
        let message = format!("{field}: {}", impossible(text));
        findings.note(NoteCode::Suspicious, line, message);
    }
}

/// As [`remark`], for a `notSelector`: what it fails to exclude is the point.
pub(super) fn remark_negated(
    expression: Option<&Expression>,
    line: u32,
    field: &str,
    everyone: &str,
    findings: &mut Findings<'_>,
) {
    let Some(expression) = expression else { return };
    let Some(text) = never_true(expression) else {
        return remark(Some(expression), line, field, findings);
    };
    let message = format!(
        "{field}: {}, so it excludes nobody and the rule matches {everyone}",
        impossible(text)
    );
    findings.note(NoteCode::Suspicious, line, message);
}

fn impossible(text: &str) -> String {
    let what = if text.contains("${") || text.contains("{{") || text.contains("$(") {
        "a template that nothing expanded"
    } else {
        "not a possible label value"
    };
    format!("{} is {what}, and no label equals it", quoted(text))
}

/// The text because of which a selector can never be true, if there is one.
fn never_true(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Compare { operator: Operator::NotEqual, .. } => None,
        Expression::Compare { text, .. } => {
            (!names::can_be_label_value(text)).then_some(text.as_str())
        }
        Expression::Set { inside: true, values, .. } => values
            .iter()
            .all(|value| !names::can_be_label_value(value))
            .then(|| values.first().map(String::as_str))
            .flatten(),
        Expression::And(parts) => parts.iter().find_map(never_true),
        Expression::Or(parts) => {
            let each: Option<Vec<&str>> = parts.iter().map(never_true).collect();
            each?.first().copied()
        }
        _ => None,
    }
}

/// User text for a message: on one line, and not too long.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    let shown: String = text.chars().take(LONGEST).flat_map(printable).collect();
    let more = if text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}

fn printable(character: char) -> Vec<char> {
    if character.is_control() { character.escape_default().collect() } else { vec![character] }
}
