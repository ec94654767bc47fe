//! What a staged policy proposes.

use super::{findings::Findings, policy::StagedAction};
use crate::{
    error::{ErrorCode, Problem},
    manifest::{Document, Spanned},
};

/// What a policy proposes if its kind is a staged one; the others have no `stagedAction`.
pub(super) fn proposed(
    kind: &str,
    written: Option<&Spanned<String>>,
    document: &Document,
) -> Result<Option<StagedAction>, Vec<Problem>> {
    match (kind.starts_with("Staged"), written) {
        (true, written) => action(written, document).map(Some),
        (false, None) => Ok(None),
        (false, Some(written)) => {
            let mut findings = Findings::new(document);
            findings.report(
                ErrorCode::UnknownField,
                written.line,
                "spec.stagedAction",
                "unknown field `stagedAction`",
                format!("kind `Staged{kind}` has it"),
            );
            Err(findings.problems())
        }
    }
}

/// `stagedAction`; `Set` where nothing is said.
pub(super) fn action(
    written: Option<&Spanned<String>>,
    document: &Document,
) -> Result<StagedAction, Vec<Problem>> {
    let Some(Spanned { value, line }) = written else { return Ok(StagedAction::Set) };
    match value.as_str() {
        "" | "Set" => Ok(StagedAction::Set),
        "Delete" => Ok(StagedAction::Delete),
        "Learn" => Ok(StagedAction::Learn),
        "Ignore" => Ok(StagedAction::Ignore),
        other => {
            let mut findings = Findings::new(document);
            findings.invalid(
                *line,
                "spec.stagedAction",
                format!("`{other}` is not a staged action"),
                "one of `Set`, `Delete`, `Learn`, `Ignore`",
            );
            Err(findings.problems())
        }
    }
}
