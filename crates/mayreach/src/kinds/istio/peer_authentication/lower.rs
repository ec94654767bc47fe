//! What a PeerAuthentication means: a mode for a scope, and modes by workload port.

use std::collections::BTreeMap;

use super::manifest::{MutualTls, Spec};
use crate::{
    error::{Note, NoteCode, Problem},
    kinds::{
        Draft,
        istio::{attach, created, namespace_of},
        kubernetes::{Checks, Path},
    },
    manifest::{Document, Spanned},
    model::mtls::{MtlsMode, PeerAuth},
};

const SPEC: Path<'_> = Path::Root("spec");

pub(in crate::kinds::istio) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    let Spec { selector, mtls, port_level_mtls } = checks.field("spec").unwrap_or_default();
    let labels = selector
        .as_ref()
        .map(|s| attach::labels(s, &mut checks, &SPEC.field("selector")))
        .unwrap_or_default();
    let mode = mtls.as_ref().and_then(|m| mode(m, &mut checks, &SPEC.field("mtls")));
    let ports = ports(port_level_mtls.as_ref(), labels.is_empty(), &mut checks);
    checks.done()?;
    let namespace = namespace_of(document);
    let id = draft.policy(
        "PeerAuthentication",
        document,
        Some(namespace.clone()),
        Vec::new(),
        Vec::new(),
    );
    if selector.is_some() && labels.is_empty() {
        let note = Note::new(
            NoteCode::Suspicious,
            "a selector without labels selects the whole namespace",
        );
        draft.note(note.about(document.title()).at(document.place));
    }
    draft.model.peer_auth.push(PeerAuth {
        id,
        namespace,
        name: document.metadata.name.clone(),
        created: created(document),
        selector: labels,
        has_selector: selector.is_some(),
        mode,
        ports,
    });
    Ok(())
}

/// `None` is UNSET: inherit.
fn mode(given: &Spanned<MutualTls>, checks: &mut Checks<'_>, path: &Path<'_>) -> Option<MtlsMode> {
    let written = given.value.mode.as_ref()?;
    match written.value.as_str() {
        "UNSET" => None,
        "DISABLE" => Some(MtlsMode::Disable),
        "PERMISSIVE" => Some(MtlsMode::Permissive),
        "STRICT" => Some(MtlsMode::Strict),
        other => {
            checks.invalid_help(
                &path.field("mode"),
                written.line,
                format!("mode `{other}` is not known"),
                "it is one of UNSET, DISABLE, PERMISSIVE, STRICT",
            );
            None
        }
    }
}

/// "mesh/namespace peer authentication cannot have port level mTLS" (validation.go).
fn ports(
    given: Option<&Spanned<BTreeMap<String, Spanned<MutualTls>>>>,
    everywhere: bool,
    checks: &mut Checks<'_>,
) -> BTreeMap<u16, Option<MtlsMode>> {
    let Some(given) = given else { return BTreeMap::new() };
    let path = SPEC.field("portLevelMtls");
    if everywhere {
        checks.conflict(&path, given.line, "port level mTLS needs a selector with labels");
    }
    if given.value.is_empty() {
        checks.invalid(&path, given.line, "at least one port is needed");
    }
    let mut out = BTreeMap::new();
    for (key, value) in &given.value {
        // "080" is no number of JSON, and "+80" none either.
        let digits = !key.starts_with('0') && key.bytes().all(|b| b.is_ascii_digit());
        match key.parse::<u16>() {
            Ok(port) if port > 0 && digits => {
                let mode = mode(value, checks, &path.key(key));
                out.insert(port, mode);
            }
            _ => checks.invalid(
                &path.key(key),
                value.line,
                format!("`{key}` is not a port between 1 and 65535"),
            ),
        }
    }
    out
}
