//! HTTP conditions, which only Calico's layer 7 data plane sees.

use std::collections::BTreeSet;

use super::{
    lower::{At, Direction},
    manifest::{Http, HttpPath},
    protocol::Named,
};
use crate::{
    error::NoteCode,
    kinds::calico::findings::Findings,
    manifest::Spanned,
    model::{
        Protocol,
        network::{Action, HttpMatch},
    },
};

/// Most methods, and most paths.
const MAX_ENTRIES: usize = 20;
/// Longest path, in characters.
const MAX_PATH: usize = 1024;

pub(super) fn lower(
    written: &Spanned<Http>,
    action: Action,
    protocol: Option<Named>,
    direction: Direction,
    at: At<'_>,
    findings: &mut Findings<'_>,
) -> HttpMatch {
    let Spanned { value: Http { methods, paths }, line } = written;
    let field = format!("{}.http", at.field);
    if action != Action::Allow {
        let message = "an HTTP match is only valid in `Allow` rules";
        findings.conflict(*line, &field, message, "remove `http`");
    }
    if direction == Direction::Egress {
        let message = "an HTTP match is not allowed in egress rules";
        findings.conflict(*line, &field, message, "match HTTP in ingress rules");
    }
    if protocol.is_some_and(|named| named.protocol != Protocol::Tcp) {
        let message = "rules with an HTTP match must set protocol to TCP or leave it out";
        findings.conflict(*line, &field, message, "write `protocol: TCP`");
    }
    findings.at_most(MAX_ENTRIES, methods.len(), *line, &format!("{field}.methods"));
    findings.at_most(MAX_ENTRIES, paths.len(), *line, &format!("{field}.paths"));
    if methods.iter().collect::<BTreeSet<_>>().len() != methods.len() {
        let message = "a method is named twice";
        findings.invalid(*line, format!("{field}.methods"), message, "name each method once");
    }
    let mut lowered = HttpMatch { methods: methods.clone(), paths: Vec::new() };
    for (index, path) in paths.iter().enumerate() {
        match self::path(path) {
            Ok(path) => lowered.paths.push(path),
            Err((message, help)) => {
                findings.invalid(*line, format!("{field}.paths[{index}]"), message, help);
            }
        }
    }
    findings.note(
        NoteCode::Ignored,
        *line,
        format!(
            "{field}: only Calico's application layer policy looks at HTTP, which runs beside sidecars \
             where FelixConfiguration has `policySyncPathPrefix`; elsewhere the rule allows all that \
             its other conditions match"
        ),
    );
    lowered
}

/// Exactly one of `exact` and `prefix`, from `/`, without `?`, `#` and blanks.
fn path(written: &HttpPath) -> Result<(bool, String), (String, &'static str)> {
    let HttpPath { exact, prefix } = written;
    let (is_exact, text) = match (exact.as_str(), prefix.as_str()) {
        ("", "") => {
            return Err(("neither `exact` nor `prefix` is set".into(), "set one of them"));
        }
        (text, "") => (true, text),
        ("", text) => (false, text),
        _ => return Err(("both `exact` and `prefix` are set".into(), "write two paths")),
    };
    if !text.starts_with('/') || text.contains(['?', '#', ' ']) || text.chars().count() > MAX_PATH {
        return Err((
            format!("`{text}` is not a path to match"),
            "it starts with `/`, holds no `?`, `#` or blank, and at most 1024 characters",
        ));
    }
    Ok((is_exact, text.to_owned()))
}
