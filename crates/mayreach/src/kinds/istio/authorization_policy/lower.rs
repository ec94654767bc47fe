//! What an AuthorizationPolicy means, and what the webhook refuses
//! (pkg/config/validation/validation.go ValidateAuthorizationPolicy).

use super::{
    manifest::{Provider, Rule, Spec},
    oddities,
    rule::Reader,
};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        istio::{
            attach::{Where, attach},
            namespace_of,
            text::parse_bool,
        },
        kubernetes::{Checks, Path},
    },
    manifest::{Document, Spanned},
    model::authz::{AuthzAction, AuthzPolicy},
};

const SPEC: Path<'_> = Path::Root("spec");
const ANNOTATIONS: Path<'_> = Path::Root("metadata.annotations");
const DRY_RUN: &str = "istio.io/dry-run";

pub(in crate::kinds::istio) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    let Spec { selector, target_ref, target_refs, rules, action, provider } =
        checks.field("spec").unwrap_or_default();
    let namespace = namespace_of(document);
    let given = Where {
        selector: selector.as_ref(),
        target_ref: target_ref.as_ref(),
        target_refs: target_refs.as_ref(),
    };
    let attach = attach(given, &mut checks, &SPEC);
    let written = rules.unwrap_or_default();
    let action = read_action(action.as_ref(), provider.as_ref(), written.is_empty(), &mut checks);
    let dry_run = dry_run(document, &action, &mut checks);
    if written.len() > 512 {
        checks.invalid(&SPEC.field("rules"), 0, "at most 512 rules are accepted");
    }
    let lines: Vec<u32> = written.iter().map(|r| r.line).collect();
    let rules = {
        let custom = matches!(action, AuthzAction::Custom(_));
        let mut reader = Reader { document, checks: &mut checks, namespace: &namespace, custom };
        let path = SPEC.field("rules");
        let numbered: Vec<(usize, &Spanned<Rule>)> = written.iter().enumerate().collect();
        numbered.iter().map(|(n, rule)| reader.rule(rule, &path.item(*n))).collect::<Vec<_>>()
    };
    checks.done()?;
    let places = lines.iter().map(|line| document.at(*line)).collect();
    let id =
        draft.policy("AuthorizationPolicy", document, Some(namespace.clone()), places, Vec::new());
    let policy = AuthzPolicy {
        id,
        namespace,
        name: document.metadata.name.clone(),
        action,
        dry_run,
        attach,
        rules,
    };
    for note in oddities::notes(&policy) {
        draft.note(note.about(document.title()));
    }
    draft.model.authz.push(policy);
    Ok(())
}

fn read_action(
    action: Option<&Spanned<String>>,
    provider: Option<&Spanned<Provider>>,
    no_rules: bool,
    checks: &mut Checks<'_>,
) -> AuthzAction {
    let line = action.map_or(0, |a| a.line);
    let name = provider.and_then(|p| p.value.name.clone()).unwrap_or_default();
    let path = SPEC.field("action");
    let written = action.map_or("ALLOW", |a| a.value.as_str());
    if provider.is_some() && written != "CUSTOM" {
        let line = provider.map_or(0, |p| p.line);
        checks.conflict(&SPEC.field("provider"), line, "only action CUSTOM takes a provider");
    }
    match written {
        "ALLOW" => AuthzAction::Allow,
        "AUDIT" => AuthzAction::Audit,
        "DENY" => {
            if no_rules {
                checks.invalid_help(
                    &path,
                    line,
                    "DENY without rules has no effect and is refused",
                    "write `rules: [{}]` to deny everything",
                );
            }
            AuthzAction::Deny
        }
        "CUSTOM" => {
            if no_rules {
                checks.invalid(&path, line, "CUSTOM without rules has no effect and is refused");
            }
            if name.is_empty() {
                checks.missing(
                    &SPEC.field("provider").field("name"),
                    line,
                    "CUSTOM needs a provider",
                );
            }
            AuthzAction::Custom(name)
        }
        other => {
            checks.invalid_help(
                &path,
                line,
                format!("action `{other}` is not known"),
                "it is one of ALLOW, DENY, AUDIT, CUSTOM",
            );
            AuthzAction::Allow
        }
    }
}

/// `istio.io/dry-run`: Go's ParseBool; only with ALLOW and DENY.
fn dry_run(document: &Document, action: &AuthzAction, checks: &mut Checks<'_>) -> bool {
    let annotations = &document.metadata.annotations;
    for refused in [
        "internal.istio.io/parents",
        "internal.istio.io/parent-namespace",
        "internal.istio.io/webhook-always-reject",
    ] {
        if annotations.contains_key(refused) {
            checks.invalid(&ANNOTATIONS.key(refused), 0, "this annotation is istiod's own");
        }
    }
    let Some(text) = annotations.get(DRY_RUN) else { return false };
    let path = ANNOTATIONS.key(DRY_RUN);
    if !matches!(action, AuthzAction::Allow | AuthzAction::Deny) {
        checks.conflict(&path, 0, "dry-run is only known with ALLOW and DENY");
    }
    parse_bool(text).unwrap_or_else(|| {
        checks.invalid_help(&path, 0, format!("`{text}` is not true or false"), "write \"true\"");
        false
    })
}
