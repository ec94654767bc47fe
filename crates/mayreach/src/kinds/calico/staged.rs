//! What a staged policy proposes.

use super::{findings::Findings, policy::StagedAction};
use crate::{
    error::Problem,
    manifest::{Document, Spanned},
};

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
